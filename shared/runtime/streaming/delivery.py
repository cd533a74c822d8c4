"""What one partition delivered to its stream, and how far it may be committed; pure."""

from collections import deque
from enum import Enum


class Take(Enum):
    """What to do with a fetched record."""

    DELIVER = "deliver"
    DROP = "drop"
    """Fetched before a seek."""
    REREAD = "reread"
    """A hole right after a seek: fetch again from `expected` to see whether it is real."""


class Delivery:
    """Expects offsets in order from a known start; the committable offset never passes an unfinished event."""

    def __init__(self, start: int) -> None:
        self.expected = start
        self._open: deque[int] = deque()
        self._is_settled = False
        self._reread_for: int | None = None

    def take(self, offset: int) -> Take:
        """Decide about a fetched record, and count it as delivered if it is to be."""
        if offset < self.expected:
            return Take.DROP
        # Transactions leave real holes (markers, aborted records), but so does a fetch that was under way when we
        # sought. Only right after a seek the two look alike, so only there a hole is fetched twice.
        is_proven = self._is_settled or offset in (self.expected, self._reread_for)
        if not is_proven:
            self._reread_for = offset
            return Take.REREAD
        self._is_settled, self._reread_for = True, None
        self.expected = offset + 1
        self._open.append(offset)
        return Take.DELIVER

    def rewind(self) -> int | None:
        """Forget what was delivered and not committed; return where to read again, None when nothing was lost."""
        if not self._open:
            return None
        self.expected = self._open[0]
        self._open.clear()
        self._is_settled = False
        return self.expected

    def committable(self, finished: set[int]) -> int | None:
        """Return the next offset after the finished start of what was delivered, and forget that start."""
        last: int | None = None
        while self._open and self._open[0] in finished:
            last = self._open.popleft()
            finished.discard(last)
        return None if last is None else last + 1
