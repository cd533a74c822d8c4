"""What a table and a `key: value` line are in plain text: the definitions behind two locator steps."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shared.proof.numbers import read_number

DELIMITERS = (",", "\t", ";")
HEADER_LENGTH = 40
_RULE = re.compile(r":?-+:?")
_PIPE = re.compile(r"(?<!\\)\|")
_KEY = r"[A-Za-zÀ-ÿ][\wÀ-ÿ .()/%#&'-]{0,38}[\wÀ-ÿ)%#]|[A-Za-zÀ-ÿ]"
_LINE = re.compile(
    rf"[ \t]*(?:[-*+•][ \t]+)?(?:\*\*|__)?({_KEY})"
    r"(?:(?:\*\*|__)?[ \t]*:(?:\*\*|__)?[ \t]+|[ \t]+=[ \t]+)(\S.*?)[ \t\r]*"
)
_TERM = re.compile(rf"({_KEY})[ \t\r]*")
_DEFINITION = re.compile(r":[ \t]+(\S.*?)[ \t\r]*")
_KEY_WORDS = 5
_LABELLED = 2
"""Columns of a table that has labels instead of titles."""
_WRAPPERS = ("**", "`", "'", '"')


@dataclass(frozen=True, slots=True)
class Table:
    """A table found in text: header and data rows of the same width, and the lines it takes up."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_line: int
    last_line: int

    def column(self, name: str | int) -> int:
        """Find a column by header text (the first of equal ones) or index; -1 when there is none."""
        if isinstance(name, int):
            return name if 0 <= name < len(self.header) else -1
        # Exact, not folded: a locator is read again in another run and must not find another column.
        return self.header.index(name) if name in self.header else -1


@dataclass(frozen=True, slots=True)
class KeyValue:
    """One `key: value` line; the range is that of the value in the whole text."""

    key: str
    value: str
    start: int
    end: int
    line: int


@lru_cache(maxsize=16)
def find_tables(text: str) -> tuple[Table, ...]:
    """List the tables of a text in order.

    If the whole text is CSV, that is its only table. Otherwise each maximal run of non-blank lines holds at most one
    CSV table or any number of Markdown tables.
    """
    lines = text.split("\n")
    used = [index for index, line in enumerate(lines) if line.strip()]
    if not used:
        return ()
    # The whole text first: CSV may hold blank lines inside quotes, which would break it into runs.
    if whole := _csv(lines, used[0], used[-1]):
        return (whole,)
    return tuple(table for first, last in _runs(used) for table in _tables_of_run(lines, first, last))


@lru_cache(maxsize=16)
def key_values(text: str) -> tuple[KeyValue, ...]:
    """List the `key: value` lines of a text in order."""
    found, offset, before = [], 0, ""
    for number, line in enumerate(text.split("\n")):
        match = _LINE.fullmatch(line)
        term = _TERM.fullmatch(before) if (definition := _DEFINITION.fullmatch(line)) else None
        if match and len(match.group(1).split()) <= _KEY_WORDS:
            start, end = _unwrap(line, match.start(2), match.end(2))
            found.append(KeyValue(match.group(1).strip(), line[start:end], offset + start, offset + end, number))
        elif definition and term and len(term.group(1).split()) <= _KEY_WORDS:
            start, end = _unwrap(line, definition.start(1), definition.end(1))
            found.append(KeyValue(term.group(1).strip(), line[start:end], offset + start, offset + end, number))
        offset, before = offset + len(line) + 1, line
    return tuple(found)


def is_header(cells: Sequence[str]) -> bool:
    """Tell whether cells can be a header: distinct, short, trimmed, each with a letter, none a number."""
    return len(set(cells)) == len(cells) and all(
        cell == cell.strip()
        and 0 < len(cell) <= HEADER_LENGTH
        and any(char.isalpha() for char in cell)
        and read_number(cell) is None
        for cell in cells
    )


def _unwrap(line: str, start: int, end: int) -> tuple[int, int]:
    for mark in _WRAPPERS:
        if end - start > 2 * len(mark) and line.startswith(mark, start) and line.endswith(mark, start, end):
            return start + len(mark), end - len(mark)
    return start, end


def _runs(used: list[int]) -> Iterator[tuple[int, int]]:
    first = previous = used[0]
    for index in used[1:]:
        if index != previous + 1:
            yield first, previous
            first = index
        previous = index
    yield first, previous


def _tables_of_run(lines: list[str], first: int, last: int) -> Iterator[Table]:
    markdown = list(_markdown(lines, first, last))
    if markdown:
        yield from markdown
        return
    # One title line above a table is common in reports; two would be prose.
    table = _csv(lines, first, last) or (_csv(lines, first + 1, last) if last > first + 1 else None)
    if table:
        yield table


def _csv(lines: list[str], first: int, last: int) -> Table | None:
    """Read lines as CSV (RFC 4180) under the first delimiter that gives one header and rows of its width."""
    if last <= first:
        return None
    for delimiter in DELIMITERS:
        if delimiter in lines[first] and (table := _csv_with(lines[first : last + 1], delimiter, first, last)):
            return table
    return None


def _csv_with(lines: list[str], delimiter: str, first: int, last: int) -> Table | None:
    # Strict: prose with a stray quote is no CSV, and Python's
    # reader would otherwise swallow lines until the next quote.
    reader = csv.reader((line.rstrip("\r") + "\n" for line in lines), delimiter=delimiter, strict=True)
    try:
        header = next(reader)
        if len(header) < len(("key", "value")) or not is_header(header):
            return None
        rows = [tuple(row) for row in reader if row]
    except (csv.Error, StopIteration):
        return None
    if not rows or any(len(row) != len(header) for row in rows):
        return None
    return Table(tuple(header), tuple(rows), first, last)


def _markdown(lines: list[str], first: int, last: int) -> Iterator[Table]:
    index = first
    while index < last:
        header, rule = _pipe_cells(lines[index]), _pipe_cells(lines[index + 1])
        if not _is_markdown_head(header, rule):
            index += 1
            continue
        end = index + 1
        while end < last and len(_pipe_cells(lines[end + 1])) == len(header):
            end += 1
        rows = tuple(_pipe_cells(line) for line in lines[index + 2 : end + 1])
        if not any(header) and len(header) > _LABELLED and len(rows) > 1 and is_header(rows[0]):
            # Converters that know no header row write an empty one and put the titles below it.
            header, rows = rows[0], rows[1:]
        if rows:
            yield Table(header, rows, index, end)
        index = end + 1


def _is_markdown_head(header: tuple[str, ...], rule: tuple[str, ...]) -> bool:
    return bool(header) and len(header) == len(rule) and all(_RULE.fullmatch(cell) for cell in rule)


def _pipe_cells(line: str) -> tuple[str, ...]:
    trimmed = line.strip()
    if "|" not in trimmed:
        return ()
    inner = trimmed.removeprefix("|")
    # An escaped pipe at the end belongs to the last cell.
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return tuple(cell.strip().replace("\\|", "|") for cell in _PIPE.split(inner))
