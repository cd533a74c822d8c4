"""One assigned input partition: bounded work in flight, a completed prefix, one transactional producer.

The order fence -> read committed offset -> seek is the guarantee: only after the fence can no older owner commit.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.model.errors import Fenced, Unavailable
from shared.runtime import telemetry
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.attempts import Attempts, Outcome
from shared.runtime.streaming.gate import PartitionGate
from shared.runtime.streaming.messages import Message, Outgoing
from shared.runtime.streaming.prefix import CompletedPrefix
from shared.runtime.streaming.producer import CommitUncertain, PartitionProducer
from shared.runtime.streaming.runners import Runners
from shared.runtime.streaming.stage import Gate, Stage

BATCH = 500
FIRST_RETRY_SECONDS = 0.25
LAST_RETRY_SECONDS = 2.0
CLOSE_SECONDS = 10.0
DRAIN_STEP_SECONDS = 0.1

T = TypeVar("T")
logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all partitions of a worker share."""

    settings: ServiceSettings
    stage: Stage
    consumer: Any
    attempts: Attempts
    gate: Gate | None
    fail: Callable[[BaseException], None]
    """Ends the process with this error."""
    wake: Callable[[], None]
    """Makes the worker look again which partitions want more."""


class PartitionWork:
    """Everything one assigned partition needs, from assignment to revocation."""

    def __init__(self, around: Surroundings, source: TopicPartition) -> None:
        self._around, self.source = around, source
        bootstrap, stage = around.settings.kafka_bootstrap, around.stage
        # One producer per input partition: aiokafka has no fencing by group
        # generation (KIP-447), so the transactional id has to name the partition.
        self._producer = PartitionProducer(bootstrap, stage.group, source)
        self._gate = PartitionGate(around.gate, source.partition, stage.name) if around.gate else None
        self._prefix: CompletedPrefix[Outcome] = CompletedPrefix()
        self._runners = Runners(self._work, self._ended)
        self._completed = asyncio.Event()
        self._committing = asyncio.Lock()
        self._committed: int | None = None
        self._idle_since = time.monotonic()
        self.next_offset = 0
        """Where work goes on after a restart."""
        self.is_open = False
        self._is_full = False
        self._committer = asyncio.create_task(self._run())
        self._committer.add_done_callback(self._ended)

    @property
    def pending(self) -> int:
        """Events read and not yet committed."""
        return len(self._prefix)

    @property
    def is_waiting(self) -> bool:
        """Whether an event waits for a dependency that is away."""
        return any(where[:2] == self.source for where in self._around.attempts.away)

    @property
    def commit_age(self) -> float:
        """Seconds since the last commit while work waits for one."""
        return time.monotonic() - self._idle_since if self.pending else 0.0

    def submit(self, messages: Sequence[Message]) -> None:
        """Start work on messages, but for those that are known or from before the seek."""
        if not self.is_open:
            return
        if not self.pending:
            self._idle_since = time.monotonic()
        # What was fetched before the seek arrives all the same, and may lie behind it.
        first = self.next_offset
        self._runners.submit([one for one in messages if one.offset >= first and self._prefix.enter(one.offset)])

    @property
    def wants_more(self) -> bool:
        """Whether there is room: not while enough is in flight, or something waits for what is away."""
        limit = self._around.settings.max_in_flight
        # Half, not one below the limit, or it would be asked for one event at a time.
        self._is_full = self.pending > limit // 2 if self._is_full else self.pending >= limit
        return self.is_open and not self._is_full and not self.is_waiting

    async def drain(self, seconds: float) -> None:
        """Give work in flight some time to be completed, but for what waits for others; `close` commits it."""
        deadline = time.monotonic() + seconds
        while self._runners and not self._all_wait() and time.monotonic() < deadline:
            await self._runners.wait(DRAIN_STEP_SECONDS)

    def _all_wait(self) -> bool:
        away = sum(where[:2] == self.source for where in self._around.attempts.away)
        return bool(away >= len(self._runners))

    async def close(self) -> None:
        """Give the partition up: drop unfinished work, commit what is complete, release the producer.

        Raises:
            Fenced: another process owns the partition already.
        """
        try:
            async with asyncio.timeout(CLOSE_SECONDS), self._committing:
                self._stop_tasks()
                if self.is_open:
                    await self._commit_ready()
        except TimeoutError:
            logger.warning("close_timed_out", partition=self.source.partition)
        finally:
            await self.abandon()

    async def abandon(self) -> None:
        """Give the partition up without another commit."""
        self.is_open = False
        self._stop_tasks()
        await self._producer.stop()

    def _stop_tasks(self) -> None:
        self._committer.cancel()
        self._runners.stop()

    def _ended(self, task: asyncio.Task[None]) -> None:
        # Nobody awaits these tasks: without this, a failure would vanish with its task and the partition stand still.
        if not task.cancelled() and (error := task.exception()):
            self._around.fail(error)

    async def _run(self) -> None:
        await self._open()
        while True:
            await self._completed.wait()
            self._completed.clear()
            # A transaction costs about the same whatever its size (measured: 14 ms for 100 records, 13 for 500).
            await asyncio.sleep(self._around.settings.flush_window_ms / 1000)
            async with self._committing:
                await self._commit_ready()

    async def _open(self) -> None:
        # Fence first. Read before it, the offset is often stale (254 of 300 reads on three nodes, up to 955
        # ms): a commit answers before its markers are written, and aiokafka cannot ask for stable offsets only.
        await _patiently(self._producer.start)
        self._committed = await _patiently(self._read_committed)
        self.next_offset = self._committed if self._committed is not None else await _patiently(self._beginning)
        if self._gate:
            await self._read_gate(self._gate)
        self._around.consumer.seek(self.source, self.next_offset)
        self.is_open = True
        self._around.consumer.resume(self.source)
        self._around.wake()
        logger.info(
            "partition_opened", topic=self.source.topic, partition=self.source.partition, offset=self.next_offset
        )

    async def _read_gate(self, gate: PartitionGate) -> None:
        started = time.monotonic()
        keys = await _patiently(lambda: gate.read_back(self._around.settings.kafka_bootstrap))
        logger.info("gate_read_back", keys=keys, seconds=round(time.monotonic() - started, 3))

    async def _work(self, message: Message) -> None:
        outcome = await self._around.attempts.outcome(message)
        self._prefix.complete(message.offset, outcome)
        self._completed.set()

    async def _commit_ready(self) -> None:
        while ready := self._prefix.peek(BATCH):
            next_offset = ready[-1][0] + 1
            # Committed before it leaves the prefix: an outcome that is uncertain must still be there to be sent again.
            await self._commit([outcome for _, outcome in ready], next_offset)
            self._prefix.leave(len(ready))
            self._committed = self.next_offset = next_offset
            self._idle_since = time.monotonic()
            self._around.wake()

    async def _commit(self, outcomes: Sequence[Outcome], next_offset: int) -> None:
        outgoing, new = self._gate.admit(outcomes) if self._gate else (_all_of(outcomes), set())
        while not await self._is_committed(outgoing, next_offset):
            pass
        if self._gate:
            self._gate.published(new)

    async def _is_committed(self, outgoing: Sequence[Outgoing], next_offset: int) -> bool:
        stage = self._around.stage.name
        try:
            await self._producer.commit(outgoing, next_offset)
        except CommitUncertain as error:
            logger.warning("commit_uncertain", error=str(error))
            telemetry.TRANSACTIONS.labels(stage, "uncertain").inc()
            return await self._was_committed(next_offset)
        telemetry.TRANSACTIONS.labels(stage, "committed").inc()
        return True

    async def _was_committed(self, next_offset: int) -> bool:
        """Settle the outcome: a new holder of the id makes it final, then the offset tells."""
        await _patiently(self._producer.start)
        found = await _patiently(self._read_committed)
        if found not in (self._committed, next_offset):
            # A newer owner has been here in between; sending the batch again would publish part of it twice.
            raise Fenced(f"{self.source} stands at {found}, expected {self._committed} or {next_offset}")
        return found == next_offset

    async def _read_committed(self) -> int | None:
        try:
            committed: int | None = await self._around.consumer.committed(self.source)
        except KafkaError as error:
            raise Unavailable(f"no committed offset for {self.source}: {error!r}") from error
        return committed

    async def _beginning(self) -> int:
        try:
            offsets = await self._around.consumer.beginning_offsets([self.source])
        except KafkaError as error:
            raise Unavailable(f"no beginning offset for {self.source}: {error!r}") from error
        return int(offsets[self.source])


def _all_of(outcomes: Sequence[Outcome]) -> list[Outgoing]:
    return [one for outcome in outcomes for one in outcome.outgoing]


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Wait out an absent Kafka; ended by cancellation."""
    pause = FIRST_RETRY_SECONDS
    while True:
        try:
            return await call()
        except Unavailable as error:
            logger.warning("kafka_unavailable", error=str(error))
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_RETRY_SECONDS)
