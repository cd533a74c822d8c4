"""Works messages off in as few tasks as there are handlers that wait."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from shared.runtime.streaming.messages import Message

SLICE_SECONDS = 0.01
"""After which handlers that never wait let the loop go on: heartbeats and commits run in it too."""


class Runners:
    """Each message is begun at once, in order; those after one that waits are begun by another task."""

    def __init__(self, work: Callable[[Message], Awaitable[None]], ended: Callable[[asyncio.Task[None]], None]) -> None:
        """`ended` is told of each task that is over, to look for a failure."""
        self._work, self._ended = work, ended
        self._waiting: deque[Message] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._has_next = False
        """Whether a task is made that has not begun yet."""

    def __len__(self) -> int:
        """Count tasks; one more than messages in hand at most."""
        return len(self._tasks)

    def submit(self, messages: Sequence[Message]) -> None:
        """Begin work on messages soon."""
        self._waiting.extend(messages)
        self._ensure_next()

    async def wait(self, seconds: float) -> None:
        """Wait until a task is over."""
        await asyncio.wait(set(self._tasks), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    def stop(self) -> None:
        """Cancel what is in hand, forget the others."""
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()

    def _ensure_next(self) -> None:
        if self._has_next or not self._waiting:
            return
        self._has_next = True
        task = asyncio.create_task(self._run())
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._ended(task)

    async def _run(self) -> None:
        # A task for each event cost more than a handler that does not wait. So one task goes on from message to
        # message, and the next one is made beforehand: it begins when this one waits for something.
        self._has_next = False
        until = time.monotonic() + SLICE_SECONDS
        while self._waiting and time.monotonic() < until:
            message = self._waiting.popleft()
            self._ensure_next()
            await self._work(message)
