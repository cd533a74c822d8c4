"""The world seen as relations: which column names a row, which columns refer to other rows, what documents mention.

Everything is read from the typed samples of a `WorldRecord`, so any folder of tables and documents works.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from services.sampler.domain.likeness import families, meant, spot
from shared.model.catalogue import WorldColumn, WorldFact, WorldRecord, WorldTable
from shared.model.logical_form import Table
from shared.model.values import ValueKind
from shared.proof.units import unit_of_key
from shared.proof.words import words

_KEYS = (ValueKind.IDENTIFIER, ValueKind.NAME, ValueKind.FREE_TEXT)
_NUMERIC = (ValueKind.QUANTITY, ValueKind.NUMBER)
_UNASKED = (ValueKind.HASH, ValueKind.PATH, ValueKind.URL, ValueKind.BOOLEAN, ValueKind.CELL, ValueKind.CELL_RANGE)
_FEWEST_ROWS = 3
_MOST_SAMPLES = 40
_SHARED = 2
_SHARE = 0.6
_LONGEST_NAME = 48
_SHORT_NAME = 3
_FILED = frozenset(["title", "subject", "keywords", "category", "created", "modified", "last_modified_by", "tags"])
"""Properties of a file rather than of what it is about."""
_NUMBERS = frozenset("extension number no year zip postcode code index row line id".split())  # noqa: SIM905
_NUMBERED = frozenset("phone fax zip postcode postal account serial".split())  # noqa: SIM905
_LOOSE = ("with", "for", "of", "on", "at", "from", "to", "and", "in", "by")


@dataclass(frozen=True, slots=True)
class Relation:
    """One table whose rows can be named."""

    world_table: WorldTable
    table: Table
    keys: tuple[WorldColumn, ...]
    """Columns in which no value occurs twice, identifiers first."""
    measures: tuple[WorldColumn, ...]
    categories: tuple[WorldColumn, ...]
    dates: tuple[WorldColumn, ...]
    attributes: tuple[WorldColumn, ...]
    """Columns worth asking for."""

    @property
    def columns(self) -> dict[str, WorldColumn]:
        """Columns by name."""
        return {column.name: column for column in self.world_table.columns}

    def row_of(self, column: str, text: str) -> int | None:
        """Index of the row named so, when the samples show it."""
        known = self.columns[column]
        if known.distinct != self.world_table.row_count or text not in known.samples:
            return None
        return known.samples.index(text)


@dataclass(frozen=True, slots=True)
class Reference:
    """A column whose values name rows of another relation."""

    source: Relation
    column: WorldColumn
    target: Relation
    key: WorldColumn


@dataclass(frozen=True, slots=True)
class Mention:
    """A document's labelled value that names a row, or a category, of a relation."""

    fact: WorldFact
    relation: Relation
    column: WorldColumn


@dataclass(frozen=True, slots=True)
class Handle:
    """What a question may call a document."""

    title: str
    dated: str = ""
    hides: bool = False
    """It names no row, so that the question does not give away what the document says."""


@dataclass(frozen=True, slots=True)
class Relations:
    """All of one world."""

    world: WorldRecord
    relations: tuple[Relation, ...]
    references: tuple[Reference, ...]
    mentions: tuple[Mention, ...]
    """Of rows."""
    category_mentions: tuple[Mention, ...]
    facts: tuple[WorldFact, ...]
    """Facts whose label is unique in their document."""
    documents: Mapping[str, Handle]
    """What questions may call each document, by path."""


@lru_cache(maxsize=64)
def relations_of(world: WorldRecord) -> Relations:
    """Read the relations of a world."""
    found = tuple(relation for table in world.tables if (relation := _relation(table)))
    facts = _unique_facts(world)
    documents = handles(world, facts, [sample for r in found for key in r.keys for sample in key.samples])
    hiding = tuple(fact for fact in facts if documents[fact.path].hides)
    references = tuple(_references(found))
    family = families((spot(r.source, r.column), spot(r.target, r.key)) for r in references)
    rows = [*_mentions(hiding, found, of_rows=True)]
    mentions = meant([*rows, *_mentions(hiding, found, of_rows=False)], family)
    return Relations(
        world,
        found,
        references,
        tuple(m for m in mentions if m in rows),
        tuple(m for m in mentions if m not in rows),
        tuple(fact for fact in facts if documents[fact.path].title),
        documents,
    )


def handles(world: WorldRecord, facts: Sequence[WorldFact], names: Sequence[str]) -> dict[str, Handle]:
    """Say what questions may call each document: without names where that leaves something unique."""
    dates = {fact.path: fact.text for fact in facts if fact.kind is ValueKind.DATE and fact.key.lower() == "date"}
    bare = {file.path: _without(file.title, names) for file in world.files}
    same = Counter((title, dates.get(path, "")) for path, title in bare.items() if title)
    titles = Counter(file.title for file in world.files)
    alone = Counter(bare.values())
    found: dict[str, Handle] = {}
    for file in world.files:
        title, dated = bare[file.path], dates.get(file.path, "")
        # A title without its names gives nothing away, but must still mean one document only.
        if title and same[title, dated] == 1 and (dated or alone[title] == 1):
            found[file.path] = Handle(title, "" if alone[title] == 1 else dated, hides=True)
        else:
            found[file.path] = Handle(file.title if titles[file.title] == 1 else "")
    return found


def _without(title: str, names: Sequence[str]) -> str:
    shown = title
    # The longest first: `Box` taken out of `Box Hill` would leave `Hill`.
    for name in sorted(names, key=len, reverse=True):
        # Whole words only: without the C-73 in it, `QC-734` would be nobody's number.
        if len(name) > _SHORT_NAME and name in title:
            title = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", " ", title)
    parts = title.split()
    while parts and parts[-1].lower().strip(",:-") in _LOOSE:
        # "Agreement with" is what is left of a title whose name was taken out.
        parts.pop()
    left = " ".join(parts).strip(" ,:-")
    # `Dispensary rules` without its first word is no title that anybody would know it by.
    return "" if left[:1].islower() and shown[:1].isupper() else left


def has_rival(relations: Relations, relation: Relation, columns: Iterable[str]) -> bool:
    """Tell whether another table holds a column of the same name about the same things."""
    names = {bare_name(column) for column in columns if column}
    things = {sample for key in relation.keys for sample in key.samples}
    for other in relations.relations:
        if other is relation or not names & {
            bare_name(column.name) for column in other.world_table.columns if column not in other.keys
        }:
            continue
        if any(len(things & set(column.samples)) >= _SHARED for column in other.world_table.columns) or not things:
            return True
    return False


def has_twin(relations: Relations, relation: Relation) -> bool:
    """Tell whether another sheet of its workbook has the same columns: a shelf may stand on either."""
    names = [column.name for column in relation.world_table.columns]
    return relation.table.format == "xlsx" and any(
        other is not relation
        and other.table.path == relation.table.path
        and [column.name for column in other.world_table.columns] == names
        for other in relations.relations
    )


def bare_name(column: str) -> tuple[str, ...]:
    """Name a column without its unit."""
    unit = unit_of_key(column)
    parts = words(column)
    return parts[:-1] if unit and len(parts) > 1 else parts


def is_numeric(column: WorldColumn | WorldFact) -> bool:
    """Tell whether values of the column can be compared and added."""
    return column.kind in _NUMERIC


def measures(item: WorldColumn | WorldFact) -> bool:
    """Tell numbers that measure from numbers that name: an extension, a code, a year is nothing to calculate with."""
    if not is_numeric(item) or item.unit:
        return is_numeric(item)
    named = words(item.name if isinstance(item, WorldColumn) else item.key)
    return bool(named) and named[-1] not in _NUMBERS and not _NUMBERED & set(named)


def is_whole(column: WorldColumn) -> bool:
    """Tell whether all samples are whole numbers."""
    return all(sample.lstrip("-").isdigit() for sample in column.samples)


def _relation(table: WorldTable) -> Relation | None:
    columns = [column for column in table.columns if column.name and column.distinct > 0]
    if table.row_count < _FEWEST_ROWS:
        return None
    unique = [column for column in columns if _is_key(column, table.row_count)]
    numbers = [column for column in unique if column.kind is ValueKind.IDENTIFIER][:1]
    names = [column for column in unique if column.kind is not ValueKind.IDENTIFIER][:1]
    keys = [*numbers, *names]
    measured = tuple(column for column in columns if column.distinct > 1 and measures(column))
    categories = tuple(column for column in columns if _is_category(column, table.row_count))
    dates = tuple(column for column in columns if column.kind is ValueKind.DATE and column.distinct > 1)
    attributes = tuple(
        column for column in columns if column.kind not in _UNASKED and column.distinct > 1 and column not in keys[:1]
    )
    shown = Table(table.path, table.name, table.format)
    return Relation(table, shown, tuple(keys), measured, categories, dates, attributes)


def _is_key(column: WorldColumn, rows: int) -> bool:
    return (
        column.kind in _KEYS
        and column.distinct == rows
        and len(column.samples) == min(rows, _MOST_SAMPLES)
        and all(0 < len(sample) <= _LONGEST_NAME for sample in column.samples)
    )


def _is_category(column: WorldColumn, rows: int) -> bool:
    texts = (ValueKind.NAME, ValueKind.ENUM_MEMBER, ValueKind.FREE_TEXT, ValueKind.IDENTIFIER)
    return (
        column.kind in texts
        and 1 < column.distinct <= max(2, rows // 2)
        and all(0 < len(sample) <= _LONGEST_NAME for sample in column.samples)
    )


def _references(found: tuple[Relation, ...]) -> Iterator[Reference]:
    for source in found:
        for column in source.world_table.columns:
            for target in found:
                # A table's first key names its own rows, whoever else holds the same numbers.
                if target.world_table is source.world_table or column in source.keys[:1]:
                    continue
                for key in target.keys:
                    if _refers(column, key):
                        yield Reference(source, column, target, key)


def _refers(column: WorldColumn, key: WorldColumn) -> bool:
    if column.kind not in _KEYS:
        return False
    ours, theirs = set(column.samples), set(key.samples)
    shared = len(ours & theirs)
    # Numbers that happen to agree (order numbers and years) are no reference.
    if (column.kind is ValueKind.IDENTIFIER) is not (key.kind is ValueKind.IDENTIFIER):
        return False
    if shared < _FEWEST_ROWS and not set(words(column.name)) & set(words(key.name)):
        return False
    # All samples of a small table are known, so every value has to be among them; of a large one only some are.
    complete = len(theirs) < _MOST_SAMPLES
    return shared >= min(_SHARED, len(ours)) and shared >= (1.0 if complete else _SHARE) * len(ours)


def _unique_facts(world: WorldRecord) -> tuple[WorldFact, ...]:
    counts = Counter((fact.path, fact.key) for fact in world.facts)
    return tuple(
        fact
        for fact in world.facts
        if counts[fact.path, fact.key] == 1
        and fact.key
        and fact.text
        and fact.key.lower() not in _FILED
        # What the file's name says already is no fact that has to be read.
        and fact.text.lower() not in fact.path.lower()
    )


def _mentions(facts: tuple[WorldFact, ...], found: tuple[Relation, ...], *, of_rows: bool) -> Iterator[Mention]:
    for fact in facts:
        for relation in found:
            if fact.path == relation.table.path:
                continue
            for column in relation.keys if of_rows else relation.categories:
                if fact.text in column.samples:
                    yield Mention(fact, relation, column)
