"""How alike two texts are: word shingles, MinHash, and the skeleton that is left when names and numbers are masked."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

_HASHES = 64
_ROWS = 4
"""Hashes to a band: texts of similarity 0.8 share one of the 16 bands in over 99.9 % of cases."""
_SHINGLE = 3
_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|`[^`]*`")
_NAMED = re.compile(r"(?<![.!?:] )(?<!^)\b[A-ZÀ-Þ][\w'\u2019.&-]*(?: [A-ZÀ-Þ][\w'\u2019.&-]*)*")
_NUMBERED = re.compile(r"\b[\w/.-]*\d[\w/.:-]*\b")


def shingles(text: str, size: int = _SHINGLE) -> frozenset[str]:
    """Cut a text into overlapping runs of words; shorter texts are one run."""
    words = _WORD.findall(text.casefold())
    return frozenset(" ".join(words[at : at + size]) for at in range(max(1, len(words) - size + 1)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of the shingles of both that both have."""
    return len(one & other) / len(one | other) if one | other else 1.0


def alike(texts: Mapping[str, str], least: float) -> list[tuple[str, str, float]]:
    """Find all pairs of texts at least this similar: MinHash bands name candidates, which are then compared exactly."""
    cut = {name: shingles(text) for name, text in texts.items()}
    bands: dict[tuple[int, Sequence[int]], list[str]] = {}
    for name in sorted(cut):
        signature = _signature(cut[name])
        for band in range(0, _HASHES, _ROWS):
            bands.setdefault((band, signature[band : band + _ROWS]), []).append(name)
    pairs = {pair for names in bands.values() for pair in combinations(names, 2)}
    found = ((one, other, jaccard(cut[one], cut[other])) for one, other in sorted(pairs))
    return [pair for pair in found if pair[2] >= least]


def _signature(cut: frozenset[str]) -> tuple[int, ...]:
    # One wide hash gives all 64: mixing it with odd constants is as good as 64 functions and far cheaper.
    hashes = [int.from_bytes(hashlib.blake2b(one.encode(), digest_size=8).digest(), "big") for one in cut]
    return tuple(min((value * odd + even) & _MASK for value in hashes) >> 32 for odd, even in _CONSTANTS)


_MASK = (1 << 64) - 1


def _constants() -> Iterator[tuple[int, int]]:
    for number in range(_HASHES):
        drawn = hashlib.blake2b(str(number).encode(), digest_size=16).digest()
        yield int.from_bytes(drawn[:8], "big") | 1, int.from_bytes(drawn[8:], "big")


_CONSTANTS = tuple(_constants())


def skeleton(text: str) -> str:
    """Mask what is quoted, capitalised inside a sentence, or holds a digit."""
    for pattern in (_QUOTED, _NUMBERED, _NAMED):
        text = pattern.sub("_", text)
    return " ".join(text.casefold().split())
