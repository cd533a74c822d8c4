"""Systematically altered values: what to call with when nothing else of the kind is known."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from shared.model.values import ValueKind

_OTHER_ZONES = ("Asia/Tokyo", "America/New_York")
_CELL = re.compile(r"(?P<column>[A-Za-z]{1,3})(?P<row>\d{1,7})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SWAP = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "bcdefghijklmnopqrstuvwxyzaBCDEFGHIJKLMNOPQRSTUVWXYZA1234567890",
)


def altered(value: Any, kind: ValueKind) -> Iterator[Any]:
    """Yield up to two other values of the same kind."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | Decimal):
        yield from (value + 1, value * 2 + 3)
    elif isinstance(value, str) and value:
        yield from (one for one in _texts(value, kind) if one != value)


def _texts(text: str, kind: ValueKind) -> Iterator[str]:
    if kind is ValueKind.TIME_ZONE:
        yield from _OTHER_ZONES
    elif kind is ValueKind.PATH:
        stem, dot, suffix = text.rpartition(".")
        yield f"{stem}-other{dot}{suffix}" if stem else f"{text}-other"
    elif _DATE.fullmatch(text):
        yield from _days(text)
    elif match := _CELL.fullmatch(text):
        yield f"{match['column']}{int(match['row']) + 1}"
    elif number := re.search(r"\d+", text):
        # With its zeros: `PO-2026-017` stays an order number in form.
        changed = str(int(number[0]) + 1).zfill(len(number[0]))
        yield text[: number.start()] + changed + text[number.end() :]
    # As long as before and of the same sort, so that a pattern in a schema still admits it.
    yield text[:-1] + text[-1].translate(_SWAP)


def _days(text: str) -> Iterator[str]:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return
    yield (day + timedelta(days=7)).isoformat()
