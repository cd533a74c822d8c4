"""Which events of a partition may be committed: only a prefix without holes of what was started."""

from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class CompletedPrefix(Generic[T]):
    """Events enter in offset order, complete in any order and leave in offset order.

    Offsets may have gaps (commit markers, aborted and compacted records): order of entry is what counts.
    """

    def __init__(self) -> None:
        self._entered: dict[int, T | None] = {}
        self._last = -1

    def __len__(self) -> int:
        """Count events that have entered and not left."""
        return len(self._entered)

    def enter(self, offset: int) -> bool:
        """Take an event in; False when it was taken before (a record read twice)."""
        if offset <= self._last:
            return False
        self._last = offset
        self._entered[offset] = None
        return True

    def complete(self, offset: int, result: T) -> None:
        """Store what an event came to."""
        self._entered[offset] = result

    def peek(self, limit: int) -> Sequence[tuple[int, T]]:
        """Return up to `limit` completed events from the start on, without letting them leave."""
        ready: list[tuple[int, T]] = []
        for offset, result in self._entered.items():
            # None stands for "not complete", so no result may ever be None.
            if result is None or len(ready) == limit:
                break
            ready.append((offset, result))
        return ready

    def leave(self, count: int) -> None:
        """Let the first `count` events go: they are committed."""
        for offset in list(self._entered)[:count]:
            del self._entered[offset]
