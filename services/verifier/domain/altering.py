"""Other values in the place of a cited one: bounded, systematic, of the same JSON type."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from services.verifier.domain.case import leaves
from shared.proof.canonical import number_text
from shared.proof.dates import read_date
from shared.proof.numbers import read_number, read_quantity

MOST = 400
"""Altered values tried in one place."""
_FAR = 10**9
_DATES = ("1999-01-31", "2031-11-17")
_TIMES = ("00:01", "23:58")


def alterations(value: Any) -> Iterator[Any]:
    """Yield values that differ from the given one."""
    for count, other in enumerate(_other(value)):
        if count == MOST:
            return
        yield other


def crossings(value: Any, beside: Sequence[Any]) -> Iterator[Any]:
    """Yield a value with what stands beside it put in its place, or in one place inside it.

    That something is not in a list is only altered by the very thing: no other value would do.
    """
    for other in islice((leaf for one in beside for leaf in leaves(one)), MOST):
        yield from islice(_with(value, other), MOST)


def _with(value: Any, other: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from ([*value[:index], one, *value[index + 1 :]] for one in _with(item, other))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from ({**value, name: one} for one in _with(item, other))
    else:
        yield other


def _other(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | Decimal):
        yield from (value + 1, value * 2 + 3, -value - 1, value + _FAR, value - _FAR)
    elif isinstance(value, str):
        yield from _texts(value)
    elif isinstance(value, list):
        yield from _lists(value)
    elif isinstance(value, dict):
        for name in value:
            yield from ({**value, name: other} for other in _other(value[name]))
    else:
        yield "other"


def _texts(text: str) -> Iterator[str]:
    number = read_number(text)
    if number is not None and number.is_finite():
        yield from (number_text(one) for one in (number + 1, number * 2 + 3, number + _FAR, number - _FAR))
    if number is None and (measured := read_quantity(text)):
        amount, unit = measured
        yield from (f"{number_text(one)} {unit}" for one in (amount + 1, amount * 2 + 3))
    if read_date(text) is not None:
        yield from _DATES
    if ":" in text:
        yield from _TIMES
    # At both ends: a transform may look at one only.
    yield from (f"{text}x", f"zz{text}", text[:-1], "other")


def _lists(items: list[Any]) -> Iterator[list[Any]]:
    if items:
        yield from (items[:-1], items[1:], [*items, items[-1]])
    for index, item in enumerate(items):
        for other in _other(item):
            yield [*items[:index], other, *items[index + 1 :]]
