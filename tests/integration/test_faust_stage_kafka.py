"""The Faust shell on a real Kafka: only committed input, nothing lost."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from shared.model.errors import Rejected, Unavailable
from shared.runtime.service import ExitCode
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.failures import StageFailed
from shared.runtime.streaming.faust_stage import FaustStage
from shared.runtime.streaming.stage import Stage
from tests.chaos import topics
from tests.chaos.harness import Program, at_least, load, load_in_transactions, request, running, settled, until, watch

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]


@asynccontextmanager
async def shell(stage: FaustStage) -> AsyncIterator[asyncio.Task[None]]:
    stopping = asyncio.Event()
    task = asyncio.create_task(stage.run(stopping))
    try:
        yield task
    finally:
        stopping.set()
        await asyncio.wait({task}, timeout=60)
        assert task.done()


def settings(bootstrap: str, folder: Path, **chosen: Any) -> ServiceSettings:
    return ServiceSettings(kafka_bootstrap=bootstrap, data_dir=folder, session_timeout_seconds=6, **chosen)


async def test_faust_shell_loses_nothing_and_reads_no_aborted_record_when_killed(kafka: str, tmp_path: Path) -> None:
    source, out, _ = await topics.create(kafka, "faust-kills")
    keys = [f"id-{n}" for n in range(600)]
    loading = asyncio.create_task(load_in_transactions(kafka, source, keys))
    program = Program(tmp_path, kafka, "faust-kills", chaos_shell="faust", instance_id="a", data_dir=tmp_path)
    async with running(program):
        for seen in (60, 250):
            await watch(kafka, [out], at_least(seen), 30)
            program.kill()
            program.start()
        counts = await settled(kafka, [out], set(keys), 40)
        await loading
        assert {key for _, key in counts} == set(keys)
        program.signal(signal.SIGTERM)
        assert program.wait(60) == ExitCode.DONE
        async with running(program):
            await until(lambda: program.log.read_text().count("service_started") == 4, 60)
            again = await settled(kafka, [out], set(keys), 30)
    assert again == counts, "a graceful stop commits what was done"


async def test_faust_shell_restores_before_it_handles_and_ticks_between(kafka: str, tmp_path: Path) -> None:
    source, out, _ = await topics.create(kafka, "faust-state")
    seen: list[str] = []
    fails = [Unavailable("the simulator is away")]

    async def restore() -> Sequence[Output]:
        await asyncio.sleep(0.1)
        seen.append("restored")
        return [Output(out, "restored", request("restored"))]

    async def tick() -> Sequence[Output]:
        return [Output(out, "tick", request("tick"))]

    async def handle(event: Event) -> Sequence[Output]:
        if event.key == "poison":
            raise Rejected("poison")
        if fails:
            raise fails.pop()
        seen.append(event.key)
        return [Output(out, event.key, event.record)]

    stage = Stage("faust-state", (source,), handle, on_dead=lambda event, _: [Output(out, "dead", request("dead"))])
    await load(kafka, source, ["one", "poison", "two"])
    part = FaustStage(settings(kafka, tmp_path), stage, restore=restore, tick=tick, tick_seconds=0.2)
    assert not part.readiness().ok
    async with shell(part):
        wanted = {"restored", "one", "two", "dead", "tick"}
        await watch(kafka, [out], lambda found: found.keys() >= wanted, 30)
        (letter,) = await watch(kafka, [f"{source}-dlq"], lambda found: found.total() == 1, 30)
        assert part.readiness().ok
        assert part.liveness().ok
    assert seen[0] == "restored"
    assert dict(letter.headers)["dlq_stage"] == b"faust-state"


async def test_faust_shell_sends_again_what_kafka_did_not_acknowledge(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out, _ = await topics.create(kafka, "faust-sends")
    original, faults = AIOKafkaProducer.send, [1, 1, 1]

    async def failing(self: AIOKafkaProducer, topic: str, *arguments: Any, **named: Any) -> asyncio.Future[Any]:
        if topic != out or not faults:
            sent: asyncio.Future[Any] = await original(self, topic, *arguments, **named)
            return sent
        faults.pop()
        failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        failed.set_exception(KafkaTimeoutError("not acknowledged"))
        return failed

    async def copy(event: Event) -> Sequence[Output]:
        return [Output(out, event.key, event.record)]

    monkeypatch.setattr(AIOKafkaProducer, "send", failing)
    keys = {f"id-{n}" for n in range(10)}
    await load(kafka, source, sorted(keys))
    async with shell(FaustStage(settings(kafka, tmp_path), Stage("faust-sends", (source,), copy))):
        await settled(kafka, [out], keys, 30)
    assert not faults


async def test_faust_shell_stops_instead_of_diverting_everything(kafka: str, tmp_path: Path) -> None:
    source, _, _ = await topics.create(kafka, "faust-dead")

    async def reject(event: Event) -> Sequence[Output]:
        raise Rejected("wrong_version")

    await load(kafka, source, [f"id-{n}" for n in range(30)])
    part = FaustStage(settings(kafka, tmp_path, max_failure_run=10), Stage("faust-dead", (source,), reject))
    with pytest.raises(StageFailed, match="10 events in a row"):
        await asyncio.wait_for(part.run(asyncio.Event()), 60)


async def test_faust_shell_handles_its_first_event_as_soon_as_the_worker(kafka: str, tmp_path: Path) -> None:
    seconds: dict[str, float] = {}

    async def first(name: str) -> None:
        source, out, _ = await topics.create(kafka, f"soon-{name}")
        await load(kafka, source, ["first"])
        program = Program(tmp_path, kafka, f"soon-{name}", chaos_shell=name, data_dir=tmp_path)
        started = time.monotonic()
        async with running(program):
            await watch(kafka, [out], lambda found: found.total() == 1, 60)
            seconds[name] = time.monotonic() - started

    # Side by side, so that a busy machine is as busy for both.
    await asyncio.gather(first("faust"), first("worker"))
    assert seconds["faust"] < 2 * seconds["worker"] + 8


async def test_faust_shell_that_is_stopped_acknowledges_nothing_it_has_not_finished(kafka: str, tmp_path: Path) -> None:
    source, _, _ = await topics.create(kafka, "faust-stops")
    keys = {f"id-{n}" for n in range(60)}
    await load(kafka, source, sorted(keys))
    finished: list[str] = []

    async def handle(event: Event) -> Sequence[Output]:
        await asyncio.sleep(0.02)
        finished.append(event.key)
        return ()

    for stop_at in (10, 20, 30, 40, 50, 60):
        async with shell(FaustStage(settings(kafka, tmp_path), Stage("faust-stops", (source,), handle))):
            await until(lambda wanted=stop_at: len(set(finished)) >= wanted, 30)  # type: ignore[misc]
    assert set(finished) == keys
