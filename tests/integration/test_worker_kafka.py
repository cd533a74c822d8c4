"""The transactional worker on a real Kafka: nothing lost, nothing twice."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import RequestTimedOutError

from shared.model.errors import Rejected, Unavailable
from shared.runtime.service import ExitCode
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.failures import StageFailed
from shared.runtime.streaming.stage import Gate, Stage
from shared.runtime.streaming.worker import TransactionalWorker
from tests.chaos import topics
from tests.chaos.harness import Program, at_least, load, load_in_transactions, request, running, settled, until, watch

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]


def settings(bootstrap: str, **chosen: Any) -> ServiceSettings:
    return ServiceSettings(kafka_bootstrap=bootstrap, session_timeout_seconds=6, **chosen)


def copying(prefix: str) -> Stage:
    async def copy(event: Event) -> Sequence[Output]:
        return [Output(f"{prefix}-out", event.key, event.record)]

    return Stage(prefix, (f"{prefix}-in",), copy)


@asynccontextmanager
async def worker(shell: TransactionalWorker) -> AsyncIterator[asyncio.Task[None]]:
    stopping = asyncio.Event()
    task = asyncio.create_task(shell.run(stopping))
    try:
        yield task
    finally:
        stopping.set()
        await asyncio.wait({task}, timeout=60)
        assert task.done()


async def test_worker_writes_each_id_once_when_killed_again_and_again(kafka: str, tmp_path: Path) -> None:
    source, out, _ = await topics.create(kafka, "kills")
    keys = {f"id-{n}" for n in range(1500)}
    poison = {f"poison-{n}" for n in range(10)}
    await load(kafka, source, sorted(keys | poison))
    programs = [
        Program(tmp_path, kafka, "kills", instance_id=name, chaos_seconds=0.02, max_failure_run=100) for name in "ab"
    ]
    async with running(*programs):
        for victim, seen in zip((0, 1, 0), (100, 500, 900), strict=True):
            await watch(kafka, [out], at_least(seen), 30)
            programs[victim].kill()
            programs[victim].start()
        counts = await settled(kafka, [out, f"{source}-dlq"], keys | poison, 40)
    assert counts == Counter({(out, key): 1 for key in keys} | {(f"{source}-dlq", key): 1 for key in poison})


async def test_worker_that_slept_inside_its_transaction_is_fenced_and_ends(kafka: str, tmp_path: Path) -> None:
    source, out, _ = await topics.create(kafka, "zombie")
    keys = {f"id-{n}" for n in range(100)}
    await load(kafka, source, sorted(keys))
    marker = tmp_path / "stopped"
    zombie = Program(tmp_path, kafka, "zombie", chaos_stop_at=marker)
    heir = Program(tmp_path, kafka, "zombie")
    async with running(zombie):
        await until(marker.exists, 60)
        async with running(heir):
            await settled(kafka, [out], keys, 30)
            zombie.signal(signal.SIGCONT)
            assert zombie.wait(60) == ExitCode.FENCED
            counts = await settled(kafka, [out], keys, 30)
    assert counts == Counter({(out, key): 1 for key in keys})


async def test_heir_sees_what_its_forerunner_committed_right_before_the_fence(kafka: str, tmp_path: Path) -> None:
    source, out, _ = await topics.create(kafka, "heir")
    keys = {f"id-{n}" for n in range(100)}
    await load(kafka, source, sorted(keys))
    stopped, fence = tmp_path / "stopped", tmp_path / "fence"
    forerunner = Program(tmp_path, kafka, "heir", chaos_stop_at=stopped)
    heir = Program(tmp_path, kafka, "heir", chaos_fence_at=fence)
    async with running(forerunner):
        await until(stopped.exists, 60)
        async with running(heir):
            await until(fence.exists, 60)
            forerunner.signal(signal.SIGCONT)
            await watch(kafka, [out], at_least(1), 30)
            fence.unlink()
            counts = await settled(kafka, [out], keys, 30)
    assert counts == Counter({(out, key): 1 for key in keys})


async def test_worker_handles_no_aborted_record(kafka: str) -> None:
    source, out, _ = await topics.create(kafka, "aborted")
    keys = [f"id-{n}" for n in range(100)]
    await load_in_transactions(kafka, source, keys)
    async with worker(TransactionalWorker(settings(kafka), copying("aborted"))):
        counts = await settled(kafka, [out], set(keys), 30)
    assert counts == Counter({(out, key): 1 for key in keys})


async def test_worker_commits_what_is_in_flight_when_it_is_told_to_stop(kafka: str, tmp_path: Path) -> None:
    source, out, _ = await topics.create(kafka, "drain")
    keys = {f"id-{n}" for n in range(20)}
    program = Program(tmp_path, kafka, "drain", chaos_seconds=3.0, concurrency=100)
    async with running(program):
        await load(kafka, source, sorted(keys))
        await until(lambda: program.log.read_text().count("begun") == len(keys), 60)
        program.signal(signal.SIGTERM)
        assert program.wait(60) == ExitCode.DONE
        assert len(await watch(kafka, [out], lambda found: found.keys() >= keys, 30)) == len(keys)


async def test_worker_waits_without_dead_letters_while_a_dependency_is_away(kafka: str) -> None:
    source, out, _ = await topics.create(kafka, "away")
    is_away = True

    async def handle(event: Event) -> Sequence[Output]:
        if is_away and event.key == "id-3":
            raise Unavailable("the model endpoint does not answer")
        return [Output(out, event.key, event.record)]

    shell = TransactionalWorker(settings(kafka), Stage("away", (source,), handle))
    await load(kafka, source, [f"id-{n}" for n in range(10)])
    async with worker(shell):
        await until(lambda: "the model endpoint does not answer" in shell.liveness().text, 60)
        assert shell.liveness().ok
        await asyncio.sleep(2)
        is_away = False
        counts = await settled(kafka, [out, f"{source}-dlq"], {f"id-{n}" for n in range(10)}, 30)
    assert counts == Counter({(out, f"id-{n}"): 1 for n in range(10)})


async def test_worker_writes_dead_letters_with_reason_and_what_the_stage_adds(kafka: str) -> None:
    source, out, also = await topics.create(kafka, "dead")
    tries: Counter[str] = Counter()

    async def handle(event: Event) -> Sequence[Output]:
        tries[event.key] += 1
        if event.key == "rejected":
            raise Rejected("no_such_tool", "the tool is gone")
        if event.key == "bug":
            raise ZeroDivisionError("one of ours")
        return [Output(out, event.key, event.record)]

    stage = Stage("dead", (source,), handle, on_dead=lambda event, error: [Output(also, event.key, request("dead"))])
    await load(kafka, source, ["rejected", "fine", "bug"])
    async with worker(TransactionalWorker(settings(kafka), stage)):
        found = await watch(kafka, [f"{source}-dlq"], lambda found: len(found) == 2, 30)
        others = await watch(kafka, [out, also], lambda found: len(found) == 3, 30)
    assert tries == {"rejected": 1, "fine": 1, "bug": 4}
    assert {one.key: one.topic for one in others} == {b"rejected": also, b"bug": also, b"fine": out}
    letters = {one.key: dict(one.headers) for one in found}
    rejected, bug = letters[b"rejected"], letters[b"bug"]
    assert (rejected["dlq_reason"], rejected["dlq_error_class"]) == (b"no_such_tool", b"Rejected")
    assert (bug["dlq_reason"], bug["dlq_attempts"], bug["dlq_error"]) == (b"bug", b"4", b"one of ours")
    assert rejected["ce_id"]
    assert rejected["dlq_topic"] == source.encode()


async def test_worker_dead_letters_bytes_that_are_no_record(kafka: str) -> None:
    source, _, _ = await topics.create(kafka, "garbage")
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        await producer.send_and_wait(source, b"\xff\xff\xff", key=b"garbage", headers=[("mine", b"kept")])
    async with worker(TransactionalWorker(settings(kafka), copying("garbage"))):
        (letter,) = await watch(kafka, [f"{source}-dlq"], lambda found: len(found) == 1, 30)
    assert letter.value == b"\xff\xff\xff"
    assert dict(letter.headers)["mine"] == b"kept"
    assert dict(letter.headers)["dlq_reason"] == b"undecodable"


async def test_worker_stops_instead_of_diverting_everything(kafka: str) -> None:
    source, _, _ = await topics.create(kafka, "all-dead")

    async def reject(event: Event) -> Sequence[Output]:
        raise Rejected("wrong_version")

    await load(kafka, source, [f"id-{n}" for n in range(100)])
    shell = TransactionalWorker(settings(kafka, max_failure_run=10), Stage("all-dead", (source,), reject))
    with pytest.raises(StageFailed, match="10 events in a row"):
        await asyncio.wait_for(shell.run(asyncio.Event()), 60)


async def test_gate_publishes_each_key_once_also_after_a_restart(kafka: str) -> None:
    source, out, duplicates = await topics.create(kafka, "gate")
    gate = Gate(out, lambda event, outputs: [Output(duplicates, event.key, event.record)])
    keys = [f"id-{n % 40}" for n in range(100)]
    await load(kafka, source, keys[:60])
    async with worker(TransactionalWorker(settings(kafka), copying("gate"), gate)):
        await watch(kafka, [out, duplicates], lambda found: found.total() >= 60, 30)
    await load(kafka, source, keys[60:])
    async with worker(TransactionalWorker(settings(kafka), copying("gate"), gate)):
        await watch(kafka, [out, duplicates], lambda found: found.total() >= 100, 30)
        counts = await settled(kafka, [out, duplicates], set(keys), 30)
    assert Counter(topic for topic, _ in counts) == {out: 40, duplicates: 40}
    assert all(counts[out, key] == 1 for key in keys)
    assert counts.total() == 100
    inputs = {event.key: event.partition for event in await watch(kafka, [source], lambda f: f.total() == 100, 30)}
    outputs = {event.key: event.partition for event in await watch(kafka, [out], lambda f: f.total() == 40, 30)}
    assert outputs.items() <= inputs.items()


@pytest.mark.parametrize("is_committed", [True, False])
async def test_worker_settles_a_commit_of_unknown_outcome(
    kafka: str, monkeypatch: pytest.MonkeyPatch, is_committed: bool
) -> None:
    prefix = f"uncertain-{is_committed}".lower()
    source, out, _ = await topics.create(kafka, prefix)
    original = AIOKafkaProducer.commit_transaction
    faults = [1, 1]

    async def failing(self: AIOKafkaProducer) -> None:
        if is_committed or not faults:
            await original(self)
        if faults:
            faults.pop()
            raise RequestTimedOutError

    monkeypatch.setattr(AIOKafkaProducer, "commit_transaction", failing)
    keys = {f"id-{n}" for n in range(50)}
    await load(kafka, source, sorted(keys))
    async with worker(TransactionalWorker(settings(kafka), copying(prefix))):
        counts = await settled(kafka, [out], keys, 30)
    assert not faults
    assert counts == Counter({(out, key): 1 for key in keys})


async def test_worker_commits_no_offset_before_its_records_are_acknowledged(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out, _ = await topics.create(kafka, "refused")
    original, faults = AIOKafkaProducer.send_batch, [1, 1, 1]

    async def failing(self: AIOKafkaProducer, batch: Any, topic: str, *, partition: int) -> asyncio.Future[Any]:
        if topic != out or not faults:
            sent: asyncio.Future[Any] = await original(self, batch, topic, partition=partition)
            return sent
        faults.pop()
        failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        failed.set_exception(RequestTimedOutError())
        return failed

    keys = {f"id-{n}" for n in range(50)}
    await load(kafka, source, sorted(keys))
    monkeypatch.setattr(AIOKafkaProducer, "send_batch", failing)
    async with worker(TransactionalWorker(settings(kafka), copying("refused"))):
        counts = await settled(kafka, [out], keys, 30)
    assert not faults
    assert counts == Counter({(out, key): 1 for key in keys})
