"""Turns rows of text into a `WorldTable`: kinds and units of columns, distinct values, samples."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shared.model.catalogue import WorldColumn, WorldTable
from shared.model.values import ValueKind
from shared.proof.kinds import classify

MAX_COLUMNS = 64
MAX_ROWS = 100_000
MAX_SAMPLES = 40
MAX_TEXT = 160
"""Longer cells are prose: counted, never sampled."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a table was found."""

    path: str
    name: str
    format: str
    first_cell: str = ""
    pointer: str = ""


@dataclass(slots=True)
class _Column:
    name: str
    seen: dict[str, None] = field(default_factory=dict)
    """Distinct values in file order."""


def table_of(origin: Origin, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> WorldTable:
    """Read all rows (up to a limit) and describe them; cells are text, empty where there is nothing."""
    columns = [_Column(name) for name in headers[:MAX_COLUMNS]]
    count = 0
    for row in rows:
        if count == MAX_ROWS:
            break
        count += 1
        for column, cell in zip(columns, row, strict=False):
            text = cell.strip()
            if text:
                column.seen.setdefault(text)
    described = tuple(_describe(column, count) for column in columns)
    return WorldTable(
        origin.path, origin.name, origin.format, described, count, first_cell=origin.first_cell, pointer=origin.pointer
    )


def unique_headers(cells: Sequence[str]) -> list[str]:
    """Name every column: a nameless or repeated one gets its number."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = cell.strip() or f"column_{number}"
        names.append(name if name not in names else f"{name}_{number}")
    return names


def _describe(column: _Column, rows: int) -> WorldColumn:
    samples = tuple(text for text in column.seen if len(text) <= MAX_TEXT)[:MAX_SAMPLES]
    kind, unit = _kind(column.name, samples, repeats=len(column.seen) * 2 <= rows)
    return WorldColumn(column.name, kind, unit, len(column.seen), samples)


def _kind(name: str, samples: Sequence[str], repeats: bool) -> tuple[ValueKind, str]:
    """Return what most of the samples are."""
    if not samples:
        return ValueKind.FREE_TEXT, ""
    # Samples are distinct; doubled they say what the column's counts say: its values repeat.
    siblings = [*samples, *samples] if repeats else samples
    found = Counter(classify(text, name, siblings) for text in samples)
    return found.most_common(1)[0][0]
