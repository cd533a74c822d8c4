"""A task that another way answers otherwise is taken back in its run: exports and snapshots made later lack it."""

import asyncio
import json
import os
from dataclasses import fields, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import snapshot_expand
from cli.__main__ import run as cli_run
from cli.data_folder import DataFolder, Running
from cli.embedded.kafka import Kafka
from cli.retracting import retract
from cli.running.parameters import VERSION, RunParameters
from cli.sim_paths import paths
from services.simulator.adapters.live_pool import Runnable
from shared.model.tasks import AMBIGUOUS_PATH
from shared.runtime.servers.spec import ServersFile
from shared.runtime.streaming.admin import create_topics
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher
from tests.fakes import dataset, office
from tests.unit.cli.test_paths import (  # noqa: F401 - a fixture
    FILES,
    ORDERS,
    ServerPool,
    gathered,
    shelf,
    snapshot_of,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
OTHER = {**FILES, "sales/orders.csv": ORDERS.replace("21.00", "22.00")}


@pytest.fixture
def run_folder(tmp_path, shelf):  # noqa: F811
    """A run that published one sound task and the two of `gathered`."""
    folder = DataFolder(tmp_path / "run")
    sound, recordings = dataset.order_task()
    outputs = [Output("recordings", one.recording_id, one) for one in recordings]
    outputs += [Output("tool-catalogue", f"tool/{tool.tool_id}", tool) for tool in office.tools()]
    outputs += [Output("tool-catalogue", f"server/{one.server_id}", one) for one in office.servers()]
    tasks = (sound, *gathered(shelf).content.tasks)
    outputs += [Output("verified-tasks", one.task.task_id, one) for one in tasks]
    broker = Kafka(folder.kafka)
    try:
        broker.start()
        asyncio.run(publish(broker.bootstrap, outputs))
        dataset.world_folders(folder.worlds)
        given = {field.name: () if field.name.startswith("world") else "" for field in fields(RunParameters)}
        asked = {**given, "seed": 7, "epoch_size": 32, "until": None, "draws": 10, "version": VERSION}
        RunParameters(**asked).save(folder.parameters)
        folder.announce(Running(os.getpid(), broker.bootstrap, "", ""))
        yield folder.root
    finally:
        broker.stop()


async def publish(bootstrap, outputs):
    await create_topics(bootstrap)
    async with Publisher(bootstrap, "test") as publisher:
        await publisher.publish(outputs)


def ambiguous_snapshot(folder, shelf, monkeypatch):  # noqa: F811
    """A snapshot whose servers answer other numbers than the tasks' ground truth says."""
    made, pool = gathered(shelf), ServerPool(OTHER)
    place = Path(snapshot_of(folder, made.content))
    (place / "runtime").mkdir()

    class Pool:
        def __init__(self, *_):
            pass

        async def __aenter__(self):
            return pool

        async def __aexit__(self, *_):
            return None

    async def nothing(*_):
        return ()

    runnable = Runnable(ServersFile(place, ()), {}, made.content.tools, place / "worlds")
    monkeypatch.setattr(snapshot_expand, "read_runtime", lambda *_: runnable)
    monkeypatch.setattr(snapshot_expand, "_proven", nothing)
    monkeypatch.setattr(snapshot_expand, "LivePoolThread", Pool)
    return place


def test_what_expansion_finds_ambiguous_is_in_no_export_made_afterwards(
    run_folder,
    shelf,  # noqa: F811
    tmp_path,
    monkeypatch,
    capsys,
):
    place = ambiguous_snapshot(tmp_path / "other", shelf, monkeypatch)
    command = [str(place), str(tmp_path / "wide"), "--data", str(run_folder), "--json"]
    shown = CliRunner().invoke(snapshot_expand.expand, command, catch_exceptions=False)
    told = json.loads(shown.stdout.splitlines()[-1])
    assert told["retracted"] == told[AMBIGUOUS_PATH] == ["task_0", "task_1"]
    assert cli_run(["export", str(tmp_path / "out"), "--data", str(run_folder)]) == 0
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert (manifest["counts"]["tasks"], manifest["left_out"][AMBIGUOUS_PATH]) == (1, 2)
    assert manifest["left_out"]["retracted"] == 0
    capsys.readouterr()
    cli_run(["tasks", "--data", str(run_folder)])
    assert "task_0  retracted  ambiguous_path" in capsys.readouterr().out
    assert cli_run(["snapshot", "create", str(tmp_path / "again"), "--data", str(run_folder)]) == 0
    assert " 1 tasks" in capsys.readouterr().out


def test_what_playing_finds_ambiguous_is_retracted_too(run_folder, shelf, tmp_path):  # noqa: F811
    made = gathered(shelf)
    wrong = tuple(
        replace(one, task=replace(one.task, ground_truth_json='{"total_eur":22}')) for one in made.content.tasks[:1]
    )
    # What its servers say is recorded, as an expansion that stopped short of the verdict would have left it.
    recordings = asyncio.run(snapshot_expand.Expansion(made, ServerPool(FILES)).run()).recordings
    place = snapshot_of(tmp_path / "played", replace(made.content, tasks=wrong, recordings=recordings))
    shown = CliRunner().invoke(paths, [place, "--data", str(run_folder), "--json"], catch_exceptions=False)
    told = json.loads(shown.stdout.splitlines()[-1])
    assert told["retracted"] == told["ambiguous"] == ["task_0"]


def test_a_run_is_told_only_of_tasks_that_it_published(run_folder):
    assert retract(run_folder, ("task_of_another_run", "task_1"), AMBIGUOUS_PATH) == ("task_1",)
    assert retract(run_folder, (), AMBIGUOUS_PATH) == ()
