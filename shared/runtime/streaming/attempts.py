"""Run a handler until there is an outcome: outputs, or a dead letter. Both shells do it this way.

`Unavailable` waits and tries again without limit; `Rejected` is a dead letter at once; anything else is a bug, tried
again a few times and then a dead letter. Nothing but `Fenced`, `StageFailed` and cancellation leaves this module.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Self

import structlog
from prometheus_client import Counter, Histogram

from shared.model.errors import Fenced, Rejected, Unavailable
from shared.runtime import telemetry, tracing
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.dead_letter import dead_letter
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.failures import FailureLimit, StageFailed
from shared.runtime.streaming.messages import Message, Outgoing, encode
from shared.runtime.streaming.stage import Stage

BUG_ATTEMPTS = 4
"""One, and three more."""
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 10.0
HOLD_SECONDS = 0.5

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one event came to."""

    event: Event
    outputs: tuple[Output, ...]
    outgoing: tuple[Outgoing, ...]
    """The outputs, encoded; for a dead event its letter too."""
    is_dead: bool = False


@dataclass(frozen=True, slots=True)
class _Meters:
    """What is counted for every event of a topic; looking a metric up by its labels takes longer than counting."""

    began: Counter
    written: Counter
    seconds: Histogram

    @classmethod
    def of(cls, stage: str, topic: str) -> Self:
        began, written = telemetry.EVENTS_IN.labels(stage, topic), telemetry.EVENTS_OUT.labels(stage, topic)
        return cls(began, written, telemetry.HANDLER_SECONDS.labels(stage, topic))


class Attempts:
    """The one handler of a process, with its quota and its failure count."""

    def __init__(self, settings: ServiceSettings, stage: Stage) -> None:
        self._stage = stage
        self._quota = asyncio.Semaphore(settings.concurrency)
        self._limit = FailureLimit(settings.max_failure_run, settings.max_failure_share)
        self.away: dict[tuple[str, int, int], str] = {}
        """What each waiting event (topic, partition, offset) waits for."""
        self._waited_at = float("-inf")
        self._meters = {topic: _Meters.of(stage.name, topic) for topic in stage.reads}

    def waiting(self) -> str:
        """Say how many events wait and for what, empty when none does."""
        if not self.away:
            return ""
        return f"{len(self.away)} events wait: {'; '.join(sorted(set(self.away.values()))[:3])}"

    def seconds_since_wait(self) -> float:
        """Since an event last waited for something named; 0 while one does."""
        return 0.0 if self.away else time.monotonic() - self._waited_at

    async def outcome(self, message: Message) -> Outcome:
        """Handle one message.

        Raises:
            StageFailed: too many events were dead-lettered.
            Fenced: the handler found another owner.
        """
        telemetry.IN_HAND.set((self._stage.name, message.topic, message.partition, message.offset, message.key))
        meters = self._meters[message.topic]
        meters.began.inc()
        outcome = await self._outcome(message)
        self._limit.record(outcome.is_dead)
        meters.written.inc(len(outcome.outputs))
        return outcome

    async def _outcome(self, message: Message) -> Outcome:
        try:
            event = message.decode()
        except Rejected as error:
            return self._dead(message, message.event(), error, 1)
        attempts = waits = 0
        while True:
            try:
                return await self._attempt(event)
            except (Fenced, StageFailed):
                raise
            except Rejected as error:
                return self._dead(message, event, error, attempts + 1)
            except Unavailable as error:
                waits += 1
                await self._wait_for_it(event, error, waits)
            except Exception as error:
                attempts += 1
                logger.exception("handler_failed", attempt=attempts)
                self._count_failure(event, error)
                if attempts == BUG_ATTEMPTS:
                    return self._dead(message, event, error, attempts)
                await asyncio.sleep(_pause(attempts))

    async def _attempt(self, event: Event) -> Outcome:
        if reason := self._stage.hold():
            await self._held(event, reason)
        # Only an attempt takes a place of the quota: an event that
        # waits for what is away must not keep others from work.
        async with self._quota:
            started = time.monotonic()
            try:
                outputs, context = await self._handled(event)
            finally:
                self._meters[event.topic].seconds.observe(time.monotonic() - started)
        return Outcome(event, tuple(outputs), encode(outputs, self._stage.name, context))

    async def _handled(self, event: Event) -> tuple[Sequence[Output], tracing.Headers]:
        if not tracing.is_on():
            return await self._stage.handler(event), event.headers
        with self._traced(event) as context:
            return await self._stage.handler(event), context

    def _traced(self, event: Event) -> AbstractContextManager[tracing.Headers]:
        where: dict[str, str | int] = {
            "destination.partition.id": str(event.partition),
            "kafka.offset": event.offset,
            "kafka.message.key": event.key,
            "consumer.group.name": self._stage.group,
        }
        return tracing.processing(event.topic, event.headers, where)

    def _dead(self, message: Message, event: Event, error: Exception, attempts: int) -> Outcome:
        reason = getattr(error, "reason", "bug")
        logger.warning("event_dead_lettered", reason=reason, error=str(error), attempts=attempts)
        telemetry.EVENTS_DEAD.labels(self._stage.name, event.topic, reason).inc()
        outputs = tuple(self._stage.on_dead(event, error)) if self._stage.on_dead else ()
        letter = dead_letter(message, error, self._stage.name, attempts)
        return Outcome(event, outputs, (*encode(outputs, self._stage.name, event.headers), letter), is_dead=True)

    async def _held(self, event: Event, reason: str) -> None:
        """Wait while the stage may begin nothing: no attempt, so no failure."""
        while reason:
            await self._pause_for(event, reason, HOLD_SECONDS)
            reason = self._stage.hold()

    async def _wait_for_it(self, event: Event, error: Unavailable, waits: int) -> None:
        self._count_failure(event, error)
        logger.warning("dependency_unavailable", error=str(error), waits=waits)
        await self._pause_for(event, str(error), _pause(waits))

    async def _pause_for(self, event: Event, reason: str, seconds: float) -> None:
        where = (event.topic, event.partition, event.offset)
        self.away[where] = reason
        gauge = telemetry.WAITING.labels(self._stage.name, event.topic)
        gauge.inc()
        try:
            await asyncio.sleep(seconds)
        finally:
            gauge.dec()
            del self.away[where]
            self._waited_at = time.monotonic()

    def _count_failure(self, event: Event, error: Exception) -> None:
        telemetry.EVENTS_FAILED.labels(self._stage.name, event.topic, type(error).__name__).inc()


def _pause(attempt: int) -> float:
    # With jitter, or all events of a partition would come back to a recovering dependency in the same moment.
    longest: float = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(attempt, 10))
    return longest * random.uniform(0.5, 1.0)
