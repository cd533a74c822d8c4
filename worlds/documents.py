"""Makes Word documents: an empty one without ballast, properties, a table of terms, a table of rows."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE

from worlds.model import Units
from worlds.mount import Cell, Entity, Mount, as_text
from worlds.packages import settle

_TABLE_STYLES = ("Normal Table", "Table Grid")
_UNUSED = ("/stylesWithEffects", "/thumbnail")


@dataclass(frozen=True, slots=True)
class Term:
    """One row of a table of terms: a label, and the fact beside it with its unit as written."""

    label: str
    entity: Entity
    attribute: str
    value: Cell
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """The properties of a document."""

    title: str
    author: str
    subject: str
    keywords: str
    day: date


def begin(about: About) -> Document:
    """Begin a document with its properties and its title."""
    document = blank()
    properties = document.core_properties
    properties.author = properties.last_modified_by = about.author
    properties.title, properties.subject, properties.keywords = about.title, about.subject, about.keywords
    properties.comments = ""
    properties.created = properties.modified = datetime.combine(about.day, time(10, 0))
    properties.revision = 1
    document.add_heading(about.title, level=1)
    return document


def blank() -> Document:
    """Return the library's empty document without what fills nine tenths of it: gallery styles and a thumbnail."""
    document = docx.Document()
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name not in _TABLE_STYLES:
            style.delete()
    for relations in (document.part.rels, document.part.package.rels):
        for number in [number for number, relation in relations.items() if relation.reltype.endswith(_UNUSED)]:
            del relations[number]
    return document


def add_terms(document: Document, mount: Mount, path: str, units: Units, terms: Sequence[Term]) -> None:
    """Add the first table: labels and values."""
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for number, term in enumerate(terms):
        cells = table.add_row().cells
        written = units.day(term.value) if isinstance(term.value, date) else as_text(term.value)
        cells[0].text, cells[1].text = term.label, f"{written}{term.suffix}"
        mount.state(term.entity, term.attribute, term.value, path, {"table": 0, "row": number, "column": 1})


def add_rows(
    document: Document, mount: Mount, path: str, headers: Sequence[str], rows: Sequence[tuple[Entity, dict[str, Cell]]]
) -> None:
    """Add the second table: one row per entity, a cell per attribute."""
    table = document.add_table(rows=1, cols=len(headers), style="Table Grid")
    for cell, header in zip(table.rows[0].cells, headers, strict=True):
        cell.text = header
    for number, (entity, cells) in enumerate(rows, start=1):
        row = table.add_row().cells
        for column, (attribute, value) in enumerate(cells.items()):
            row[column].text = as_text(value)
            mount.state(entity, attribute, value, path, {"table": 1, "row": number, "column": column})


def finish(document: Document, mount: Mount, path: str, day: date) -> None:
    """Write the document as if it had been saved on its day."""
    out = io.BytesIO()
    document.save(out)
    mount.write(path, settle(out.getvalue(), f"{day.isoformat()}T10:00:00Z"))
