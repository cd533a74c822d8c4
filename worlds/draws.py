"""Draws that repeat on every machine and every Python.

Built on `random.Random.random()` alone: the one method whose sequence the standard library promises to keep.
"""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

Item = TypeVar("Item")


class Draw:
    """One named stream of draws: a draw added to one stream moves no other stream."""

    def __init__(self, seed: int | str, name: str) -> None:
        self._random = random.Random(f"{seed}/{name}")

    def integer(self, low: int, high: int) -> int:
        """Draw a whole number from `low` to `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def decimal(self, low: str, high: str, step: str) -> Decimal:
        """Draw a multiple of `step` from `low` to `high`."""
        first, last = (int((Decimal(bound) / Decimal(step)).to_integral_value()) for bound in (low, high))
        return self.integer(first, last) * Decimal(step)

    def chance(self, probability: float) -> bool:
        """Say yes with this probability."""
        return self._random.random() < probability

    def pick(self, items: Sequence[Item]) -> Item:
        """Draw one item."""
        return items[self.integer(0, len(items) - 1)]

    def several(self, items: Sequence[Item], count: int) -> list[Item]:
        """Draw up to `count` different items, in drawn order."""
        pool = list(items)
        return [pool.pop(self.integer(0, len(pool) - 1)) for _ in range(min(count, len(pool)))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Return all items in drawn order."""
        return self.several(items, len(items))

    def distinct(self, low: int, high: int, count: int) -> list[int]:
        """Draw `count` different whole numbers."""
        return self.several(range(low, high + 1), count)
