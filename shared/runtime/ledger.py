"""Ledger rows on their way to Kafka: written outside every transaction, some seconds late, never in a handler's way."""

import asyncio
from collections import deque

import structlog

from shared.model.errors import Rejected, Unavailable
from shared.model.tasks import LedgerEntry
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher

FLUSH_SECONDS = 0.5
MOST_WAITING = 100_000
"""Rows kept while Kafka is away; the oldest go first."""
BATCH = 500

logger = structlog.get_logger()


class Ledger:
    """`await ledger.spend(entry)` anywhere; `Background("ledger", ledger.follow)` among the parts of the service."""

    def __init__(self, bootstrap: str, stage: str) -> None:
        self._bootstrap, self._stage = bootstrap, stage
        self._waiting: deque[LedgerEntry] = deque(maxlen=MOST_WAITING)

    async def spend(self, entry: LedgerEntry) -> None:
        """Take one row; it is written soon."""
        self._waiting.append(entry)

    async def follow(self, stopping: asyncio.Event) -> None:
        """Write rows until told to stop, then what is left."""
        while not stopping.is_set():
            try:
                async with Publisher(self._bootstrap, self._stage) as publisher:
                    await self._write_until(stopping, publisher)
            except Unavailable as error:
                logger.warning("ledger_waits", error=str(error), rows=len(self._waiting))
                await _pause(stopping)

    async def _write_until(self, stopping: asyncio.Event, publisher: Publisher) -> None:
        while not stopping.is_set():
            await _pause(stopping)
            while self._waiting:
                await self._write(publisher)

    async def _write(self, publisher: Publisher) -> None:
        # Left in the queue until Kafka has acknowledged it: a failed publish must lose no row.
        batch = [self._waiting[index] for index in range(min(BATCH, len(self._waiting)))]
        try:
            await publisher.publish([Output("ledger", self._stage, entry) for entry in batch])
        except Rejected as error:
            # A row that can never be written would keep all behind it waiting; the account is not worth a standstill.
            logger.warning("ledger_rows_dropped", error=str(error), rows=len(batch))
        for _ in batch:
            self._waiting.popleft()


async def _pause(stopping: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), FLUSH_SECONDS)
    except TimeoutError:
        return
