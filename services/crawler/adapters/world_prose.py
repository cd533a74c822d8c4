"""Finds titles and labelled values in Markdown, plain text, HTML and Word documents."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

import docx

from services.crawler.adapters.world_lists import read_text
from services.crawler.adapters.world_sheets import check_package

Labelled = tuple[str, str]
"""A label and its text."""

# A colon and a space: without the space it is a time or an address.
_LINE = re.compile(
    r"^\s*(?:[-*+>]\s+|\d+[.)]\s+)?(?:\*\*|__)?([^\W\d_][^:*|`\n]{0,48}?)(?:\*\*|__)?\s?:(?:\*\*|__)?\s+(\S.*?)\s*$"
)
_HEADING = re.compile(r"^#{1,2}\s+(.+?)\s*#*\s*$")
_UNDERLINE = re.compile(r"^=+\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_RULE = re.compile(r"^[\s|:-]+$")
_MAX_WORDS = 6
_MAX_VALUE = 200
_PROPERTIES = ("author", "title", "subject", "keywords", "category", "last_modified_by", "created", "modified")


def markdown(path: Path) -> tuple[str, list[Labelled]]:
    """Return title and labelled values of a Markdown or text file.

    Raises:
        ValueError: it is no text.
    """
    title, found, fenced, before = "", list[Labelled](), False, ""
    for line in read_text(path).splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            heading = _HEADING.match(line)
            if not title and heading:
                title = heading.group(1)
            elif not title and _UNDERLINE.match(line):
                title = before.strip()
            found.extend(_of_line(line))
        before = line
    return title, found


def html(path: Path) -> tuple[str, list[Labelled]]:
    """Return title and labelled values of an HTML file; raises as `markdown`."""
    page = _Page()
    page.feed(read_text(path))
    # The parser holds back text at the end until it is closed.
    page.close()
    found = [*page.terms]
    for table in page.tables:
        found.extend(_of_table(table))
    return (page.heading or page.title).strip(), [pair for pair in found if _is_fact(*pair)]


def document(path: Path) -> tuple[str, list[Labelled]]:
    """Return title and labelled values of a Word document: properties, tables, labelled paragraphs.

    Raises:
        ValueError, KeyError, zipfile.BadZipFile, docx.opc.exceptions.OpcError: it is no document.
    """
    check_package(path)
    content = docx.Document(str(path))
    # Properties before text: they are stated, where a line of prose may only look like a label.
    found = list(_of_properties(content.core_properties))
    for table in content.tables:
        found.extend(_of_table([[cell.text.strip() for cell in row.cells] for row in table.rows]))
    headings = [
        item.text
        for item in content.paragraphs
        if item.style and (item.style.name or "").startswith(("Heading", "Title"))
    ]
    for paragraph in content.paragraphs:
        found.extend(_of_line(paragraph.text))
    title = content.core_properties.title or (headings[0] if headings else "")
    return title.strip(), [pair for pair in found if _is_fact(*pair)]


def _of_line(line: str) -> Iterator[Labelled]:
    if line.lstrip().startswith("|"):
        cells = [cell.strip().strip("*_ ") for cell in line.strip().strip("|").split("|")]
        if len(cells) == 2 and not _RULE.match(line) and _is_fact(*cells):  # noqa: PLR2004
            yield cells[0], cells[1]
        return
    match = _LINE.match(line)
    if match and _is_fact(match.group(1), match.group(2)):
        yield match.group(1).strip(), match.group(2).strip()


def _is_fact(label: str, text: str) -> bool:
    return bool(label) and 0 < len(text) <= _MAX_VALUE and len(label.split()) <= _MAX_WORDS and "\n" not in text


def _of_table(rows: Sequence[Sequence[str]]) -> Iterator[Labelled]:
    """Take two columns as label and text; of a wider table take the header as label of every cell."""
    for row in rows if rows and len(rows[0]) == 2 else ():  # noqa: PLR2004
        if len(row) == 2:  # noqa: PLR2004
            yield row[0], row[1]
    if rows and len(rows[0]) > 2:  # noqa: PLR2004
        for row in rows[1:]:
            yield from zip(rows[0], row, strict=False)


def _of_properties(properties: object) -> Iterator[Labelled]:
    for name in _PROPERTIES:
        value = getattr(properties, name, None)
        if value:
            yield name, value.isoformat() if hasattr(value, "isoformat") else str(value)


class _Page(HTMLParser):
    """Collects title, first heading, definition lists and tables."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = self.heading = ""
        self.terms: list[Labelled] = []
        self.tables: list[list[list[str]]] = []
        self._open = ""
        self._text = ""
        self._term = ""

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        """Begin what a tag begins."""
        # Cells need no closing tag in HTML: the next one ends them.
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("title", "h1", "dt", "dd", "th", "td"):
            self._close()
            self._open, self._text = tag, ""

    def handle_endtag(self, tag: str) -> None:
        """End what a tag ends."""
        if tag == self._open or tag in ("tr", "table", "dl"):
            self._close()

    def handle_data(self, data: str) -> None:
        """Collect text of what is open."""
        if self._open:
            self._text += data

    def _close(self) -> None:
        tag, text = self._open, " ".join(self._text.split())
        self._open, self._text = "", ""
        if tag == "title":
            self.title = self.title or text
        elif tag == "h1":
            self.heading = self.heading or text
        elif tag == "dt":
            self._term = text
        elif tag == "dd":
            self.terms.append((self._term, text))
        elif tag in ("th", "td") and self.tables and self.tables[-1]:
            self.tables[-1][-1].append(text)
