"""`firefly dlq replay` on a real Kafka: a repaired event comes through, once, with the same ids."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from cli.__main__ import run as cli_run
from cli.data_folder import DataFolder, Running
from cli.running.parameters import VERSION, RunParameters
from shared.model.errors import Rejected
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.stage import Stage
from shared.runtime.streaming.worker import TransactionalWorker
from shared.runtime.topics import BY_NAME
from tests.chaos import topics
from tests.chaos.harness import load, settled, watch

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]


class Repairable:
    """Rejects what is broken."""

    def __init__(self, out: str) -> None:
        self.out, self.broken = out, {"left", "right"}
        self.events: list[Event] = []

    async def __call__(self, event: Event) -> Sequence[Output]:
        self.events.append(event)
        if event.key in self.broken:
            raise Rejected("no_such_tool", "the tool is gone")
        return [Output(self.out, event.key, event.record)]


@asynccontextmanager
async def working(kafka: str, prefix: str, handler: Repairable) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    settings = ServiceSettings(kafka_bootstrap=kafka, session_timeout_seconds=6)
    task = asyncio.create_task(TransactionalWorker(settings, Stage(prefix, (f"{prefix}-in",), handler)).run(stopping))
    try:
        yield
    finally:
        stopping.set()
        await asyncio.wait({task}, timeout=20)
        assert task.done()


@pytest.fixture
def folder(kafka: str, tmp_path: Path) -> Path:
    found = DataFolder(tmp_path)
    given = {field.name: () if field.name.startswith("world") else "" for field in fields(RunParameters)}
    RunParameters(**{**given, "version": VERSION}).save(found.parameters)  # type: ignore[arg-type]
    found.announce(Running(os.getpid(), kafka, "", ""))
    return tmp_path


async def test_a_repaired_event_comes_through_once_with_the_same_ids(
    kafka: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out, _ = await topics.create(kafka, "replay")
    monkeypatch.setattr("cli.dlq.TOPICS", (BY_NAME[source],))
    handler = Repairable(out)

    async def replay(*arguments: str) -> list[str]:
        assert await asyncio.to_thread(cli_run, ["dlq", "replay", source, "--data", str(folder), *arguments]) == 0
        logged = re.compile(r"\d{4}-\d\d-\d\d ")
        return [line for line in capsys.readouterr().out.splitlines() if not logged.match(line)]

    await load(kafka, source, ["left", "right", "fine"])
    async with working(kafka, "replay", handler):
        await watch(kafka, [f"{source}-dlq"], lambda keys: len(keys) == 2, 20)
        handler.broken = {"right"}
        line, summary = await replay("left")
        assert re.fullmatch(rf"{source}/\d/\d left: put back", line)
        assert summary == "1 put back, 0 left alone"
        counts = await settled(kafka, [out], {"left", "fine"}, 20)
        assert counts == {(out, "left"): 1, (out, "fine"): 1}

        (line,) = await replay("--all", "--json")
        results = {one["key"]: one["result"] for one in json.loads(line)}
        assert results["right"] == "put back"
        assert results["left"].startswith("left alone: it was put back before, at ")
        letters = await watch(kafka, [f"{source}-dlq"], lambda keys: keys["right"] == 2, 20)

        handler.broken = set()
        assert (await replay("--reason", "no_such_tool"))[-1] == "1 put back, 2 left alone"
        counts = await settled(kafka, [out], {"left", "right", "fine"}, 20)
    assert counts == {(out, key): 1 for key in ("left", "right", "fine")}
    first, *others = [event for event in handler.events if event.key == "right"]
    assert len(others) == 2
    assert {event.headers["ce_id"] for event in others} == {first.headers["ce_id"]}
    assert {event.partition for event in others} == {first.partition}
    assert others[-1].headers["replay_of"].decode() == f"{source}/{others[0].partition}/{others[0].offset}"
    assert len([one for one in letters if one.key == b"right"]) == 2


async def test_what_is_not_meant_is_refused_in_one_sentence(
    kafka: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, _, _ = await topics.create(kafka, "replay-none")
    monkeypatch.setattr("cli.dlq.TOPICS", (BY_NAME[source],))
    for arguments, said in (
        ([source], "nothing is chosen"),
        (["ledger", "--all"], "ledger has no dead letters"),
        ([source, "--all"], f"no dead letter from {source} is meant"),
    ):
        assert await asyncio.to_thread(cli_run, ["dlq", "replay", *arguments, "--data", str(folder)]) == 2
        assert said in capsys.readouterr().err
