"""Finds tables in CSV files and lists of records in JSON files."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from services.crawler.adapters.world_columns import MAX_COLUMNS, Origin, table_of, unique_headers
from shared.model.catalogue import WorldTable
from shared.proof.canonical import parse

_DELIMITERS = (",", ";", "\t", "|")
_MAX_DEPTH = 4
_MAX_LISTS = 20


def csv_tables(path: Path, name: str) -> list[WorldTable]:
    """Describe a CSV file; nothing when it holds no table.

    Raises:
        ValueError, csv.Error: it is no text, or no table.
    """
    text = read_text(path)
    header = text.partition("\n")[0]
    # By the header: `csv.Sniffer` guesses from cells, and prose in them misleads it.
    delimiter = max(_DELIMITERS, key=header.count)
    if not header.strip() or (header.count(delimiter) == 0 and "\n" not in text.strip()):
        return []
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    headers = unique_headers(next(rows))
    origin = Origin(name, PurePosixPath(name).stem, "csv")
    return [table_of(origin, headers, (row for row in rows if any(cell.strip() for cell in row)))]


def json_tables(path: Path, name: str) -> list[WorldTable]:
    """Describe the lists of records in a JSON file, nested ones included.

    Raises:
        ValueError, Rejected, RecursionError: it is no JSON.
    """
    tables = []
    for pointer, records in _lists(parse(read_text(path)), "", 0):
        headers = _keys(records)
        if headers:
            stem = PurePosixPath(name).stem
            origin = Origin(name, pointer.rpartition("/")[2] or stem, "json", pointer=pointer)
            rows = ([scalar_text(record.get(key)) for key in headers] for record in records)
            tables.append(table_of(origin, headers, rows))
        if len(tables) == _MAX_LISTS:
            break
    return tables


def read_text(path: Path) -> str:
    """Read a text file in UTF-8 or, failing that, in the old Western encoding.

    Raises:
        ValueError: it holds NUL, so it is no text.
    """
    content = path.read_bytes()
    if b"\0" in content:
        raise ValueError("no text file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What spreadsheets on Windows still write; nearly every byte means something in it.
        return content.decode("cp1252", errors="replace")


def scalar_text(value: Any) -> str:
    """Return a JSON scalar as text, exactly as it was written; empty for null, objects and lists."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _lists(value: Any, pointer: str, depth: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value):
            yield pointer, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            escaped = str(key).replace("~", "~0").replace("/", "~1")
            yield from _lists(inner, f"{pointer}/{escaped}", depth + 1)


def _keys(records: list[dict[str, Any]]) -> list[str]:
    keys: dict[str, None] = {}
    for record in records:
        keys.update((key, None) for key, value in record.items() if not isinstance(value, dict | list))
        if len(keys) > MAX_COLUMNS:
            break
    return list(keys)[:MAX_COLUMNS]
