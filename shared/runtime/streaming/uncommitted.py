"""How much of each partition was begun and is not committed yet, and since when. Pure; for metrics and probes."""

from collections.abc import Hashable


class Uncommitted:
    """An account beside the one that decides: it may lag behind, and nothing depends on it."""

    def __init__(self) -> None:
        self._begun: dict[Hashable, int] = {}
        self._committed: dict[Hashable, int] = {}
        self._since: dict[Hashable, float] = {}

    def begin(self, partition: Hashable, offset: int, now: float) -> None:
        """Note that the event at `offset` is in hand."""
        if not self.pending(partition):
            self._since[partition] = now
        self._begun[partition] = max(offset + 1, self._begun.get(partition, 0))
        # Faust names no committed offset before its first commit; what was begun first stands in for it.
        self._committed.setdefault(partition, offset)

    def commit(self, partition: Hashable, next_offset: int, now: float) -> None:
        """Note the committed offset; it may be told again and again."""
        if next_offset > self._committed.get(partition, -1):
            self._committed[partition] = next_offset
            self._since[partition] = now

    def keep(self, partitions: set[Hashable]) -> None:
        """Forget partitions that were given away."""
        for gone in self._begun.keys() - partitions:
            for account in (self._begun, self._committed, self._since):
                account.pop(gone, None)

    def pending(self, partition: Hashable) -> int:
        """Offsets begun and not committed."""
        return max(0, self._begun.get(partition, 0) - self._committed.get(partition, 0))

    def age(self, partition: Hashable, now: float) -> float:
        """Seconds without a commit while one is due; 0 when none is."""
        return now - self._since[partition] if self.pending(partition) else 0.0
