"""Remembers how exact hits were played: rollouts of one task make the same calls in the same states.

Only for snapshots, which never change, and only what a recording answered: nothing here can grow stale.
"""

from collections import OrderedDict
from collections.abc import Sequence

from services.simulator.domain.replaying import Played, Tier
from services.simulator.domain.situation import Situation
from services.simulator.domain.tables import Table

Key = tuple[Table, str, str, Situation, Sequence[Tier]]
"""Table, offered name, arguments as written, situation, tiers allowed."""
_KEPT, _KEPT_CHARS = 4096, 16_384
"""Calls kept, and the longest text among their arguments and results: 128 MiB if all were that long, a few as it is."""


class Hits:
    """The most recent ones."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, Played] = OrderedDict()

    def find(self, key: Key) -> Played | None:
        """Return how a call was played before."""
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def keep(self, key: Key, played: Played) -> None:
        """Remember a call if a recording answered it."""
        is_recorded = played.reply.tier in (Tier.EXACT, Tier.NORMALISED)
        if is_recorded and max(len(key[2]), len(played.reply.result_json)) <= _KEPT_CHARS:
            self._known[key] = played
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
