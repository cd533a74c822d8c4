"""Which epochs are open and what has come in for them: when the next cut is due, and from where to read again."""

from shared.model.explorations import Exploration
from shared.model.graphs import TopicOffset
from shared.model.sub_dags import EpochOpened, Lane

Position = tuple[str, int]
"""Topic and partition."""

FOLDED = ("sub-dags", "explorations")
"""Topics that are read on from where a cut says; the catalogue is read whole."""


class Epochs:
    """Explorations of epochs that no version has folded yet."""

    def __init__(self) -> None:
        self._opened: dict[int, EpochOpened] = {}
        self._pending: dict[int, dict[int, Exploration]] = {}
        self._needed: dict[int, dict[Position, int]] = {}
        """Per epoch the first offset that holds something of it."""
        self._next: dict[Position, int] = {}
        self._folded = -1

    def is_new(self, position: Position, offset: int) -> bool:
        """Tell whether a record was not read before, and remember that it is now."""
        if offset < self._next.get(position, 0):
            return False
        self._next[position] = offset + 1
        return True

    def resume(self, folded_epoch: int, offsets: tuple[TopicOffset, ...]) -> None:
        """Start from what a cut says: this epoch is folded, and that is where to read on."""
        self._folded = folded_epoch
        self._next.update({(one.topic, one.partition): one.offset for one in offsets})

    def open(self, epoch: EpochOpened, position: Position, offset: int) -> None:
        """Note an opened epoch."""
        if epoch.epoch > self._folded:
            self._opened[epoch.epoch] = epoch
            self._need(epoch.epoch, position, offset)

    def add(self, exploration: Exploration, position: Position, offset: int) -> None:
        """Note an exploration; those of the requests lane and of folded epochs do not count."""
        if exploration.lane is Lane.DRAWS and exploration.epoch > self._folded:
            # The first of equal counters stays: a redo writes the same exploration again.
            self._pending.setdefault(exploration.epoch, {}).setdefault(exploration.counter, exploration)
            self._need(exploration.epoch, position, offset)

    def complete(self, epoch: int) -> list[Exploration] | None:
        """Return the epoch's explorations in counter order once every counter has one; None before."""
        opened, have = self._opened.get(epoch), self._pending.get(epoch, {})
        if opened is None:
            return None
        counters = range(opened.first_counter, opened.first_counter + opened.size)
        return [have[counter] for counter in counters] if all(counter in have for counter in counters) else None

    def fold(self, epoch: int) -> None:
        """Forget an epoch that a version folded."""
        self._folded = max(self._folded, epoch)
        for known in (self._opened, self._pending, self._needed):
            for number in [number for number in known if number <= self._folded]:
                del known[number]

    def offsets(self) -> tuple[TopicOffset, ...]:
        """Say from where to read again what is not folded yet."""
        # At most where an unfolded epoch begins: everything from there on is read again after a restart.
        first = {position: offset for position, offset in self._next.items() if position[0] in FOLDED}
        for needed in self._needed.values():
            for position, offset in needed.items():
                first[position] = min(first[position], offset)
        return tuple(TopicOffset(topic, partition, first[topic, partition]) for topic, partition in sorted(first))

    def _need(self, epoch: int, position: Position, offset: int) -> None:
        needed = self._needed.setdefault(epoch, {})
        needed[position] = min(offset, needed.get(position, offset))
        self._next[position] = max(offset + 1, self._next.get(position, 0))
