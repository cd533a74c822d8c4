"""Tables on the sheets of a workbook: stored values, never formulas."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from xml.etree import ElementTree as ET

from services.verifier.adapters.reading_packages import Package, attribute, local
from services.verifier.adapters.reading_tables import table
from services.verifier.domain.evaluating.world import Rows, Unread
from shared.proof.canonical import number_text
from shared.proof.numbers import read_number

_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
"""Numbers of built-in formats that show a date or a time."""
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
# Two days before 1900: spreadsheets count from 1 and believe in 29 February 1900.
_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001  # a workbook's days have no zone
_DAY_SECONDS = 86_400
_FEWEST = 2

Grid = dict[int, dict[int, str]]
"""Text by row and column, counted from 1; nothing where a cell is empty."""


def sheet_tables(path: Path, name: str) -> list[Rows]:
    """Read one table per sheet: the first row of labels, and the filled rows right below it.

    Raises:
        Unread: it is no workbook.
    """
    package = Package(path)
    book, relations = package.part("xl/workbook.xml"), package.part("xl/_rels/workbook.xml.rels")
    if book is None or relations is None:
        raise Unread(f"{name} is no workbook")
    targets = {attribute(one, "Id"): attribute(one, "Target") for one in relations}
    strings, dated = _strings(package.part("xl/sharedStrings.xml")), _dated(package.part("xl/styles.xml"))
    found = []
    for sheet in (one for one in book.iter() if local(one) == "sheet"):
        target = targets.get(attribute(sheet, "id"), "")
        part = package.part(target if target.startswith("/") else f"xl/{target}")
        records = _records(_grid(part, strings, dated)) if part is not None else []
        if records:
            found.append(table(name, attribute(sheet, "name"), "xlsx", records))
    return found


def _strings(part: ET.Element | None) -> list[str]:
    return [_text(item) for item in part if local(item) == "si"] if part is not None else []


def _text(item: ET.Element) -> str:
    """Text of a string, its phonetic readings left out."""
    if local(item) == "rPh":
        return ""
    if local(item) == "t":
        return item.text or ""
    return "".join(map(_text, item))


def _dated(part: ET.Element | None) -> list[bool]:
    """Whether each cell style shows a date."""
    if part is None:
        return []
    own = {attribute(one, "numFmtId"): attribute(one, "formatCode") for one in part.iter() if local(one) == "numFmt"}
    styles = next((one for one in part if local(one) == "cellXfs"), None)
    return [_shows_date(attribute(style, "numFmtId"), own) for style in styles] if styles is not None else []


def _shows_date(number: str, own: Mapping[str, str]) -> bool:
    if number in own:
        return bool(re.search("[ymdhs]", _LITERAL.sub("", own[number]).lower()))
    return number.isdigit() and int(number) in _DATE_FORMATS


def _grid(part: ET.Element, strings: Sequence[str], dated: Sequence[bool]) -> Grid:
    grid: Grid = {}
    for number, row in enumerate((one for one in part.iter() if local(one) == "row"), start=1):
        line = int(attribute(row, "r") or number)
        for index, cell in enumerate((one for one in row if local(one) == "c"), start=1):
            text = _cell(cell, strings, dated).strip()
            if text:
                grid.setdefault(line, {})[_column(attribute(cell, "r")) or index] = text
    return grid


def _cell(cell: ET.Element, strings: Sequence[str], dated: Sequence[bool]) -> str:
    kind, style = attribute(cell, "t"), attribute(cell, "s")
    if kind == "inlineStr":
        return "".join(_text(item) for item in cell if local(item) == "is")
    value = next((item.text or "" for item in cell if local(item) == "v"), "")
    if kind == "s":
        return strings[int(value)] if value.isdigit() and int(value) < len(strings) else ""
    if kind == "b":
        return "true" if value == "1" else "false"
    if kind in ("str", "e", "d") or not value:
        # An error such as #DIV/0! is no value.
        return "" if kind == "e" else value
    is_date = style.isdigit() and int(style) < len(dated) and dated[int(style)]
    return _day(value) if is_date else _number(value)


def _number(value: str) -> str:
    """The number that is meant: workbooks hold doubles, some written with more digits than those have."""
    return number_text(Decimal(repr(float(value)))) if read_number(value) is not None else value


def _day(value: str) -> str:
    """A date for a whole number of days, a date and time for any other, a time of day below one."""
    try:
        days = Decimal(value)
    except InvalidOperation:
        return value
    moment = _FIRST_DAY + timedelta(seconds=round(days * _DAY_SECONDS))
    # Below one day there is no date, only a time.
    if days < 1:
        return moment.time().isoformat()
    return moment.date().isoformat() if days == int(days) else moment.isoformat()


def _column(reference: str) -> int:
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter.upper()) - ord("A") + 1
    return number


def _records(grid: Grid) -> list[list[str]]:
    """Take the first row of labels side by side with a filled row below, and the rows down to the first gap."""
    for line in sorted(grid):
        columns = sorted(grid[line])
        if not _are_labels(grid[line], columns) or line + 1 not in grid:
            continue
        records, below = [[grid[line][column] for column in columns]], line + 1
        while any(column in grid.get(below, {}) for column in columns):
            records.append([grid[below].get(column, "") for column in columns])
            below += 1
        if len(records) > 1:
            return records
    return []


def _are_labels(row: Mapping[int, str], columns: Sequence[int]) -> bool:
    if len(columns) < _FEWEST or columns[-1] - columns[0] != len(columns) - 1:
        return False
    return all(read_number(row[column]) is None for column in columns)
