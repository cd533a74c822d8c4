"""Locators as `docs/evidence.md` (3) says."""

import ast
import csv
import re
from decimal import Decimal

from tests.independent.reading import NUMBER, Wrong, canonical, need, read, sha256

KEY = r"([^\W\d_](?:[\w .()/%#&'-]{0,38}[\w)%#])?)"
MARK = r"(?:\*\*|__)?"
LINE = rf"[ \t]*(?:[-*+•][ \t]+)?{MARK}{KEY}(?:{MARK}[ \t]*:{MARK}[ \t]+|[ \t]+=[ \t]+)(\S.*?)[ \t\r]*"
TERM = rf"{KEY}[ \t\r]*"


def is_header(cells):
    numbers = [cell for cell in cells if re.fullmatch(NUMBER, cell.strip()) and len(cell.strip()) <= 60]
    shaped = all(0 < len(cell) <= 40 and cell == cell.strip() and any(map(str.isalpha, cell)) for cell in cells)
    return shaped and len(set(cells)) == len(cells) and not numbers


def csv_table(lines):
    for mark in (mark for mark in ",\t;" if len(lines) > 1 and mark in lines[0]):
        try:
            rows = [
                row
                for row in csv.reader([f"{line.rstrip(chr(13))}\n" for line in lines], delimiter=mark, strict=True)
                if row
            ]
        except csv.Error:
            continue
        if len(rows) > 1 and len(rows[0]) > 1 and is_header(rows[0]) and len({len(row) for row in rows}) == 1:
            return [(rows[0], rows[1:])]
    return []


def cells_of(line):
    line = line.strip()
    if "|" not in line:
        return []
    line = line.removeprefix("|")
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)]


def markdown_tables(lines):
    rows, found, at = [cells_of(line) for line in lines], [], 0
    while at + 1 < len(rows):
        head, rule, end = rows[at], rows[at + 1], at + 2
        if not head or len(head) != len(rule) or not all(re.fullmatch(":?-+:?", cell) for cell in rule):
            at += 1
            continue
        while end < len(rows) and len(rows[end]) == len(head):
            end += 1
        body, at = rows[at + 2 : end], end
        if not any(head) and len(head) > 2 and len(body) > 1 and is_header(body[0]):
            head, body = body[0], body[1:]
        found += [(head, body)] if body else []
    return found


def tables(text):
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    if whole := csv_table(lines):
        return whole
    runs = [[]]
    for line in lines:
        runs = [*runs[:-1], [*runs[-1], line]] if line.strip() else [*runs, []]
    return [one for run in runs for one in markdown_tables(run) or csv_table(run) or csv_table(run[1:])]


def table(text, wanted):
    found = tables(text)
    need(isinstance(wanted, dict) and set(wanted) <= {"row", "column", "index"}, "bad_locator")
    at, row, column = wanted.get("index", 0), wanted.get("row"), wanted.get("column")
    need(isinstance(at, int) and 0 <= at < len(found))
    head, rows = found[at]
    if "row" in wanted:
        need(isinstance(row, int) and 0 <= row < len(rows))
        rows = [rows[row]]
    values = [dict(reversed(list(zip(reversed(head), reversed(cells), strict=True)))) for cells in rows]
    if "column" in wanted:
        need(column in head if isinstance(column, str) else isinstance(column, int) and 0 <= column < len(head))
        values = [cells[head.index(column) if isinstance(column, str) else column] for cells in rows]
    return values[0] if "row" in wanted else values


def key_value(text, wanted):
    before = ""
    for line in text.split("\n"):
        inline, below, term = (
            re.fullmatch(LINE, line),
            re.fullmatch(r":[ \t]+(\S.*?)[ \t\r]*", line),
            re.fullmatch(TERM, before),
        )
        key, value = inline.groups() if inline else (term[1], below[1]) if below and term else ("", "")
        before = line
        if key and key.strip() == wanted and len(key.split()) <= 5:
            return unwrapped(value)
    raise Wrong("no_such_value")


def unwrapped(value):
    for mark in ("**", "`", "'", '"'):
        if len(value) > 2 * len(mark) and value.startswith(mark) and value.endswith(mark):
            return value[len(mark) : -len(mark)]
    return value


def point(value, pointer):
    need(not pointer or pointer.startswith("/"), "bad_locator")
    for name in (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]):
        index = isinstance(value, list) and re.fullmatch(r"0|[1-9]\d*", name) and int(name) < len(value)
        need(index or (isinstance(value, dict) and name in value))
        value = value[int(name) if index else name]
    return value


def literal(text):
    try:
        value = ast.literal_eval(text.strip())
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        raise Wrong("no_such_value") from None
    return plain(value)


def plain(value):
    """Write a literal's value as JSON would hold it; a decimal that Python printed is exact in its shortest form."""
    if isinstance(value, dict):
        need(all(isinstance(key, str) for key in value))
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    need(value is None or (isinstance(value, str | int | float) and value not in (float("inf"), -float("inf"))))
    return Decimal(repr(value)) if isinstance(value, float) else value


def locate(value, steps):
    """Follow a locator: the value, and its digest."""
    need(isinstance(steps, list) and all(isinstance(step, dict) and len(step) == 1 for step in steps), "bad_locator")
    for name, wanted in (pair for step in steps for pair in step.items()):
        need(name in ("pointer", "parse_json", "parse_literal", "table", "key_value", "span"), "bad_locator")
        if name == "pointer":
            need(isinstance(wanted, str), "bad_locator")
            value = point(value, wanted)
            continue
        need(isinstance(value, str))
        if name == "parse_json":
            need(wanted is True, "bad_locator")
            try:
                value = read(value)
            except Wrong:
                raise Wrong("no_such_value") from None
        elif name == "parse_literal":
            need(wanted is True, "bad_locator")
            value = literal(value)
        elif name == "span":
            need(isinstance(wanted, list) and [type(item) for item in wanted] == [int, int], "bad_locator")
            need(0 <= wanted[0] < wanted[1] <= len(value))
            value = value[wanted[0] : wanted[1]]
        else:
            value = table(value, wanted) if name == "table" else key_value(value, wanted)
    return value, sha256(value if steps and "span" in steps[-1] else canonical(value))
