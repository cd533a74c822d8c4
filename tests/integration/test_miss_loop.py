"""The miss loop on a real Kafka: a trainer's miss is asked for, really called, and exact in the next snapshot."""

import asyncio
import json
import sys
from contextlib import asynccontextmanager

import pytest
from firefly_client import AsyncClient

from cli.data_folder import DataFolder
from cli.dataset import gathering
from cli.embedded.kafka import Kafka
from services.explorer import app as explorer_app
from services.explorer.settings import Settings as ExplorerSettings
from services.sampler import app as sampler_app
from services.sampler.settings import Settings as SamplerSettings
from services.simulator import app as simulator_app
from services.simulator.adapters.snapshot_file import write_snapshot
from services.simulator.domain.snapshots import Content
from services.simulator.settings import Settings as SimulatorSettings
from shared.model.catalogue import Behaviour, CrawlOutcome, Effect, ServerRecord, ToolRecord, Variation, WorldRecord
from shared.model.graphs import GraphCut, ToolNode
from shared.model.sub_dags import ExplorationRequest, Lane, SubDag
from shared.runtime.rpc import RpcServer
from shared.runtime.streaming.admin import create_topics
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.reader import read_all
from tests.fakes.in_process import running
from tests.fakes.launching import NOW, SCRIPTS, world

pytestmark = [pytest.mark.integration, pytest.mark.timeout(150)]
PATH = json.dumps({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]})
TEXT = json.dumps({"type": "object", "properties": {"path": {"type": "string"}, "text": {"type": "string"}}})
READS, WRITES = Behaviour(Effect.READ_ONLY, Variation.STABLE), Behaviour(Effect.WORLD, Variation.STABLE)
TOOLS = (
    ToolRecord("tool_1", "s", "d" * 64, "read_note", "", PATH, behaviour=READS),
    ToolRecord("tool_2", "s", "d" * 64, "write_note", "", TEXT, behaviour=WRITES),
)
SERVER = ServerRecord("s", "d" * 64, CrawlOutcome.READY, tool_ids=("tool_1", "tool_2"))
NOTE, GONE, THIRD = (f'{{"path":"/workspace/{name}"}}' for name in ("note.txt", "gone.txt", "third.txt"))


@pytest.fixture
def broker(tmp_path):
    started = Kafka(tmp_path / "kafka")
    try:
        started.start()
        asyncio.run(create_topics(started.bootstrap))
        yield started.bootstrap
    finally:
        started.stop()


@pytest.fixture
def folder(tmp_path):
    store, digest = world(tmp_path)
    data = tmp_path / "data"
    assert type(store)(data / "worlds").add(tmp_path / "world-source") == digest
    entry = {"command": sys.executable, "args": [str(SCRIPTS / "kinds.py")]}
    (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": {"s": entry}}))
    return tmp_path, data, digest


def snapshot(content, worlds, place):
    write_snapshot(content, worlds, place, "test")
    return place


async def of(bootstrap, topic):
    return [event async for event in read_all(bootstrap, topic)]


async def arrived(bootstrap, topic, kind, count, seconds=60):
    async with asyncio.timeout(seconds):
        while True:
            found = [one for one in await of(bootstrap, topic) if isinstance(one.record, kind)]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.3)


@asynccontextmanager
async def simulator(**settings):
    """A client of a simulator, by whatever port it got."""
    made = asyncio.get_running_loop().create_future()

    async def build(*arguments):
        parts = await simulator_app.build(*arguments)
        made.set_result(next(part for part in parts if isinstance(part, RpcServer)))
        return parts

    async with running(SimulatorSettings(live_store=False, grpc_port=0, **settings), build):
        server = await asyncio.wait_for(made, 20)
        async with asyncio.timeout(20):
            while not server.readiness().ok:  # noqa: ASYNC110 - a part sets no event
                await asyncio.sleep(0.05)
        async with AsyncClient(f"127.0.0.1:{server.port}") as client:
            yield client


async def play(client, digest, *calls):
    async with await client.free_episode(["s"], digest) as episode:
        return [await episode.call(tool, arguments) for tool, arguments in calls]


async def test_miss_becomes_a_real_call_and_exact_in_the_next_snapshot(broker, folder):
    tmp_path, data, digest = folder
    common = {"kafka_bootstrap": broker, "data_dir": data}
    worlds = gathering.worlds_of(DataFolder(data).worlds)
    first = snapshot(Content((), (), (SERVER,), TOOLS, (digest,)), worlds, tmp_path / "first")
    nodes = [
        ToolNode(0, one.tool_id, "s", "d" * 64, one.name, "", one.input_schema_json, one.behaviour) for one in TOOLS
    ]
    explorer = ExplorerSettings(
        **common, cache_dir=tmp_path / "cache", servers_file=tmp_path / "mcp.json", flush_window_ms=0
    )
    async with Publisher(broker, "test") as publisher:
        await publisher.publish(
            [Output("tool-catalogue", f"tool/{one.tool_id}", one) for one in TOOLS]
            + [Output("tool-catalogue", f"world/{digest}", WorldRecord(digest, "test", NOW))]
            + [Output("tool-catalogue", "server/s", SERVER)]
        )
        asking = {**common, "miss_requests": 2, "miss_requests_from_anyone": True}
        async with simulator(snapshot=first, **asking) as client:
            wrong = ("read_note", '{"paths":"x"}')
            write = ("write_note", '{"path":"/workspace/note.txt","text":"mine"}')
            replies = await play(client, digest, wrong, ("read_note", NOTE), ("read_note", GONE), write)
            assert [one.tier for one in replies] == ["error", "miss", "miss", "miss"]
            respelt = ("read_note", json.dumps(json.loads(NOTE), indent=1))
            await play(client, digest, respelt, write, ("read_note", THIRD))
            await play(client, digest, ("read_note", THIRD))
            await arrived(broker, "exploration-requests", ExplorationRequest, 2)
        async with simulator(snapshot=first, **asking) as client:
            await play(client, digest, ("read_note", NOTE), ("read_note", THIRD))
            await asyncio.sleep(1)
        asked = await of(broker, "exploration-requests")
        assert sorted(one.record.arguments_json for one in asked) == [GONE, NOTE]
        assert {(one.key, one.record.reason, one.record.world_digest) for one in asked} == {("tool_1", "miss", digest)}
        async with (
            running(SamplerSettings(**common, draws=1), sampler_app.build),
            running(explorer, explorer_app.build),
        ):
            # The graph closes after the requests came: they wait for it.
            await publisher.publish(
                [Output("tool-graph", f"0/{one.tool_id}", one) for one in nodes]
                + [Output("tool-graph", "cut/0", GraphCut(0, "g" * 64, "", len(nodes), 0, -1, (digest,), settled=True))]
            )
            planned = await arrived(broker, "sub-dags", SubDag, 2)
            await arrived(broker, "explorations", object, 2)
    assert {(one.record.lane, len(one.record.calls)) for one in planned} == {(Lane.REQUESTS, 1)}
    gathered = await gathering.gather(broker, DataFolder(data))
    content = Content((), tuple(gathered.recordings), tuple(gathered.servers), tuple(gathered.tools), (digest,))
    async with simulator(snapshot=snapshot(content, worlds, tmp_path / "second")) as client:
        note, gone, third = await play(client, digest, ("read_note", NOTE), ("read_note", GONE), ("read_note", THIRD))
    assert [one.tier for one in (note, gone, third)] == ["exact", "exact", "miss"]
    assert (note.text, gone.is_error, gone.text) == ("remember the milk", True, "no such file: /workspace/gone.txt")
