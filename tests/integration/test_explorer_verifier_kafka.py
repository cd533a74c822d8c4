"""Explorer and verifier as services: composed by their own `build`, on a real Kafka, one record in, its records out."""

import asyncio
import json
import sys

import pytest

from cli.embedded.kafka import Kafka
from services.explorer import app as explorer_app
from services.explorer.settings import Settings as ExplorerSettings
from services.verifier import app as verifier_app
from services.verifier.settings import Settings as VerifierSettings
from shared.model.calls import Stability
from shared.model.catalogue import Behaviour, CrawlOutcome, Effect, ServerRecord, ToolRecord, Variation, WorldRecord
from shared.model.explorations import ExplorationOutcome
from shared.model.sub_dags import EpochOpened, Lane, PlannedCall, SubDag
from shared.model.tasks import DraftTask, VerdictKind
from shared.runtime.streaming.admin import create_topics
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.reader import read_all
from tests.fakes.dataset import more_recordings
from tests.fakes.in_process import running
from tests.fakes.launching import NOW, SCRIPTS, world
from tests.fakes.office import servers, tools
from tests.integration.test_verifier_simulator import serving
from tests.unit.verifier.office_task import RECORDINGS, TASK, draft_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
PATH = json.dumps({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]})


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    started = Kafka(tmp_path_factory.mktemp("kafka"))
    try:
        started.start()
        asyncio.run(create_topics(started.bootstrap))
        yield started.bootstrap
    finally:
        started.stop()


async def publish(bootstrap, *outputs):
    async with Publisher(bootstrap, "test") as publisher:
        await publisher.publish(outputs)


async def arrived(bootstrap, topic, count, seconds=90):
    """Records of a topic once there are `count`."""
    async with asyncio.timeout(seconds):
        while True:
            found = [event async for event in read_all(bootstrap, topic)]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.2)


async def test_explorer_explores_what_it_reads_and_skips_the_opening_of_an_epoch(broker, tmp_path):
    store, digest = world(tmp_path)
    data = tmp_path / "data"
    store = type(store)(data / "worlds")
    assert store.add(tmp_path / "world-source") == digest
    file = tmp_path / "mcp.json"
    entry = {"command": sys.executable, "args": [str(SCRIPTS / "kinds.py")]}
    file.write_text(json.dumps({"mcpServers": {"s": entry}}))
    tool = ToolRecord(
        "tool_1", "s", "d" * 64, "read_note", "", PATH, behaviour=Behaviour(Effect.READ_ONLY, Variation.STABLE)
    )
    call = PlannedCall("c1", "tool_1", "s", "read_note", '{"path":"/workspace/note.txt"}')
    sub_dags = [SubDag(f"dag_{n}", Lane.DRAWS, 0, n, 0, digest, (call,), "shape", "test") for n in range(3)]
    settings = ExplorerSettings(
        kafka_bootstrap=broker, data_dir=data, cache_dir=tmp_path / "cache", servers_file=file, flush_window_ms=0
    )
    async with running(settings, explorer_app.build):
        await publish(
            broker,
            Output("sub-dags", "epoch/0", EpochOpened(0, 0, 0, 3)),
            *(Output("sub-dags", one.sub_dag_id, one) for one in sub_dags),
        )
        await asyncio.sleep(1)
        await publish(
            broker,
            Output("tool-catalogue", "tool/tool_1", tool),
            Output("tool-catalogue", f"world/{digest}", WorldRecord(digest, "test", NOW)),
            Output("tool-catalogue", "server/s", ServerRecord("s", "d" * 64, CrawlOutcome.READY, tool_ids=("tool_1",))),
        )
        explorations = [event.record for event in await arrived(broker, "explorations", 3)]
        recordings = [event.record for event in await arrived(broker, "recordings", 3)]
        rows = [event.record for event in await arrived(broker, "ledger", 6)]
    assert sorted(one.counter for one in explorations) == [0, 1, 2]
    assert {one.outcome for one in explorations} == {ExplorationOutcome.EXECUTED}
    assert {one.frozen_now for one in explorations} == {NOW}
    assert len({one.recording_id for one in recordings}) == 1
    assert {one.stability for one in recordings} == {Stability.STABLE}
    assert "remember the milk" in recordings[0].result_json
    assert {row.subject for row in rows} == {one.exploration_id for one in explorations}


async def test_verifier_publishes_once_says_duplicate_and_waits_for_late_recordings(broker, tmp_path):
    nothing = DraftTask("draft_0", "expl_1", 0, 5, 0, 1, nothing_reason="only_echoes")
    kept = tmp_path / "worlds" / TASK.world_digest
    (kept / "files").mkdir(parents=True)
    (kept / "world.json").write_text(json.dumps({"name": "office", "now": NOW}))
    async with serving(tmp_path) as live:
        settings = VerifierSettings(kafka_bootstrap=broker, data_dir=tmp_path, simulator_address=live.target)
        async with running(settings, verifier_app.build):
            await publish(
                broker,
                Output("draft-tasks", "draft_0", nothing),
                Output("draft-tasks", TASK.task_id, draft_of()),
                Output("draft-tasks", TASK.task_id, draft_of()),
            )
            await asyncio.sleep(1)
            assert [event async for event in read_all(broker, "verified-tasks")] == []
            live.take_in("tool-catalogue", *tools(), *servers())
            live.take_in("recordings", *RECORDINGS, *more_recordings())
            verdicts = [event.record for event in await arrived(broker, "verdicts", 3)]
            published = await arrived(broker, "verified-tasks", 1)
            statuses = await arrived(broker, "task-status", 1)
    assert sorted(one.kind for one in verdicts) == [VerdictKind.DUPLICATE, VerdictKind.NOTHING, VerdictKind.VERIFIED]
    assert [event.record.task.task_id for event in published] == [TASK.task_id]
    assert len(statuses) == 1
    drafts = [event async for event in read_all(broker, "draft-tasks")]
    assert {event.partition for event in drafts if event.key == TASK.task_id} == {published[0].partition}
