"""Does a world support questions? Its files are read as results are, by `shared.proof`, and what joins is counted.

A proxy: no server is started. It counts what every question of several steps needs: names that a table is keyed by and
a document states, columns that refer to another table, and labelled facts beside such a name.
"""

import csv
import html.parser
import io
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import docx
import openpyxl

from shared.model.values import ValueKind
from shared.proof.equality import fold
from shared.proof.kinds import classify
from shared.proof.tables import key_values

_NAMING = frozenset((ValueKind.IDENTIFIER, ValueKind.NAME))
_FEWEST_ROWS = 3
LEAST_LINKED, LEAST_REFERENCES, LEAST_FACTS = 22, 6, 56
"""Half of what the poorest of 90 worlds of size 1 had: below it hardly any question of several steps is left."""

Rows = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Support:
    """What joins in a world."""

    tables: int
    documents: int
    linked: int
    """Entities that key a table and are stated by a document."""
    references: int
    """Columns whose values key another table."""
    facts: int
    """Labelled values in documents that state such an entity, its own name left out."""

    @property
    def missing(self) -> str:
        """Say in one sentence what there is too little of; empty when the world supports enough."""
        for found, least, what in (
            (self.linked, LEAST_LINKED, "things that both a table and a document name"),
            (self.references, LEAST_REFERENCES, "columns that refer to another table"),
            (self.facts, LEAST_FACTS, "facts beside such a name"),
        ):
            if found < least:
                return f"it has {found} {what}, and questions need {least}"
        return ""


def support(files: Mapping[str, bytes]) -> Support:
    """Count what joins in the files of a world, by path."""
    tables = [rows for path, content in sorted(files.items()) for rows in _tables(path, content)]
    keys = [_keys(rows) for rows in tables]
    named = frozenset(name for found in keys for names in found.values() for name in names)
    linked: set[str] = set()
    facts = documents = 0
    for path, content in sorted(files.items()):
        said = _labelled(path, content)
        about = {fold(value) for _, value in said} & named
        documents += bool(said)
        linked |= about
        facts += sum(fold(value) not in named for _, value in said) if about else 0
    references = sum(
        _refers(rows, column, own, keys) for rows, own in zip(tables, keys, strict=True) for column in rows[0]
    )
    return Support(len(tables), documents, len(linked), references, facts)


def _keys(rows: Rows) -> dict[str, frozenset[str]]:
    """The columns that name each row, with their names."""
    found = {}
    for column in rows[0]:
        cells = [row[column] for row in rows]
        if all(cells) and len({fold(cell) for cell in cells}) == len(cells) and _names(column, cells):
            found[column] = frozenset(map(fold, cells))
    return found


def _names(column: str, cells: list[str]) -> bool:
    return all(classify(cell, column)[0] in _NAMING for cell in cells)


def _refers(rows: Rows, column: str, own: Mapping[str, frozenset[str]], keys: list[dict[str, frozenset[str]]]) -> bool:
    if column in own:
        return False
    cells = {fold(row[column]) for row in rows if row[column]}
    return len(cells) > 1 and any(cells <= names for found in keys if found is not own for names in found.values())


def _tables(path: str, content: bytes) -> Iterator[Rows]:
    readers = {"csv": _csv, "json": _json, "xlsx": _sheets, "db": _database}
    reader = readers.get(path.rpartition(".")[2])
    # What lies in the repository is source, and its objects are nobody's table.
    if reader is not None and not path.startswith("repo/"):
        yield from (rows for rows in reader(content) if len(rows) >= _FEWEST_ROWS)


def _csv(content: bytes) -> Iterator[Rows]:
    yield list(csv.DictReader(io.StringIO(content.decode())))


def _json(content: bytes) -> Iterator[Rows]:
    parsed = json.loads(content)
    for found in parsed.values() if isinstance(parsed, dict) else [parsed]:
        if isinstance(found, list) and all(isinstance(one, dict) for one in found):
            yield [{str(key): "" if value is None else str(value) for key, value in one.items()} for one in found]


def _sheets(content: bytes) -> Iterator[Rows]:
    for page in openpyxl.load_workbook(io.BytesIO(content), read_only=True):
        grid = [["" if cell is None else str(cell) for cell in row if cell is not None] for row in page.values]
        width = max((len(row) for row in grid), default=0)
        # A heading stands above the table; the table begins with the first row that is as wide as any.
        full = [row for row in grid if len(row) == width]
        yield [dict(zip(full[0], row, strict=True)) for row in full[1:]] if full else []


def _database(content: bytes) -> Iterator[Rows]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        connection.row_factory = sqlite3.Row
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
            yield [{key: "" if row[key] is None else str(row[key]) for key in row.keys()} for row in rows]  # noqa: SIM118


class _Page(html.parser.HTMLParser):
    """Labels and values of a page: two cells of a row, a term and its definition."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""

    def handle_data(self, data: str) -> None:
        if self._tag in ("th", "dt"):
            self.lines.append(f"{data}: ")
        elif self._tag in ("td", "dd") and self.lines:
            self.lines[-1] += data


def _labelled(path: str, content: bytes) -> list[tuple[str, str]]:
    """Labels and values that a document states."""
    form = path.rpartition(".")[2]
    if form == "md":
        text = content.decode()
    elif form == "html":
        page = _Page()
        page.feed(content.decode())
        text = "\n".join(page.lines)
    elif form == "docx":
        tables = docx.Document(io.BytesIO(content)).tables[:1]
        text = "\n".join(": ".join(cell.text for cell in row.cells) for table in tables for row in table.rows)
    else:
        return []
    return [(line.key, line.value) for line in key_values(text)]
