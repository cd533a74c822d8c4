"""`firefly export`, `tasks` and `snapshot create` on a data folder whose Kafka runs."""

import asyncio
import json
import os
from dataclasses import fields
from types import SimpleNamespace

import pytest

from cli.__main__ import run as cli_run
from cli.data_folder import DataFolder, Running
from cli.dataset.checking import check_dataset
from cli.embedded.kafka import Kafka
from cli.running.parameters import VERSION, RunParameters
from shared.model.tasks import Verdict, VerdictKind
from shared.runtime.streaming.admin import create_topics
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher
from tests.fakes import dataset, office

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def records():
    (kept, recordings), (gone, _) = dataset.order_task(), dataset.order_task(" Please.")
    outputs = [Output("recordings", one.recording_id, one) for one in (*recordings, *dataset.more_recordings())]
    outputs += [Output("tool-catalogue", f"tool/{tool.tool_id}", tool) for tool in office.tools()]
    outputs += [Output("tool-catalogue", f"server/{one.server_id}", one) for one in office.servers()]
    outputs += [Output("verified-tasks", one.task.task_id, one) for one in (kept, gone)]
    outputs += [Output("task-status", one.task_id, one) for one in dataset.statuses(gone.task.task_id)]
    refused = Verdict("draft_1", "expl_1", 0, 0, 0, 1, VerdictKind.REJECTED, "unreachable_input")
    return [*outputs, Output("verdicts", "draft_1", refused)], kept.task, gone.task


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = DataFolder(tmp_path_factory.mktemp("run") / "data")
    broker = Kafka(folder.kafka)
    try:
        broker.start()
        outputs, kept, gone = records()
        asyncio.run(publish(broker.bootstrap, outputs))
        dataset.world_folders(folder.worlds)
        given = {field.name: () if field.name.startswith("world") else "" for field in fields(RunParameters)}
        asked = {**given, "seed": 7, "epoch_size": 32, "until": None, "draws": 10, "version": VERSION}
        RunParameters(**asked).save(folder.parameters)
        folder.announce(Running(os.getpid(), broker.bootstrap, "", ""))
        yield SimpleNamespace(root=folder.root, kept=kept, gone=gone)
    finally:
        broker.stop()


async def publish(bootstrap, outputs):
    await create_topics(bootstrap)
    async with Publisher(bootstrap, "test") as publisher:
        await publisher.publish(outputs)


@pytest.fixture
def firefly(capsys):
    def command(*arguments):
        capsys.readouterr()
        return cli_run([str(argument) for argument in arguments]), capsys.readouterr().out

    return command


def test_export_writes_what_holds_with_the_run_and_its_funnel(firefly, run_folder, tmp_path):
    code, said = firefly("export", tmp_path / "out", "--data", run_folder.root, "--json")
    manifest = json.loads(said.strip().split("\n")[-1])
    assert code == 0
    assert (manifest["counts"]["tasks"], manifest["left_out"]["quarantined"]) == (1, 1)
    assert manifest["run"] == {"seed": 7, "epoch_size": 32, "draws": 10, "until": None}
    assert check_dataset(tmp_path / "out").problems == ()
    assert "| rejected: unreachable_input | 1 |" in (tmp_path / "out/README.md").read_text()


def test_tasks_lists_tasks_and_what_became_of_them(firefly, run_folder):
    code, said = firefly("tasks", "--data", run_folder.root, "--json")
    shown = [json.loads(line) for line in said.strip().split("\n") if line.startswith('{"task_id"')]
    assert code == 0
    assert {(one["task_id"], one["state"]) for one in shown} == {
        (run_folder.kept.task_id, "verified"),
        (run_folder.gone.task_id, "verified"),
        (run_folder.gone.task_id, "quarantined"),
    }


def test_snapshot_of_a_run_is_that_of_its_export(firefly, run_folder, tmp_path):
    firefly("export", tmp_path / "out", "--data", run_folder.root)
    code, said = firefly("snapshot", "create", tmp_path / "snapshot", "--data", run_folder.root, "--json")
    made = json.loads(said.strip().split("\n")[-1])
    assert code == 0
    assert made[0]["snapshot_id"] == json.loads((tmp_path / "out/manifest.json").read_text())["snapshot_id"]
