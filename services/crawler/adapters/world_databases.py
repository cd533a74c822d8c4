"""Finds the tables of a SQLite file, opened so that nothing beside it is written."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from services.crawler.adapters.world_columns import MAX_COLUMNS, MAX_ROWS, Origin, table_of
from shared.model.catalogue import WorldTable

_MAX_TABLES = 40
_MAX_STEPS = 2_000
"""Times 10,000 virtual machine instructions: a view that never ends is given up."""
_HEADER = b"SQLite format 3\0"


def database_tables(path: Path, name: str) -> list[WorldTable]:
    """Describe the tables of a database file; nothing when the file is another kind of `.db`.

    Raises:
        sqlite3.Error: it is damaged.
    """
    with path.open("rb") as stream:
        # `.db` is also the ending of thumbnails and mail stores.
        if stream.read(len(_HEADER)) != _HEADER:
            return []
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        steps = iter(range(_MAX_STEPS))
        # A view over a recursive query may never end, and any folder is a world.
        connection.set_progress_handler(lambda: int(next(steps, None) is None), 10_000)
        query = (
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
        names = [str(row[0]) for row in connection.execute(query).fetchmany(_MAX_TABLES)]
        return [_table(connection, name, table) for table in names]


def _table(connection: sqlite3.Connection, path: str, table: str) -> WorldTable:
    quoted = table.replace('"', '""')
    cursor = connection.execute(f'SELECT * FROM "{quoted}" LIMIT {MAX_ROWS}')
    headers = [str(column[0]) for column in cursor.description][:MAX_COLUMNS]
    return table_of(Origin(path, table, "sqlite"), headers, _rows(cursor))


def _rows(cursor: sqlite3.Cursor) -> Iterator[list[str]]:
    for row in cursor:
        yield [_text(cell) for cell in row[:MAX_COLUMNS]]


def _text(cell: object) -> str:
    if cell is None or isinstance(cell, bytes):
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
