"""Looks into a world's sources: which table holds something, which rows and columns are meant."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from cli.paths.shelf import Condition, NotUnderstoodError, Shelf, Source, Touch, View
from cli.paths.wording import same, slug, words
from services.verifier.domain.evaluating.world import Document, Rows

_ORDER = {"csv": 0, "json": 1, "xlsx": 2}
KINDS: Mapping[str, Sequence[str]] = {
    "orders": ("quantity", "total"),
    "customers": ("limit",),
    "products": ("weight", "stock"),
    "suppliers": ("lead", "contact"),
    "readings": ("temperature", "humidity"),
    "trips": ("trip", "nights"),
    "staff": ("extension",),
}
"""Words that the columns of the table of a kind hold, whatever it is called."""


@dataclass(frozen=True, slots=True)
class Looker:
    """Selects over a view; where things lie is known from the shelf."""

    shelf: Shelf
    view: View
    by: str = ""
    about: str = ""
    """The document that the question is about, in its words."""
    touches: list[Touch] = field(default_factory=list)

    def table_of(self, kind: str) -> Source:
        """Find the table of a kind of thing.

        Raises:
            NotUnderstoodError: there is none.
        """
        wanted = KINDS.get(kind, ())
        found = [one for one, rows in self.shelf.tables.items() if _has(rows, wanted)] if wanted else []
        return self._first(found, kind)

    def table_with(self, keys: Iterable[str], values: Sequence[str]) -> Source:
        """Find the table that has columns of these names and a row with one of these values.

        Raises:
            NotUnderstoodError: there is none.
        """
        slugs = set(keys)
        found = [
            one
            for one, rows in self.shelf.tables.items()
            if slugs <= {slug(column) for column in rows.columns} and (not values or _holder(rows, values))
        ]
        return self._first(found, str(slugs))

    def named_table(self, words_for_it: str) -> Source | None:
        """Find a table by what a prompt calls it: a sheet of a workbook, or a list."""
        sheet = re.search(r"“([^”]+)” sheet of the (.+?) workbook", words_for_it)
        for one in self.shelf.tables:
            stem = PurePosixPath(one.path).stem.replace("_", " ")
            if sheet and one.part == sheet.group(1) and stem == sheet.group(2):
                return one
            if not sheet and (words_for_it in (f"the {stem} list", f"the {stem}")):
                return one
        return None

    def select(self, source: Source, conditions: Sequence[Condition]) -> list[dict[str, str]]:
        """Return the rows of a table that meet all conditions."""
        kept = self.shelf.rows(source)
        numbers = [n for n, row in enumerate(kept.rows) if _meets(kept.columns, row, conditions)]
        self.touches.append(Touch(source, tuple(conditions), numbers[-1] if numbers else 0))
        rows = self.view.rows(source)
        return [
            dict(zip(rows.columns, row, strict=False)) for row in rows.rows if _meets(rows.columns, row, conditions)
        ]

    def holder(self, source: Source, values: Sequence[str]) -> Condition:
        """Return the condition under which a table's rows are about one of these values."""
        found = _holder(self.shelf.rows(source), values)
        if found is None:
            raise NotUnderstoodError(f"{source.path} does not hold {values}")
        return found

    def column(self, source: Source, phrase: str, key: str = "") -> str:
        """Find the column that a phrase or an answer's key means.

        Raises:
            NotUnderstoodError: none, or several alike.
        """
        columns = self.shelf.rows(source).columns
        for wanted in (key, phrase):
            if exact := [one for one in columns if slug(one) == slug(wanted)]:
                return exact[0]
        asked = words(phrase)
        scored = sorted(((_fit(asked, words(one)), one) for one in columns), reverse=True)
        if not scored or scored[0][0] <= 0 or (len(scored) > 1 and scored[0][0] == scored[1][0]):
            raise NotUnderstoodError(f"no one column of {source.path} is {phrase!r}")
        return scored[0][1]

    def document(self, title: str) -> Document:
        """Open the document of a title, or whose title begins so.

        Raises:
            NotUnderstoodError: none, or several.
        """
        found = [one for one, what in self.shelf.documents.items() if what.title.startswith(title)]
        if len(found) != 1:
            raise NotUnderstoodError(f"{len(found)} documents are called {title!r}")
        self.touches.append(Touch(found[0]))
        return self.view.document(found[0])

    def file(self, path: str) -> Document:
        """Open the document at a path.

        Raises:
            NotUnderstoodError: there is none.
        """
        found = Source(path)
        if found not in self.shelf.documents:
            raise NotUnderstoodError(f"no document lies at {path}")
        self.touches.append(Touch(found))
        return self.view.document(found)

    def _first(self, found: Sequence[Source], what: str) -> Source:
        named = [one for part in re.split(r" and (?=the )", self.by) if (one := self.named_table(part))]
        ranked = sorted(found, key=lambda one: (one not in named, _ORDER[self.shelf.tables[one].format], one))
        if not ranked:
            raise NotUnderstoodError(f"no table of {what}")
        return ranked[0]


def _has(rows: Rows, wanted: Sequence[str]) -> bool:
    held = frozenset(word for column in rows.columns for word in words(column))
    return all(one in held for one in wanted)


def _holder(rows: Rows, values: Sequence[str]) -> Condition | None:
    for value in values:
        for index, column in enumerate(rows.columns):
            if any(same(row[index], value) for row in rows.rows):
                return column, "=", value
    return None


def _fit(asked: frozenset[str], held: frozenset[str]) -> float:
    """Words in common, less a little for each that only the column has."""
    common = len(asked & held)
    return common - 0.1 * len(held - asked) if common else 0.0


def _meets(columns: Sequence[str], row: Sequence[str], conditions: Sequence[Condition]) -> bool:
    cells = dict(zip(columns, row, strict=False))
    return all(_holds(cells.get(column, ""), sign, value) for column, sign, value in conditions)


def _holds(cell: str, sign: str, value: str) -> bool:
    if sign == "=":
        return same(cell, value)
    if sign == "in":
        return any(same(cell, one) for one in value.split("\n"))
    return cell >= value if sign == ">=" else cell < value
