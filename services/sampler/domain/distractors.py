"""Servers offered beside the called ones: those that another question of the run would call.

Drawn evenly, a server that many questions need would be needed wherever it is offered, and one that none needs never:
the names alone would tell (AUC 0.8 measured). So a list is the servers of two questions, of which either could be the
one asked: (A beside B) is drawn as often as (B beside A), and what is offered says nothing about what is needed.
"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Self

from shared.model.sub_dags import PlannedCall

Servers = tuple[str, ...]
"""Sorted."""
FEWEST_TOOLS, MOST_TOOLS = 20, 80
MOST_SERVERS = 4
REMEMBERED = 256
"""Questions that partners are taken from: enough to know how often each is asked, few enough to be balanced often."""
_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Partners:
    """Sets of servers that questions need, each with the weight that makes the pairing even."""

    weights: Mapping[Servers, float]
    sizes: Mapping[str, int]
    """Tools by server."""

    @classmethod
    def of(cls, asked: Iterable[Servers], sizes: Mapping[str, int]) -> Self:
        """Weigh what was asked: a set is in as many pairs as it is asked."""
        counts = Counter(asked)
        made = cls(dict.fromkeys(sorted(counts), 1.0), sizes)
        beside = {one: [other for other in made.weights if made._fit(one, other)] for one in made.weights}
        # Symmetric scaling to given sums. Halved steps (the root), because whole ones swing between two states.
        # `fsum` is exact: another interpreter must not draw another server.
        weights = made.weights
        for _ in range(_ROUNDS):
            weights = {
                one: sqrt(weight * counts[one] / total) if (total := fsum(weights[b] for b in beside[one])) else 0.0
                for one, weight in weights.items()
            }
        return cls(weights, sizes)

    def draw(self, called: Servers, rng: random.Random) -> Servers:
        """Choose what is offered beside the called servers; empty where every known question needs one of them."""
        fitting = [one for one, weight in self.weights.items() if weight and self._fit(called, one)]
        if fitting:
            return rng.choices(fitting, [self.weights[one] for one in fitting])[0]
        others = [one for one in self.weights if _apart(called, one)]
        # Out of bounds either way: as little as can be.
        return min(others, key=lambda one: (self._excess(called, one), one), default=())

    def _fit(self, one: Servers, other: Servers) -> bool:
        return _apart(one, other) and not self._excess(one, other)

    def _excess(self, one: Servers, other: Servers) -> int:
        tools = sum(self.sizes.get(server, 0) for server in one + other)
        return max(FEWEST_TOOLS - tools, tools - MOST_TOOLS, 0)


def servers_of(calls: Sequence[PlannedCall]) -> Servers:
    """Name the servers of a plan."""
    return tuple(sorted({call.server_id for call in calls}))


def _apart(one: Servers, other: Servers) -> bool:
    return not set(one) & set(other) and max(len(one), len(other)) <= MOST_SERVERS
