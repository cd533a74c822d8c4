"""A consumer for Faust 0.15.3 that reads only committed records and never commits past an unfinished event.

Stock Faust reads aborted records, advances one transaction a commit on transactional input, and can step over events in
flight. This consumer keeps its own account (`Delivery`) of what each partition was given. It leans on private names of
Faust, so it refuses every other version.
"""

import time
from collections.abc import AsyncIterator
from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver

from shared.model.errors import BadInput
from shared.runtime.streaming.clients import FETCH_WAIT_MS
from shared.runtime.streaming.delivery import Delivery, Take

TESTED_VERSION = "0.15.3"


def require_tested_version(found: str = faust.__version__) -> None:
    """Refuse to run on another Faust.

    Raises:
        BadInput: the version differs.
    """
    if found != TESTED_VERSION:
        raise BadInput(f"faust-streaming {found} is installed, only {TESTED_VERSION} is tested: install that one")


class _NoReadOffsets(dict[Any, int | None]):
    """Disables Faust's own filter of read offsets, which drops records that are read again after a seek."""

    def __getitem__(self, _: Any) -> None:
        return None


class CommittedThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc] # Faust is untyped here
    """An at-least-once app would read uncommitted records."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # read when the consumer starts
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


class SafeConsumer(driver.Consumer):  # type: ignore[misc] # Faust is untyped here
    """Tracks deliveries itself; see the module."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._deliveries: dict[Any, Delivery] = {}
        self._must_rewind = False
        self._final: dict[Any, set[int]] | None = None
        """Once the account is closed: what was finished by then."""
        self.polled_at = time.monotonic()
        super().__init__(*args, **kwargs)
        # After `super().__init__`, which sets its own.
        self._read_offset = _NoReadOffsets()

    def _new_consumer_thread(self) -> Any:
        return CommittedThread(self, loop=self.loop, beacon=self.beacon)

    async def perform_seek(self) -> None:
        """After an assignment: start each partition's account at its committed offset."""
        await super().perform_seek()
        mine = [tp for tp in self.assignment() if self.app.topics.acks_enabled_for(tp.topic)]
        # Not 0: retention may have removed the beginning, and then offset 0 would never come.
        fresh = [tp for tp in mine if self._committed_offset[tp] is None]
        earliest = await self.earliest_offsets(*fresh) if fresh else {}
        for tp in mine:
            committed = self._committed_offset[tp]
            self._deliveries[tp] = Delivery(earliest.get(tp, 0) if committed is None else committed)
            # Acks of an earlier assignment would count for offsets that are read again.
            self._acked[tp].clear()
            self._acked_index[tp].clear()

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Drop the accounts of partitions that go."""
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._deliveries.pop(tp, None)

    def resume_flow(self) -> None:
        """Faust empties its stream queues when it resumes: what lay in them has to be read again."""
        super().resume_flow()
        self._must_rewind = True

    async def getmany(self, timeout: float) -> AsyncIterator[Any]:  # noqa: ASYNC109 - Faust's signature
        """Fetch, and deliver each offset once and in order."""
        self.polled_at = time.monotonic()
        if self._must_rewind:
            self._must_rewind = False
            await self._rewind()
        reread: set[Any] = set()
        async for tp, message in super().getmany(timeout):
            delivery = self._deliveries.get(tp)
            # The rest of this fetch lies behind the hole; it comes again after the seek.
            if tp in reread:
                continue
            take = delivery.take(message.offset) if delivery else Take.DELIVER
            if take is Take.DELIVER:
                yield tp, message
            elif take is Take.REREAD and delivery:
                reread.add(tp)
                await self._seek(tp, delivery.expected)

    async def _rewind(self) -> None:
        for tp, delivery in self._deliveries.items():
            if (offset := delivery.rewind()) is not None:
                await self._seek(tp, offset)

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Holes need no account here: `Delivery` only knows what was delivered."""

    def close_account(self) -> None:
        """Count no acknowledgement from here on: what is not finished when the agent is cancelled must stay so.

        Faust acknowledges the event that a cancelled agent was given, and commits once more while it stops. Its
        compiled streams write into the index without calling `ack`, so the index is copied.
        """
        self._final = {tp: set(index) for tp, index in self._acked_index.items()}

    def _new_offset(self, tp: Any) -> int | None:
        delivery = self._deliveries.get(tp)
        if delivery is None:
            return None
        offset = delivery.committable(self._acked_index[tp] if self._final is None else self._final.get(tp, set()))
        # Faust's own list is kept short by hand: stock Faust prunes it in the method that this one replaces.
        if offset is not None:
            self._acked[tp] = [acked for acked in self._acked[tp] if acked >= offset]
        return offset


class SafeTransport(driver.Transport):  # type: ignore[misc] # Faust is untyped here
    """Faust's Kafka transport with our consumer."""

    Consumer = SafeConsumer
