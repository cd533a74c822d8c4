"""Tables in CSV, JSON and SQLite files, for the evaluator; written apart from what looks at worlds elsewhere."""

import csv
import io
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

from services.verifier.domain.evaluating.world import Rows, Unread
from shared.model.errors import Rejected
from shared.proof.canonical import parse

MOST_ROWS = 200_000
"""A longer table is not read: half of it would give other answers."""
_DELIMITERS = ",;\t|"
_DEEPEST = 6
_MOST_STEPS = 5_000
"""Times 10,000 instructions of SQLite's machine: a view that never ends is given up."""
_HEADER = b"SQLite format 3\0"


def text_of(path: Path) -> str:
    """Read a text file in UTF-8, else in the old Western encoding.

    Raises:
        Unread: it is no text.
    """
    content = path.read_bytes()
    if b"\0" in content:
        raise Unread(f"{path.name} is no text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def csv_tables(path: Path, name: str) -> list[Rows]:
    """Read a CSV file, the first line of which is its header."""
    text = text_of(path)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    records = [record for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(record)]
    return [table(name, PurePosixPath(name).stem, "csv", records)] if len(records) > 1 else []


def json_tables(path: Path, name: str) -> list[Rows]:
    """Read the lists of objects in a JSON file, each named by its key, the outermost by the file."""
    try:
        document = parse(text_of(path))
    except (Rejected, RecursionError) as error:
        raise Unread(f"{name} is no JSON: {error}") from error
    found = []
    for key, objects in _lists(document, PurePosixPath(name).stem, 0):
        # Of all objects: many leave out a key that has no value.
        columns = list(dict.fromkeys(column for item in objects for column in item))
        cells = [[_scalar(item.get(column)) for column in columns] for item in objects]
        found.append(table(name, key, "json", [columns, *cells]))
    return found


def database_tables(path: Path, name: str) -> list[Rows]:
    """Read the tables and views of a SQLite file without writing beside it."""
    with path.open("rb") as stream:
        if stream.read(len(_HEADER)) != _HEADER:
            raise Unread(f"{name} is no SQLite file")
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        steps = iter(range(_MOST_STEPS))
        connection.set_progress_handler(lambda: int(next(steps, None) is None), 10_000)
        listed = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
        names = [str(row[0]) for row in listed if not str(row[0]).startswith("sqlite_")]
        return [_database_table(connection, name, one) for one in names]


def table(path: str, name: str, kind: str, records: Sequence[Sequence[str]]) -> Rows:
    """Make a table of records, the first of which is the header; rows are cut or filled to its width.

    Raises:
        Unread: it is too long.
    """
    header, *rows = records
    if len(rows) > MOST_ROWS:
        raise Unread(f"{path} has more than {MOST_ROWS} rows")
    columns = tuple(cell.strip() for cell in header)
    width = len(columns)
    # Files in use have rows of uneven length; a short row has empty cells at its end.
    cells = tuple(tuple(cell.strip() for cell in [*row[:width], *[""] * (width - len(row))]) for row in rows)
    return Rows(path, name, kind, columns, cells)


def _lists(value: Any, key: str, depth: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        yield key, value
    elif isinstance(value, dict) and depth < _DEEPEST:
        for inner, item in value.items():
            yield from _lists(item, str(inner), depth + 1)


def _database_table(connection: sqlite3.Connection, path: str, name: str) -> Rows:
    quoted = name.replace('"', '""')
    # One row more than is read, so that a longer table shows.
    cursor = connection.execute(f'SELECT * FROM "{quoted}" LIMIT {MOST_ROWS + 1}')
    header = [str(column[0]) for column in cursor.description]
    return table(path, name, "sqlite", [header, *([_scalar(cell) for cell in row] for row in cursor)])


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, dict | list | bytes):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
