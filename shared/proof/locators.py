"""Locators: steps from a closed set that lead from a canonical result to one value (`docs/evidence.md`, section 3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import canonical, number_text, parse, parse_canonical, sha256_text
from shared.proof.literals import parse_literal
from shared.proof.tables import Table, find_tables, key_values

_PLAIN = 40


@dataclass(frozen=True, slots=True)
class Located:
    """A located value; `sha256` is of the UTF-8 text after a span, else of the canonical JSON."""

    value: Any
    text: str
    json: str
    sha256: str


def locate(result: Any, locator_json: str) -> Located:
    """Follow a locator through a canonical result.

    Args:
        result: the canonical result as text, or what `parse_canonical` made of it.
        locator_json: JSON list of steps.

    Raises:
        Rejected: `bad_locator` when a step is none of the closed set, `no_such_value` when it leads nowhere.
    """
    value = parse_canonical(result) if isinstance(result, str) else result
    steps = _read_steps(locator_json)
    for step in steps:
        value = _follow(value, step)
    text, json = text_of(value), canonical(value)
    spanned = bool(steps) and "span" in steps[-1]
    return Located(value, text, json, sha256_text(text if spanned else json))


def text_of(value: Any) -> str:
    """Write a value as text: a string as it is, a number as its literal, anything else as canonical JSON."""
    if isinstance(value, str):
        return value
    # As written, trailing zeros and all: an answer that shows 25.60 is cited as 25.60.
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= _PLAIN:
        return f"{value:f}"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return number_text(value)
    return canonical(value)


def pointer(*names: str | int) -> str:
    """Write a JSON pointer (RFC 6901)."""
    return "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)


def resolve_pointer(value: Any, text: str) -> Any:
    """Follow a JSON pointer (RFC 6901).

    Raises:
        Rejected: `bad_locator` when it is no pointer, `no_such_value` when it leads nowhere.
    """
    if text and not text.startswith("/"):
        raise Rejected("bad_locator", f"{text!r} is not a JSON pointer")
    for token in text.split("/")[1:]:
        value = _child(value, token.replace("~1", "/").replace("~0", "~"), text)
    return value


def _child(value: Any, name: str, whole: str) -> Any:
    # A key first: an object may have members named like indices.
    if isinstance(value, Mapping) and name in value:
        return value[name]
    # Leading zeros would give one place two locators, and evidence is compared by text.
    if isinstance(value, list) and name.isdecimal() and (name == "0" or name[0] != "0") and int(name) < len(value):
        return value[int(name)]
    raise Rejected("no_such_value", f"pointer {whole!r} leads nowhere at {name!r}")


def _read_steps(locator_json: str) -> list[Mapping[str, Any]]:
    steps = parse(locator_json)
    if not isinstance(steps, list) or not all(isinstance(step, dict) and len(step) == 1 for step in steps):
        raise Rejected("bad_locator", "a locator is a JSON list of objects with one member each")
    return steps


def _follow(value: Any, step: Mapping[str, Any]) -> Any:
    ((name, argument),) = step.items()
    if name == "pointer" and isinstance(argument, str):
        return resolve_pointer(value, argument)
    reader = _TEXT_STEPS.get(name)
    if reader is None:
        raise Rejected("bad_locator", f"{name!r} is no locator step")
    if not isinstance(value, str):
        raise Rejected("no_such_value", f"step {name!r} needs text")
    return reader(value, argument)


def _parse_json(text: str, argument: Any) -> Any:
    if argument is not True:
        raise Rejected("bad_locator", "parse_json takes true")
    try:
        return parse(text)
    except Rejected as error:
        raise Rejected("no_such_value", f"the text is not JSON: {error.text}") from error


def _parse_literal(text: str, argument: Any) -> Any:
    if argument is not True:
        raise Rejected("bad_locator", "parse_literal takes true")
    try:
        return parse_literal(text)
    except Rejected as error:
        raise Rejected("no_such_value", error.text) from error


def _key_value(text: str, argument: Any) -> str:
    for line in key_values(text):
        if line.key == argument:
            return line.value
    raise Rejected("no_such_value", f"no line `{argument}: ...`")


def _span(text: str, argument: Any) -> str:
    if not isinstance(argument, list) or len(argument) != len(("start", "end")):
        raise Rejected("bad_locator", "span takes [start, end]")
    start, end = argument
    if not (isinstance(start, int) and isinstance(end, int)):
        raise Rejected("bad_locator", "span takes two integers")
    if not 0 <= start < end <= len(text):
        raise Rejected("no_such_value", f"span [{start}, {end}] lies outside a text of {len(text)} code points")
    return text[start:end]


def _table(text: str, argument: Any) -> Any:
    """Return a cell, a row as an object, a column as a list, or the whole table as a list of objects."""
    if not isinstance(argument, dict) or not set(argument) <= {"row", "column", "index"}:
        raise Rejected("bad_locator", "table takes row, column and index")
    tables, index = find_tables(text), argument.get("index", 0)
    if not isinstance(index, int) or not 0 <= index < len(tables):
        raise Rejected("no_such_value", f"the text has no table {index}")
    table = tables[index]
    rows = [_row_of(table, argument["row"])] if "row" in argument else list(table.rows)
    if "column" in argument:
        column = _column_of(table, argument["column"])
        cells = [row[column] for row in rows]
    else:
        cells = [dict(zip(table.header, row, strict=True)) for row in rows]  # type: ignore[misc]
    return cells[0] if "row" in argument else cells


def _row_of(table: Table, row: Any) -> tuple[str, ...]:
    if isinstance(row, int) and 0 <= row < len(table.rows):
        return table.rows[row]
    raise Rejected("no_such_value", f"the table has no row {row}")


def _column_of(table: Table, column: Any) -> int:
    found = table.column(column) if isinstance(column, str | int) else -1
    if found < 0:
        raise Rejected("no_such_value", f"the table has no column {column!r}")
    return found


_TEXT_STEPS: Mapping[str, Callable[[str, Any], Any]] = {
    "parse_json": _parse_json,
    "parse_literal": _parse_literal,
    "key_value": _key_value,
    "span": _span,
    "table": _table,
}
