"""What a record is called, which unit stands beside a value, and tables written as columns plus rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from shared.model.values import ValueKind
from shared.proof.kinds import classify
from shared.proof.unit_table import CURRENCIES
from shared.proof.units import find_unit
from shared.proof.words import words

_HEADER_KEYS = ("columns", "headers", "header", "fields", "column_names", "columnNames")
_ROWS_KEYS = ("rows", "data", "values", "records")
_LONGEST = 64
_MOST_MEMBERS = 60
_MONEY = frozenset(
    {"price", "cost", "amount", "total", "value", "salary", "fee", "revenue", "budget", "spend", "balance"}
)
_NAMING = frozenset({"name", "title", "label", "symbol", "function"})
_BY_KIND = {
    ValueKind.IDENTIFIER: 0,
    ValueKind.HASH: 2,
    ValueKind.NAME: 3,
    ValueKind.PATH: 4,
    ValueKind.EMAIL: 5,
    ValueKind.SYMBOL: 6,
    ValueKind.CELL: 7,
    ValueKind.DATE: 8,
}
_NAMED = 1
"""Rank of a text under a key such as `name`."""


@dataclass(frozen=True, slots=True)
class HeaderTable:
    """An object that holds a table as a list of columns and a list of rows."""

    header_key: str
    rows_key: str
    header: tuple[str, ...]


def record_name(record: Mapping[str, Any]) -> str:
    """Say what a record is called: its identifier, else its name, hash, path, symbol or date; empty for none."""
    best: tuple[int, str] | None = None
    for key, value in list(record.items())[:_MOST_MEMBERS]:
        rank = _rank(key, value)
        if rank is not None and (best is None or rank < best[0]):
            best = rank, str(value).strip()
    return best[1] if best else ""


def unit_beside(record: Mapping[str, Any], key: str) -> str:
    """Read the unit of a number from a neighbour: `{"value": 3.5, "unit": "kg"}`, `converted_unit`, `currency`."""
    value = record[key]
    # Texts name their own unit, if any; a unit beside a text belongs to some other member.
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return ""
    stem = words(key)[:-1]
    for name in ("_".join((*stem, "unit")), f"{key}_unit", f"{key}Unit", "unit", "units"):
        if isinstance(beside := record.get(name), str) and (unit := find_unit(beside)):
            return unit
    currency = record.get("currency")
    if isinstance(currency, str) and currency in CURRENCIES and _MONEY & set(words(key)):
        return currency
    return ""


def header_table(record: Mapping[str, Any]) -> HeaderTable | None:
    """Recognise `{"columns": [...], "rows": [[...], ...]}` and its variants."""
    for header_key in _HEADER_KEYS:
        header = header_titles(record.get(header_key))
        # Equal titles: a cell could not be cited by its column then.
        for rows_key in _ROWS_KEYS if len(header) == len(set(header)) > 0 else ():
            rows = record.get(rows_key)
            if (
                isinstance(rows, list)
                and rows
                and all(isinstance(row, list) and len(row) == len(header) for row in rows)
            ):
                return HeaderTable(header_key, rows_key, header)
    return None


def header_titles(header: Any) -> tuple[str, ...]:
    """Read column titles from a list of texts or of objects with a `name`; empty when it is neither."""
    titles = (
        [item.get("name") if isinstance(item, dict) else item for item in header] if isinstance(header, list) else []
    )
    named = tuple(title for title in titles if isinstance(title, str) and title)
    return named if len(named) == len(titles) else ()


def _rank(key: str, value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    if not text or len(text) > _LONGEST or "\n" in text:
        return None
    return _rank_of(key, text, isinstance(value, str))


@lru_cache(maxsize=8192)
def _rank_of(key: str, text: str, is_text: bool) -> int | None:
    kind = classify(text, key)[0]
    rank = _BY_KIND.get(kind)
    # An identifier wins over a name: names repeat within a table.
    if is_text and _NAMING & set(words(key)) and rank != 0:
        return _NAMED
    return rank if is_text or rank == 0 else None
