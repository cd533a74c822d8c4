"""Titles and labelled values of Markdown, text, HTML and Word files."""

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

from services.verifier.adapters.reading_packages import Package, attribute, local
from services.verifier.adapters.reading_tables import text_of
from services.verifier.domain.evaluating.world import Document, Unread

Pair = tuple[str, str]
_MARK = re.compile(r"^\s*(?:[-*+>•]\s+|\d+[.)]\s+)")
_HEADING = re.compile(r"^\s{0,3}#{1,2}\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_LONGEST_LABEL, _LONGEST_VALUE = 60, 300
_PAIR = 2
_PROPERTIES = {"creator": "author", "lastModifiedBy": "last_modified_by"}


def text_document(path: Path, name: str) -> Document:
    """Read Markdown or plain text; raises Unread when it is no text."""
    lines = list(_unfenced(text_of(path).splitlines()))
    headings = [match.group(1) for line in lines if (match := _HEADING.match(line))]
    underlined = [before for before, line in pairwise(lines) if re.fullmatch(r"=+\s*", line)]
    title = next(iter((*headings, *underlined)), "").strip()
    return Document(name, title, tuple(pair for line in lines for pair in _of_line(line)))


def html_document(path: Path, name: str) -> Document:
    """Read a page: tables of two columns, wider tables by their header, definition lists, labelled paragraphs."""
    page = _Page()
    page.feed(text_of(path))
    # The parser holds back text at the end until it is closed.
    page.close()
    found = [pair for table in page.tables for pair in _of_table([row for row in table if row])]
    found += [*page.terms, *(pair for text in page.blocks for pair in _of_line(text))]
    return Document(name, page.texts.get("h1") or page.texts.get("title", ""), tuple(_kept(found)))


def word_document(path: Path, name: str) -> Document:
    """Read a Word document: core properties, tables, labelled paragraphs.

    Raises:
        Unread: it is none.
    """
    package = Package(path)
    body = package.part("word/document.xml")
    if body is None:
        raise Unread(f"{name} is no Word document")
    core = package.part("docProps/core.xml")
    # Not `core or ()`: whether an element is true is deprecated, and CI runs with warnings as errors.
    entries = () if core is None else tuple(core)
    properties = [(_PROPERTIES.get(local(one), local(one)), (one.text or "").strip()) for one in entries]
    found = [pair for table in body.iter() if local(table) == "tbl" for pair in _of_table(_rows(table))]
    paragraphs = [(_style(one), _text(one)) for one in body.iter() if local(one) == "p"]
    found += [pair for _, text in paragraphs for pair in _of_line(text)]
    headings = (text for style, text in paragraphs if style.lower().startswith(("heading", "title")) and text)
    title = dict(properties).get("title") or next(headings, "")
    return Document(name, title, tuple(_kept(found)), tuple((key, text) for key, text in properties if text))


def _unfenced(lines: Sequence[str]) -> Iterator[str]:
    # Code shows labels that nobody states.
    fenced = False
    for line in lines:
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield line


def _of_line(line: str) -> Iterator[Pair]:
    """Take `Label: value`, with or without a list mark and emphasis, or a table row of two cells."""
    plain = _MARK.sub("", line).strip()
    if plain.startswith("|"):
        cells = [_bare(cell) for cell in plain.strip("|").split("|")]
        if len(cells) == _PAIR and not set("".join(cells)) <= set("-: "):
            yield from _kept([(cells[0], cells[1])])
        return
    # The first colon: values hold times and addresses.
    label, colon, value = re.sub(r"\*\*|__", "", plain).partition(":")
    # A colon without a space is a time, a ratio or an address.
    if colon and value[:1].isspace():
        yield from _kept([(_bare(label), _bare(value))])


def _bare(text: str) -> str:
    stripped = text.strip().strip("*_").strip()
    quoted = len(stripped) > _PAIR and stripped[0] == stripped[-1] and stripped[0] in "`'\""
    return stripped[1:-1] if quoted else stripped


def _kept(pairs: Sequence[Pair]) -> Iterator[Pair]:
    for label, value in pairs:
        if label and value and len(label) <= _LONGEST_LABEL and len(value) <= _LONGEST_VALUE:
            yield label, value


def _of_table(rows: Sequence[Sequence[str]]) -> Iterator[Pair]:
    """Two columns are label and value; of more, the header labels the cells below it."""
    width = len(rows[0]) if rows else 0
    if width == _PAIR:
        yield from ((row[0], row[1]) for row in rows if len(row) == _PAIR)
    elif width > _PAIR:
        for row in rows[1:]:
            yield from zip(rows[0], row, strict=False)


def _rows(table: ET.Element) -> list[list[str]]:
    lines = [line for line in table if local(line) == "tr"]
    return [[" ".join(filter(None, map(_text, _paragraphs(c)))) for c in line if local(c) == "tc"] for line in lines]


def _paragraphs(element: ET.Element) -> list[ET.Element]:
    return [one for one in element.iter() if local(one) == "p"]


def _text(paragraph: ET.Element) -> str:
    parts = [
        one.text or "" if local(one) == "t" else " " for one in paragraph.iter() if local(one) in ("t", "tab", "br")
    ]
    return "".join(parts).strip()


def _style(paragraph: ET.Element) -> str:
    return next((attribute(one, "val") for one in paragraph.iter() if local(one) == "pStyle"), "")


class _Page(HTMLParser):
    """Collects title, first heading, tables, definition lists, paragraphs and list items."""

    _BLOCKS = frozenset(["title", "h1", "dt", "dd", "th", "td", "p", "li"])

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: dict[str, str] = {}
        """First text of each kind of block."""
        self.tables: list[list[list[str]]] = []
        self.terms: list[Pair] = []
        self.blocks: list[str] = []
        self._open, self._said, self._term = "", "", ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Begin a table, a row or a block; a block ends the one before it."""
        # HTML may leave out closing tags: the next row ends the cell before it.
        if tag in ("table", "tr"):
            self._end()
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        if tag in self._BLOCKS:
            self._end()
            self._open, self._said = tag, ""

    def handle_endtag(self, tag: str) -> None:
        """End a block."""
        if tag == self._open or tag in ("tr", "table", "dl", "ul", "ol"):
            self._end()

    def handle_data(self, data: str) -> None:
        """Collect what a block says."""
        self._said += data if self._open else ""

    def _end(self) -> None:
        tag, text = self._open, " ".join(self._said.split())
        self._open, self._said = "", ""
        self.texts.setdefault(tag, text)
        if tag == "dt":
            self._term = text
        elif tag == "dd":
            self.terms.append((self._term, text))
        elif tag in ("th", "td") and self.tables and self.tables[-1]:
            self.tables[-1][-1].append(text)
        elif tag in ("p", "li"):
            self.blocks.append(text)
