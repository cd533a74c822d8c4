"""Tables inside results, whatever their form: text, records, columns with rows, cells of a sheet with titles above."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.proof.canonical import canonical, parse_canonical
from shared.proof.literals import embedded
from shared.proof.locators import pointer, text_of
from shared.proof.tables import find_tables

Steps = tuple[Mapping[str, Any], ...]
_DEPTH = 6
_HEADER_WITHIN = 12


@dataclass(frozen=True, slots=True)
class Grid:
    """One table of a result with the columns that were asked for."""

    steps: Steps
    """Lead to the list of all its rows."""
    columns: Mapping[str, str]
    """Column name to JSON pointer inside a row."""
    rows: tuple[Any, ...]
    """Data rows as the list holds them."""
    skipped: int
    """Rows of the list before the first data row."""
    text_table: int | None = None
    """Index of the table in its text, where cells are reached by a table step."""
    headers: Mapping[str, str] | None = None

    def cell_steps(self, row: int, column: str) -> Steps:
        """Lead to one cell."""
        index = row + self.skipped
        if self.text_table is None:
            *before, last = self.steps
            return (*before, {"pointer": f"{last['pointer']}/{index}{self.columns[column]}"})
        named = (self.headers or {}).get(column, column)
        numbered = {"index": self.text_table} if self.text_table else {}
        return (*self.steps[:-1], {"table": {"row": index, "column": named, **numbered}})

    def cell(self, row: int, column: str) -> Any:
        """Read one cell; None where the row is too short."""
        value: Any = self.rows[row]
        token = self.columns[column][1:].replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            return value.get(token)
        return value[int(token)] if int(token) < len(value) else None


def grids(result_json: str, names: Sequence[str], sheet: str = "") -> list[Grid]:
    """Find the tables of a canonical result that have all the named columns.

    Where text holds several such tables under headings, those under the heading `sheet` are meant.
    """
    result = parse_canonical(result_json)
    content = result.get("content") if isinstance(result, dict) else None
    found: list[Grid] = []
    for index, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            text = part["text"]
            own = list(_of_text(text, ({"pointer": f"/content/{index}/text"},), names, 0))
            # A workbook as markdown has one table per sheet, alike in their columns.
            under = [g for g in own if g.text_table is not None and _heading(text, g.text_table) == sheet]
            found.extend(under or own)
    return found


def _heading(text: str, index: int) -> str:
    """The last heading above a table of a text."""
    lines = text.split("\n")[: find_tables(text)[index].first_line]
    return next((line.lstrip("# ").strip() for line in reversed(lines) if line.startswith("#")), "")


def _of_text(text: str, steps: Steps, names: Sequence[str], depth: int) -> Iterator[Grid]:
    step, inner = embedded(text)
    if step:
        yield from _of_json(inner, (*steps, {step: True}), "", names, depth + 1)
        return
    for index, table in enumerate(find_tables(text)):
        numbered: dict[str, Any] = {"index": index} if index else {}
        whole = (*steps, {"table": numbered})
        if set(names) <= set(table.header):
            rows = tuple(dict(zip(table.header, row, strict=True)) for row in table.rows)
            yield Grid(whole, {n: pointer(n) for n in names}, rows, 0, index, {n: n for n in names})
        # Cells are cited by header text, so two equal headers would lead to the first of them.
        elif (at := _header_row(table.rows, names)) is not None and len(set(table.header)) == len(table.header):
            headers = {n: table.header[table.rows[at].index(n)] for n in names}
            rows = tuple(dict(zip(table.header, row, strict=True)) for row in table.rows[at + 1 :])
            yield Grid(whole, {n: pointer(headers[n]) for n in names}, rows, at + 1, index, headers)


def _of_json(value: Any, steps: Steps, where: str, names: Sequence[str], depth: int) -> Iterator[Grid]:
    if depth > _DEPTH:
        return
    if isinstance(value, list) and value:
        yield from _of_list(value, steps, where, names)
    elif isinstance(value, dict):
        header = value.get("columns")
        if isinstance(header, list) and isinstance(value.get("rows"), list) and set(names) <= set(map(text_of, header)):
            columns = {name: pointer(list(map(text_of, header)).index(name)) for name in names}
            yield Grid((*steps, {"pointer": f"{where}/rows"}), columns, tuple(value["rows"]), 0)
            return
        for key, inner in value.items():
            if isinstance(inner, str):
                yield from _of_text(inner, (*steps, {"pointer": where + pointer(key)}), names, depth + 1)
            else:
                yield from _of_json(inner, steps, where + pointer(key), names, depth + 1)


def _of_list(value: list[Any], steps: Steps, where: str, names: Sequence[str]) -> Iterator[Grid]:
    whole = (*steps, {"pointer": where})
    if all(isinstance(row, dict) for row in value) and set(names) <= set(value[0]):
        yield Grid(whole, {name: pointer(name) for name in names}, tuple(value), 0)
    elif all(isinstance(row, list) for row in value) and (at := _header_row(value, names)) is not None:
        columns = {name: pointer(list(value[at]).index(name)) for name in names}
        yield Grid(whole, columns, tuple(value[at + 1 :]), at + 1)


def _header_row(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> int | None:
    # Sheets begin with a title and blank rows; a header further down belongs to another table.
    for index, row in enumerate(rows[:_HEADER_WITHIN]):
        if all(name in row for name in names):
            return index
    return None


def locator(steps: Steps) -> str:
    """Write steps as a locator; an empty pointer after other steps is left out."""
    kept = [step for index, step in enumerate(steps) if step != {"pointer": ""} or index == 0]
    return canonical(kept)
