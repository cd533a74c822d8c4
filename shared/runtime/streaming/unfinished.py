"""Keeps an event that was not finished from being acknowledged by Faust."""

import asyncio
from collections.abc import Callable


class Unfinished:
    """Lets no error pass: Faust acknowledges an event whose agent raised or returned, and it would be lost.

    A block, not a task awaited for its exception: that took a turn of the loop for each event.
    """

    def __init__(self, fail: Callable[[BaseException], None]) -> None:
        self._fail = fail

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error and not isinstance(error, asyncio.CancelledError):
            self._fail(error)
            await asyncio.Event().wait()  # until the process has ended
