"""What merely echoes an argument: a server that hands its input back has told nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import parse, parse_canonical
from shared.proof.numbers import read_number

_SHORTEST = 3
_MOST_STRINGS = 200


@dataclass(frozen=True, slots=True)
class Echoes:
    """The arguments of a call, ready to be recognised in its result."""

    texts: frozenset[str]
    """Scalar arguments as folded text."""
    numbers: frozenset[Decimal]
    longer: tuple[str, ...]
    """Folded argument strings, in which a value may be contained."""

    @classmethod
    def of(cls, arguments_json: str) -> "Echoes":
        """Read the arguments of a call; text that is not JSON has none."""
        try:
            found = list(_scalars(parse_canonical(arguments_json)))
        except Rejected:
            found = []
        strings = [value for value in found if isinstance(value, str)][:_MOST_STRINGS]
        numbers = [_number(value) for value in found]
        return cls(
            frozenset(_fold(value) for value in found),
            frozenset(number for number in numbers if number is not None),
            tuple(_fold(text) for text in strings if len(text) >= _SHORTEST),
        )

    def holds(self, value: Any) -> bool:
        """Tell whether a value is an argument, equals one as a number, or stands in one as a whole word."""
        folded = _fold(value)
        if folded in self.texts:
            return True
        number = _number(value)
        if number is not None and number in self.numbers:
            return True
        # Short words stand in any longer text by chance.
        if isinstance(value, bool) or (len(folded) < _SHORTEST and number is None):
            return False
        # The other way round for paths: a server shows `/workspace/a.csv` for the argument `a.csv`.
        return any(_stands_in(folded, text) or folded.endswith(f"/{text}") for text in self.longer)


def _fold(value: Any) -> str:
    return " ".join(str(value).casefold().split())


def _number(value: Any) -> Decimal | None:
    if isinstance(value, str):
        return read_number(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite():
        return Decimal(value)
    return None


def _stands_in(part: str, whole: str) -> bool:
    start = whole.find(part)
    while start >= 0:
        before, after = whole[start - 1 : start], whole[start + len(part) : start + len(part) + 1]
        if not _joins(before, part[0]) and not _joins(after, part[-1]):
            return True
        start = whole.find(part, start + 1)
    return False


def _joins(outside: str, inside: str) -> bool:
    """Whether a neighbour continues the word or number at its edge."""
    return bool(outside) and (outside.isalnum() or outside in "._") and inside.isalnum()


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    elif value is not None:
        yield value
        # Chart options and batches travel as JSON in a string, and are handed back member by member.
        yield from _inner(value)


def _inner(value: Any) -> Iterator[Any]:
    """Scalars of JSON inside an argument string."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            parsed = parse(value)
        except Rejected:
            return
        yield from _scalars(parsed)
