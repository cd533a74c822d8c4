"""Taking plain text apart: tables, `key: value` lines, list items and trees, and typed words in prose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.model.values import ValueKind
from shared.proof.kinds import classify
from shared.proof.prose import prose_spans
from shared.proof.records import record_name
from shared.proof.tables import KeyValue, Table, find_tables, key_values

_MARKER = re.compile(r"[\s│├└─┬┼|+`\\-]*(?:(?:[*•>-]|\d{1,3}[.)]|\[[A-Z ]{1,6}\])\s+)?(?=[^\s])")
_ITEM_LENGTH = 80
_ITEM_WORDS = 6
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class TextLeaf:
    """One value in a text: the locator step that leads to it, its name, and the record it stands in."""

    step: str
    argument: Any
    key: str
    value: str
    row: str = ""


def text_leaves(text: str) -> Iterator[TextLeaf]:
    """List what a text holds, tables first, then `key: value` lines, then the other lines."""
    tables = find_tables(text)
    for index, table in enumerate(tables):
        yield from _table_leaves(table, index)
    taken = {line for table in tables for line in range(table.first_line, table.last_line + 1)}
    lines = [line for line in key_values(text) if line.line not in taken]
    yield from _key_value_leaves(text, lines)
    taken |= {line.line for line in lines}
    yield from _line_leaves(text, taken)


def _table_leaves(table: Table, index: int) -> Iterator[TextLeaf]:
    numbered = {"index": index} if index else {}
    for number, cells in enumerate(table.rows):
        row = record_name(dict(zip(table.header, cells, strict=True)))
        for column, (title, cell) in enumerate(zip(table.header, cells, strict=True)):
            # By title where it leads back here: titles outlast an inserted column, indices do not.
            name: str | int = title if table.column(title) == column and title else column
            if cell.strip():
                key = title or _label(table, cells, column)
                yield TextLeaf("table", {"row": number, "column": name, **numbered}, key, cell, row)


def _label(table: Table, cells: tuple[str, ...], column: int) -> str:
    """Name a value in a table of two columns without titles: its label stands before it."""
    return cells[0].strip() if column == 1 and not any(table.header) and len(table.header) == 2 else ""  # noqa: PLR2004


def _key_value_leaves(text: str, lines: list[KeyValue]) -> Iterator[TextLeaf]:
    # A `key_value` step leads to the first line with its key; the others can only be cited by position.
    first = {line.key: line for line in reversed(key_values(text))}
    for block in _blocks(lines):
        row = record_name({line.key: line.value for line in reversed(block)})
        for line in block:
            if len(line.value) <= _LONGEST:
                unique = first[line.key] is line
                yield TextLeaf(
                    "key_value" if unique else "span",
                    line.key if unique else [line.start, line.end],
                    line.key,
                    line.value,
                    row,
                )
            if classify(line.value, line.key)[0] is ValueKind.FREE_TEXT:
                yield from _spans(text, line.start, line.end, line.key, row)


def _blocks(lines: list[KeyValue]) -> Iterator[list[KeyValue]]:
    """Group neighbouring lines; a key seen before opens the next block, as in a log."""
    block: list[KeyValue] = []
    for line in lines:
        if block and (line.line != block[-1].line + 1 or any(line.key == known.key for known in block)):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _line_leaves(text: str, taken: set[int]) -> Iterator[TextLeaf]:
    offset = 0
    for number, line in enumerate(text.split("\n")):
        if number not in taken and line.strip():
            yield from _one_line(text, line, offset)
        offset += len(line) + 1


def _one_line(text: str, line: str, offset: int) -> Iterator[TextLeaf]:
    marker = _MARKER.match(line)
    start = marker.end() if marker else 0
    item = line[start:].rstrip()
    if item and len(item) <= _ITEM_LENGTH and len(item.split()) <= _ITEM_WORDS:
        yield TextLeaf("span", [offset + start, offset + start + len(item)], "", item)
        if classify(item)[0] is not ValueKind.FREE_TEXT:
            return
    yield from _spans(text, offset, offset + len(line), "", "", item)


def _spans(text: str, start: int, end: int, key: str, row: str, seen: str = "") -> Iterator[TextLeaf]:
    for first, last in prose_spans(text[start:end]):
        value = text[start + first : start + last]
        if value != seen:
            yield TextLeaf("span", [start + first, start + last], key, value, row)
