"""Results of tool calls read back into tables and documents."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Any

from cli.paths.shelf import NotUnderstoodError
from services.verifier.domain.evaluating.world import Document, Rows

Pair = tuple[str, str]
_PAIR = 2


def csv_rows(text: str) -> Rows:
    """Read comma separated text, its first line the header."""
    header, *rows = [row for row in csv.reader(io.StringIO(text)) if row]
    return Rows("", "", "csv", tuple(header), tuple(tuple(row) for row in rows if len(row) == len(header)))


def json_rows(text: str, part: str) -> Rows:
    """Read the list of objects under a key, or the outermost list."""
    document = _load(text)
    objects = document.get(part) if isinstance(document, dict) else document
    if not isinstance(objects, list) or not objects:
        raise NotUnderstoodError(f"no list {part}")
    columns = tuple(dict.fromkeys(key for item in objects for key in item))
    return Rows("", part, "json", columns, tuple(tuple(_cell(item.get(one)) for one in columns) for item in objects))


def sql_rows(text: str) -> Rows:
    """Read what a query brought."""
    found = _load(text)
    if not isinstance(found, dict) or "rows" not in found:
        raise NotUnderstoodError("the query brought no rows")
    cells = tuple(tuple(_cell(cell) for cell in row) for row in found["rows"])
    return Rows("", "", "sql", tuple(found["columns"]), cells)


def sql_text(text: str) -> str:
    """Return the one cell that a query brought."""
    rows = sql_rows(text).rows
    if len(rows) != 1:
        raise NotUnderstoodError("the query brought more than one text")
    return rows[0][0]


def range_rows(text: str) -> Rows:
    """Read a range of cells; whatever stands above the header is left out."""
    found = _load(text)
    if not isinstance(found, dict) or not found.get("values"):
        raise NotUnderstoodError("the range brought no values")
    return _with_header([[_cell(cell) for cell in row] for row in found["values"]])


def markdown_rows(text: str, part: str) -> Rows:
    """Read the table below a heading, or the first one."""
    heading, grids = "", dict[str, list[list[str]]]()
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ").strip()
        elif line.startswith("|") and not set(line) <= set("|-: "):
            grids.setdefault(heading, []).append(_cells(line))
    grid = grids.get(part) or (next(iter(grids.values())) if len(grids) == 1 else None)
    if not grid:
        raise NotUnderstoodError(f"no table {part}")
    blank = [["" if one == "NaN" or one.startswith("Unnamed: ") else one for one in row] for row in grid]
    return _with_header(blank)


def document_of(text: str, path: str) -> Document:
    """Read labelled values of Markdown, HTML, plain text, or text whose labels and values alternate."""
    if "</" in text and "<" in text:
        page = _Cells()
        page.feed(text)
        return Document(path, "", tuple(page.pairs))
    pairs = [*_lines(text), *_wide(text)]
    return Document(path, "", tuple(pairs) if pairs else tuple(_alternating(text)))


def word_document_of(text: str, path: str) -> Document:
    """Read the text of a Word document: its tables come one cell a line."""
    return Document(path, "", tuple(_alternating(text)))


def _load(text: str) -> Any:
    try:
        return json.loads(text, parse_float=str, parse_int=str)
    except ValueError as error:
        raise NotUnderstoodError(f"no JSON: {text[:60]}") from error


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _cells(line: str) -> list[str]:
    return [one.strip() for one in line.strip().strip("|").split("|")]


def _with_header(grid: Sequence[Sequence[str]]) -> Rows:
    for number, row in enumerate(grid[:-1]):
        filled = [place for place, cell in enumerate(row) if cell]
        is_header = len(filled) > 1 and all(not re.fullmatch(r"-?[\d.]+", row[place]) for place in filled)
        if is_header and filled == list(range(filled[0], filled[-1] + 1)) and grid[number + 1][filled[0]]:
            rows = [tuple(line[place] for place in filled) for line in grid[number + 1 :]]
            return Rows("", "", "grid", tuple(row[place] for place in filled), tuple(row for row in rows if any(row)))
    raise NotUnderstoodError("no header")


def _lines(text: str) -> Iterator[Pair]:
    before = ""
    for line in text.splitlines():
        plain = re.sub(r"\*\*|__", "", re.sub(r"^\s*(?:[-*+]\s+|\d+[.)]\s+)", "", line)).strip()
        if plain.startswith("|"):
            cells = _cells(plain)
            if len(cells) == _PAIR and not set(plain) <= set("|-: "):
                yield cells[0], cells[1]
            continue
        label, colon, value = plain.partition(": ")
        # A definition list comes as its term, an empty line, and the definition behind a colon.
        if colon and value.strip():
            yield label.strip() or before, value.strip()
        before = plain or before


def _wide(text: str) -> Iterator[Pair]:
    """Cells of tables of more than two columns, labelled by their header."""
    header: list[str] = []
    for line in text.splitlines():
        cells = _cells(line) if line.startswith("|") else []
        if len(cells) <= _PAIR:
            header = []
        elif set(line) <= set("|-: "):
            continue
        elif not header:
            header = cells
        else:
            yield from zip(header, cells, strict=False)


def _alternating(text: str) -> Iterator[Pair]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if "Agreement number" not in lines:
        yield from _lines(text)
        return
    rest = lines[lines.index("Agreement number") :]
    end = rest.index("SKU") if "SKU" in rest else len(rest)
    yield from zip(rest[:end:2], rest[1:end:2], strict=False)
    header, cells = rest[end : end + 3], rest[end + 3 :]
    for place, cell in enumerate(cells):
        yield header[place % 3], cell


class _Cells(HTMLParser):
    """Collects pairs of neighbouring cells and of terms with their definitions."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pairs: list[Pair] = []
        self._open, self._label = "", ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """See the base class."""
        self._open = tag

    def handle_data(self, data: str) -> None:
        """See the base class."""
        if self._open in ("th", "dt"):
            self._label = data.strip()
        elif self._open in ("td", "dd") and data.strip():
            self.pairs.append((self._label, data.strip()))
        self._open = ""
