"""Taking JSON apart: every scalar with its place, the name nearest to it, and the record it stands in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from shared.proof.kinds import classify
from shared.proof.literals import embedded
from shared.proof.locators import pointer
from shared.proof.patterns import NAMING_WORDS
from shared.proof.records import header_table, header_titles, record_name, unit_beside
from shared.proof.tables import is_header
from shared.proof.text_leaves import TextLeaf, text_leaves
from shared.proof.words import words

MAX_DEPTH = 24
_CELL_NAME = re.compile(r'(?<=[{,])\s*"([A-Z]{1,3}[1-9]\d{0,6})"\s*:')
_WRAPPERS = frozenset({"result"})
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands."""

    steps: tuple[tuple[str, Any], ...]
    key: str = ""
    row: str = ""
    unit: str = ""
    parent: str = ""
    """The key of the list or object that the record stands in, where `key` is only `name`, `title` or `id`."""
    depth: int = 0

    def at(self, *names: str | int) -> "Place":
        """Go down by pointer; neighbouring pointer steps become one."""
        down = pointer(*names)
        if self.steps and self.steps[-1][0] == "pointer":
            steps = (*self.steps[:-1], ("pointer", self.steps[-1][1] + down))
        else:
            steps = (*self.steps, ("pointer", down))
        return replace(self, steps=steps, unit="", parent="", depth=self.depth + 1)

    def through(self, name: str, argument: Any) -> "Place":
        """Go on by a text step."""
        return replace(self, steps=(*self.steps, (name, argument)), depth=self.depth + 1)

    def locator_json(self) -> str:
        """Write the place as a locator."""
        return canonical([{name: argument} for name, argument in self.steps])


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar and its place."""

    place: Place
    value: Any


def walk_result(result: Mapping[str, Any]) -> Iterator[Leaf]:
    """Walk a canonical result: its structured content where there is one, else its text parts."""
    structured, content = result.get("structuredContent"), result.get("content")
    if structured is not None:
        yield from walk(structured, Place(()).at("structuredContent"))
        yield from _cells_as_names(content)
        return
    for index, part in enumerate(content if isinstance(content, list) else ()):
        yield from _walk_part(part, Place(()).at("content", index))


def walk(value: Any, place: Place) -> Iterator[Leaf]:
    """Walk a JSON value; JSON, tables, lines and prose inside strings are taken apart too."""
    if place.depth > MAX_DEPTH or value is None:
        return
    if isinstance(value, dict):
        yield from _walk_object(value, place)
    elif isinstance(value, list):
        yield from _walk_list(value, place)
    elif isinstance(value, str):
        yield from _walk_text(value, place)
    else:
        yield Leaf(place, value)


def _cells_as_names(content: Any) -> Iterator[Leaf]:
    """Find cell addresses that name members (`{"B3": "Kettle"}`): no pointer leads to a name, a span of text does."""
    part = content[0] if isinstance(content, list) and content else None
    text = part.get("text") if isinstance(part, dict) else None
    for match in _CELL_NAME.finditer(text if isinstance(text, str) else ""):
        place = Place(()).at("content", 0, "text").through("span", list(match.span(1)))
        yield Leaf(replace(place, key="cell"), match.group(1))


def _walk_part(part: Any, place: Place) -> Iterator[Leaf]:
    if not isinstance(part, dict):
        return
    if part.get("type") == "text" and isinstance(part.get("text"), str):
        yield from walk(part["text"], place.at("text"))
    resource = part.get("resource")
    if isinstance(resource, dict) and isinstance(resource.get("text"), str):
        yield from walk(resource["text"], place.at("resource", "text"))


def _walk_object(value: Mapping[str, Any], place: Place) -> Iterator[Leaf]:
    # One in seven results of real servers comes as `{"result": "<JSON>"}` (measured on twelve).
    if len(value) == 1 and _WRAPPERS & value.keys():
        ((name, inner),) = value.items()
        yield from walk(inner, place.at(name))
        return
    table = header_table(value)
    row = record_name(value) or place.row
    for name, item in value.items():
        inner_place = replace(place.at(name), key=name, row=row)
        if table and name == table.rows_key:
            yield from _walk_rows(table.header, item, 0, replace(inner_place, row=place.row))
        elif not (table and name == table.header_key):
            parent = place.key if set(words(name)) <= NAMING_WORDS else ""
            yield from walk(item, replace(inner_place, unit=unit_beside(value, name), parent=parent))


def _walk_list(value: list[Any], place: Place) -> Iterator[Leaf]:
    header = header_titles(value[0]) if value and all(isinstance(item, list) for item in value) else ()
    if len(value) > 1 and len(header) > 1 and is_header(header):
        yield from _walk_rows(header, value, 1, place)
        return
    for index, item in enumerate(value):
        yield from walk(item, place.at(index))


def _walk_rows(header: Sequence[str], rows: Any, first: int, place: Place) -> Iterator[Leaf]:
    for index in range(first, len(rows)):
        cells = dict(zip(header, rows[index], strict=False))
        named = replace(place, row=record_name(cells))
        for column, title in enumerate(cells):
            yield from walk(rows[index][column], replace(named.at(index, column), key=title))


def _walk_text(text: str, place: Place) -> Iterator[Leaf]:
    step, inner = embedded(text)
    if step:
        yield from walk(inner, place.through(step, True))
        return
    # A short text is a value as a whole before its words are.
    single = "\n" not in text.strip() and len(text) <= _LONGEST
    if single and text.strip():
        yield Leaf(place, text)
        # A path or a date is one value: the numbers in it mean nothing by themselves.
        if classify(text, place.key)[0] is not ValueKind.FREE_TEXT:
            return
    for leaf in text_leaves(text):
        if not (single and leaf.value == text.strip()):
            yield _placed(leaf, place)


def _placed(leaf: TextLeaf, place: Place) -> Leaf:
    inner = place.through(leaf.step, leaf.argument)
    return Leaf(replace(inner, key=leaf.key, row=leaf.row or place.row, unit=""), leaf.value)
