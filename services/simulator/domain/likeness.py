"""How alike two calls of one tool are: TF-IDF cosine over the words of their canonical arguments.

Lexical on purpose: deterministic, explained by the words themselves, and no model to ship. Another measure only has to
offer `nearest`.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.proof.canonical import canonical, parse_canonical

_WORD = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?|[^\w\s]")
_DEPTH = 24


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A recorded call and how far it is: 0 the same words, 1 no word in common."""

    recording_id: str
    distance: float


class Index(Protocol):
    """Recorded calls of one tool in one state."""

    def nearest(self, arguments_json: str) -> Neighbour | None:
        """Return the recorded call that is most alike; None when nothing is."""


class LexicalIndex:
    """The `Index` port in memory: one posting per word and call."""

    def __init__(self, calls: Iterable[tuple[str, str]]) -> None:
        """Index (recording id, canonical arguments), whatever order they come in."""
        counted = [(name, Counter(terms(arguments))) for name, arguments in sorted(calls)]
        self._names = [name for name, _ in counted]
        often = Counter(term for _, words in counted for term in words)
        # +1 on both sides keeps a word that every call has from weighing nothing: two equal calls have distance 0.
        self._rarity = {term: math.log((len(counted) + 1) / (many + 1)) + 1 for term, many in often.items()}
        self._unseen = math.log(len(counted) + 1) + 1
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (_, words) in enumerate(counted):
            weights, length = self._weighed(words)
            for term, weight in weights.items():
                self._postings[term].append((number, weight / length))

    def nearest(self, arguments_json: str) -> Neighbour | None:
        """See `Index`; of equally alike calls the first by recording id."""
        weights, length = self._weighed(Counter(terms(arguments_json)))
        likeness: dict[int, float] = defaultdict(float)
        for term, weight in weights.items():
            for number, other in self._postings.get(term, ()):
                likeness[number] += weight * other / length
        if not likeness:
            return None
        # Rounded: a sum of floats depends on its order, and which of two equals is nearest must not.
        best = min(likeness, key=lambda number: (-round(likeness[number], 9), number))
        return Neighbour(self._names[best], round(min(1.0, max(0.0, 1 - likeness[best])), 6))

    def _weighed(self, words: Mapping[str, int]) -> tuple[dict[str, float], float]:
        weights = {term: many * self._rarity.get(term, self._unseen) for term, many in words.items()}
        return weights, math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0


def terms(arguments_json: str) -> Iterator[str]:
    """Take arguments apart: every value under its name, whole and word by word."""
    for name, value in _leaves(parse_canonical(arguments_json), "", 0):
        text = value if isinstance(value, str) else canonical(value)
        yield f"{name}={text}"
        yield from (f"{name}~{word}" for word in _WORD.findall(text.casefold()))


def _leaves(value: Any, name: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth <= _DEPTH and isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{name}/{key}", depth + 1)
    elif depth <= _DEPTH and isinstance(value, list):
        for item in value:
            yield from _leaves(item, f"{name}/*", depth + 1)
    else:
        yield name, value
