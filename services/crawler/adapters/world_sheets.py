"""Finds the table on each sheet of a workbook, wherever its header row stands."""

import zipfile
from datetime import date, datetime, time
from itertools import islice, takewhile
from pathlib import Path

import openpyxl
from openpyxl.utils import get_column_letter

from services.crawler.adapters.world_columns import MAX_COLUMNS, MAX_ROWS, Origin, table_of, unique_headers
from shared.model.catalogue import WorldTable

_MAX_SHEETS = 40
_MAX_UNPACKED = 64 * 1024 * 1024
_HEADER_ROWS = 30
"""A header stands within this many rows from the top."""


def check_package(path: Path) -> None:
    """Refuse an office package that would unpack to too much.

    Raises:
        ValueError: it would.
        zipfile.BadZipFile: it is no package.
    """
    with zipfile.ZipFile(path) as package:
        if sum(part.file_size for part in package.infolist()) > _MAX_UNPACKED:
            raise ValueError("the package is too large")


def sheet_tables(path: Path, name: str) -> list[WorldTable]:
    """Describe one table per sheet; a sheet without a header row has none.

    Raises:
        ValueError, KeyError, TypeError, zipfile.BadZipFile: it is no workbook.
    """
    check_package(path)
    # Values as last computed: servers show those, not formulas.
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        found = []
        for sheet in book.worksheets[:_MAX_SHEETS]:
            # In this mode the size that a file states is believed, and some programs state a single cell.
            sheet.reset_dimensions()
            values = islice(sheet.iter_rows(values_only=True), MAX_ROWS)
            rows = [[_text(cell) for cell in row[: 2 * MAX_COLUMNS]] for row in values]
            table = _table(name, sheet.title, rows)
            if table:
                found.append(table)
        return found
    finally:
        book.close()


def _table(path: str, sheet: str, rows: list[list[str]]) -> WorldTable | None:
    top = next((number for number, row in enumerate(rows[:_HEADER_ROWS]) if _is_header(row, rows[number + 1 :])), None)
    if top is None:
        return None
    left = next(number for number, cell in enumerate(rows[top]) if cell)
    width = sum(1 for _ in takewhile(bool, rows[top][left:]))
    headers = unique_headers(rows[top][left : left + width])
    body = takewhile(any, (row[left : left + width] for row in rows[top + 1 :]))
    first = f"{get_column_letter(left + 1)}{top + 1}"
    return table_of(Origin(path, sheet, "xlsx", first_cell=first), headers, body)


def _is_header(row: list[str], below: list[list[str]]) -> bool:
    """Whether a row holds labels only, side by side, with values under at least half of them."""
    places = [number for number, cell in enumerate(row) if cell]
    if len(places) < 2 or places != list(range(places[0], places[-1] + 1)):  # noqa: PLR2004
        return False
    if any(_is_number(row[place]) for place in places):
        return False
    under = below[0] if below else []
    return 2 * sum(1 for place in places if place < len(under) and under[place]) >= len(places)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    # Spreadsheets keep every number as a float; tools say 3, not 3.0.
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
