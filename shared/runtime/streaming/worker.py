"""The transactional worker: slow, IO-bound stages with exactly-once output.

Per input partition: bounded work in flight; outputs, dead letters and the offset of the completed prefix in one
transaction. A process that is fenced ends (`ExitCode.FENCED`): a restart is the only clean state.
"""

import asyncio
import time
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from shared.runtime import telemetry
from shared.runtime.health import Report
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming import clients
from shared.runtime.streaming.attempts import Attempts
from shared.runtime.streaming.messages import Message
from shared.runtime.streaming.partition import PartitionWork, Surroundings
from shared.runtime.streaming.producer import stop_quietly
from shared.runtime.streaming.stage import Gate, Stage

POLL_MS = 200
RETRY_SECONDS = 1.0
METRICS_SECONDS = 1.0
LOOK_SECONDS = 1.0
NOBODY = TopicPartition("", 0)
"""Named where no partition wants more: Kafka takes a member that does not poll for dead."""

logger = structlog.get_logger()


class TransactionalWorker(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Outputs, dead letters and the offset of the completed prefix go out in one transaction per partition."""

    def __init__(self, settings: ServiceSettings, stage: Stage, gate: Gate | None = None) -> None:
        self.name = stage.name
        self._settings, self._stage, self._gate = settings, stage, gate
        self._attempts = Attempts(settings, stage)
        self._work: dict[TopicPartition, PartitionWork] = {}
        self._consumer: Any = None
        self._failure: asyncio.Future[None] | None = None
        self._polls: dict[asyncio.Future[Any], frozenset[TopicPartition]] = {}
        """Under way, with the partitions that each one names."""
        self._wake: asyncio.Future[None] | None = None
        self._polled_at = self._measured_at = time.monotonic()
        self._was_assigned = False

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, then drain.

        Raises:
            Fenced: another process owns a partition now; exit.
            StageFailed: too many dead letters; exit.
        """
        self._failure = asyncio.get_running_loop().create_future()
        self._consumer = clients.group_consumer(self._settings, self._stage.group)
        self._consumer.subscribe(list(self._stage.reads), listener=self)
        try:
            if await self._start(stopping):
                await self._poll_until(stopping)
                await asyncio.gather(*(work.drain(self._settings.drain_seconds) for work in self._work.values()))
                await self._close_all()
            if self._failure.done():
                self._failure.result()
        finally:
            await asyncio.gather(*(work.abandon() for work in self._work.values()))
            await stop_quietly(self._consumer)
            if self._failure.done() and not self._failure.cancelled():
                # Seen: asyncio complains of an exception that nobody took, also where another one is raised.
                self._failure.exception()

    def liveness(self) -> Report:
        """Polled Kafka lately, and commits or waits for something named."""
        age, waiting = time.monotonic() - self._polled_at, self._attempts.waiting()
        oldest = max((work.commit_age for work in self._work.values()), default=0.0)
        stuck = min(oldest, self._attempts.seconds_since_wait())
        text = f"last poll {age:.1f} s ago" + (f"; {waiting}" if waiting else "")
        if stuck > self._settings.progress_bound_seconds:
            return Report(False, f"{text}; nothing was finished for {stuck:.0f} s")
        return Report(age < self._settings.poll_bound_seconds, text)

    def readiness(self) -> Report:
        """Partitions are assigned, fenced and read back."""
        opened = sum(work.is_open for work in self._work.values())
        text = f"{opened} of {len(self._work)} assigned partitions open"
        return Report(self._was_assigned and opened == len(self._work), text)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Every rebalance takes everything: finish commits under way and let go."""
        await self._close_all()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Hold the partitions until each is fenced and sought; heartbeats wait for this call, so it must not."""
        partitions = tuple(assigned)
        if partitions:
            self._consumer.pause(*partitions)
        surroundings = (self._settings, self._stage, self._consumer, self._attempts, self._gate)
        around = Surroundings(*surroundings, fail=self._fail, wake=self._look_again)
        self._work = {partition: PartitionWork(around, partition) for partition in partitions}
        self._was_assigned = True
        telemetry.REBALANCES.labels(self._stage.name).inc()
        logger.info("partitions_assigned", partitions=sorted(tuple(partition) for partition in partitions))

    async def _start(self, stopping: asyncio.Event) -> bool:
        while not stopping.is_set():
            self._polled_at = time.monotonic()
            try:
                await self._consumer.start()
            except KafkaError as error:
                logger.warning("kafka_unavailable", error=repr(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return True
        return False

    async def _poll_until(self, stopping: asyncio.Event) -> None:
        assert self._failure is not None  # set by `run`
        try:
            while not stopping.is_set():
                if self._failure.done():
                    self._failure.result()
                self._measure()
                self._wake = asyncio.get_running_loop().create_future()
                self._poll_more()
                # The failure too: a process that is fenced must not sit out a poll.
                waiting = {*self._polls, self._failure, self._wake}
                await asyncio.wait(waiting, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                for poll in [one for one in self._polls if one.done()]:
                    self._polled_at = time.monotonic()
                    del self._polls[poll]
                    self._submit(poll.result())
        finally:
            for poll in self._polls:
                poll.cancel()

    def _poll_more(self) -> None:
        """Ask for the partitions that want more and that no poll under way names.

        Partitions without room are left out, not paused: whatever aiokafka has fetched of a paused one it throws away
        at the next poll, and fetches it again (nine times the bytes, measured with 500 events in flight).
        """
        named = frozenset[TopicPartition]().union(*self._polls.values())
        wanted = frozenset(work.source for work in self._work.values() if work.wants_more) - named
        if wanted or not self._polls:
            self._polls[asyncio.ensure_future(self._getmany(wanted or {NOBODY}))] = wanted

    def _look_again(self) -> None:
        if self._wake and not self._wake.done():
            self._wake.set_result(None)

    async def _getmany(self, wanted: AbstractSet[TopicPartition]) -> dict[TopicPartition, list[Any]]:
        try:
            batches: dict[TopicPartition, list[Any]] = await self._consumer.getmany(
                *wanted, timeout_ms=POLL_MS, max_records=self._settings.max_in_flight
            )
        except KafkaError as error:
            logger.warning("poll_failed", error=repr(error))
            await asyncio.sleep(RETRY_SECONDS)
            return {}
        return batches

    def _submit(self, batches: dict[TopicPartition, list[Any]]) -> None:
        for partition, records in batches.items():
            # It may be revoked since the poll; whoever owns it now reads these records.
            if work := self._work.get(partition):
                work.submit([Message.of(record) for record in records])

    def _measure(self) -> None:
        if time.monotonic() - self._measured_at < METRICS_SECONDS:
            return
        self._measured_at = time.monotonic()
        for topic in self._stage.reads:
            mine = [work for work in self._work.values() if work.source.topic == topic]
            telemetry.IN_FLIGHT.labels(self.name, topic).set(sum(work.pending for work in mine))
            telemetry.COMMIT_AGE.labels(self.name, topic).set(max((work.commit_age for work in mine), default=0.0))
            for work in mine:
                end = self._consumer.highwater(work.source) if work.source in self._consumer.assignment() else None
                if end is not None and work.is_open:
                    lag = telemetry.LAG.labels(self.name, topic, str(work.source.partition))
                    lag.set(max(0, end - work.next_offset))

    async def _close_all(self) -> None:
        work, self._work = list(self._work.values()), {}
        # aiokafka logs and swallows what its rebalance callbacks raise, so a failure ends the process from here.
        for error in await asyncio.gather(*(one.close() for one in work), return_exceptions=True):
            if error:
                self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self._failure and not self._failure.done():
            self._failure.set_exception(error)
