"""Feeds `Progress` from Kafka, and knows when it has read everything."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from cli.running.progress import Progress
from shared.model.errors import Unavailable
from shared.runtime.streaming import reader
from shared.runtime.streaming.messages import Message
from shared.runtime.streaming.reader import Follower, Position

TOPICS = ("tool-catalogue", "sub-dags", "explorations", "verdicts", "verified-tasks", "ledger")
NO_MOVE = frozenset({"ledger"})
"""Spending is no progress: a stage that tries in vain spends too."""
RETRY_SECONDS = 0.5


class Feed:
    """Follows the topics; waits out an absent Kafka."""

    def __init__(self, bootstrap: str, progress: Progress) -> None:
        self._bootstrap, self._progress = bootstrap, progress
        self.on_record: Callable[[Any], None] = lambda _: None
        """Called with each record after it is folded."""
        self._position: dict[Position, int] = {}
        self.changed = time.monotonic()
        """When the last record came."""

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow in the background."""
        task = asyncio.create_task(self._follow(), name="progress")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def catch_up(self, timeout_seconds: float = 120) -> None:
        """Wait until everything that is committed now is folded.

        Raises:
            Unavailable: Kafka does not answer, or the time is over.
        """
        ends = await reader.end_offsets(self._bootstrap, TOPICS)
        deadline = time.monotonic() + timeout_seconds
        while any(self._position.get(position, 0) < end for position, end in ends.items()):
            if time.monotonic() > deadline:
                raise Unavailable(f"Kafka at {self._bootstrap} gives its records too slowly: {timeout_seconds:.0f} s")
            await asyncio.sleep(0.05)

    async def _follow(self) -> None:
        while True:
            try:
                # From where it was: progress is folded once, whatever Kafka goes through.
                async with Follower(self._bootstrap, TOPICS, self._position) as follower:
                    marks = asyncio.create_task(self._mark(follower))
                    try:
                        async for message in follower.messages():
                            self._fold(message)
                    finally:
                        marks.cancel()
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)

    async def _mark(self, follower: Follower) -> None:
        """Take over positions behind commit markers, at which no record lies."""
        while True:
            for position, offset in follower.reached.items():
                self._position[position] = max(offset, self._position.get(position, 0))
            await asyncio.sleep(0.05)

    def _fold(self, message: Message) -> None:
        self._position[message.topic, message.partition] = message.offset + 1
        event = reader.decoded(message)
        if event is None:
            return
        self._progress.apply(event.topic, event.key, event.record)
        if event.topic not in NO_MOVE:
            self.changed = time.monotonic()
        self.on_record(event.record)
