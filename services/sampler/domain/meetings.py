"""Families in which two values that are found apart meet in one call, because one thing relates them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.sampler.domain.asking import Asker, attribute, is_telling, said
from services.sampler.domain.framing import question
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.relations import Reference, Relation
from services.sampler.domain.selecting import (
    adds_up,
    aggregates,
    can_look_up,
    counted,
    dates_within,
    is_unique,
    key_of,
    keyed_by,
    named_key,
    one_of,
    shared_category,
)
from shared.model import logical_form as lf
from shared.model.catalogue import WorldColumn, WorldFact
from shared.proof.words import words

_SEVERAL, _SURE, _SINCE, _APART = 0.35, 0.6, 0.7, 0.6
_FEWEST_ROWS = 30
"""Two conditions on fewer rows hardly leave any."""
_FEW = 2
_STARTING = frozenset(("valid", "effective", "start", "starts", "since", "from", "launch", "opened"))
"""Words of days that part what was ordered before from what was ordered after: no promised or signing day does."""
Where = tuple[lf.Condition, ...]


def meeting(asker: Asker) -> lf.Question:
    """A total over rows selected by two things found apart."""
    ways: tuple[Callable[[Asker], tuple[Reference, Where]], ...] = (_dated, _neighbours, _either)
    way = asker.rng.choices(ways, (6, 3, 1))[0]
    reference, where = way(asker)
    return question("meeting", aggregates(asker, reference.source, where, adding=way is _either))


def best_of(asker: Asker) -> lf.Question:
    """The row with the highest or lowest amount among those of one thing, or among its recent ones."""
    reference, where = asker.some((_dated, _dated, _belonging))(asker)
    relation, bound = reference.source, {condition.column for condition in where}
    if not relation.keys:
        raise Infeasible("the rows have no names")
    amounts = [c for c in relation.measures if c.name not in bound and adds_up(c.name, c.unit)]
    rows = relation.world_table.row_count
    # What many rows share has no single highest row, so amounts that tell rows apart come first.
    by = asker.some([c for c in amounts if c.distinct >= _SURE * rows] or amounts)
    entity = lf.Extreme(relation.table, by.name, asker.some(list(lf.Direction)), where)
    asked = [attribute(entity, relation.keys[-1]), attribute(entity, by)]
    more = [c for c in relation.attributes if c.name not in bound and is_telling(c)]
    if more and asker.chance(_SEVERAL):
        asked.append(attribute(entity, asker.some(more)))
    return question("best_of", list(dict.fromkeys(asked)))


@dataclass(frozen=True, slots=True)
class Place:
    """The sheet that a document names, how its rows are named, and what is asked of one."""

    tables: tuple[lf.Table, ...]
    sheet: lf.Form
    reference: Reference
    there: tuple[str, ...]
    """What rows of that sheet are named, as far as a look at the world shows them."""
    rows: int
    column: WorldColumn


def placed(asker: Asker) -> lf.Question:
    """What stands on the sheet that a document names, in the row of something that the question names."""
    where = place(asker)
    return placed_question(where, standing(asker, where))


def placed_question(where: Place, key: lf.Form) -> lf.Question:
    """Ask for one row of that sheet."""
    column = where.column
    found = (where.tables, where.sheet, where.reference.column.name, key)
    return question("placed", [lf.SheetValue(*found, column.name, column.kind, column.unit)])


def place(asker: Asker) -> Place:
    """Draw a sheet that a document names.

    Raises:
        Infeasible: there is none.
    """
    sheets = asker.some(books(asker))
    tables = tuple(relation.table for relation in sheets)
    unique = [c.name for c in sheets[0].world_table.columns if all(is_unique(s.columns[c.name], s) for s in sheets)]
    keys = [
        r for r in asker.relations.references if r.source is sheets[0] and r.column.name in unique and can_look_up(r)
    ]
    reference = asker.some(keys)
    names = {table.name for table in tables}
    sheet = asker.some([f for f in asker.relations.facts if f.text in names])
    named = next(r for r in sheets if r.table.name == sheet.text)
    there, rows = named.columns[reference.column.name].samples, named.world_table.row_count
    column = asker.some([c for c in sheets[0].measures if c is not reference.column])
    return Place(tables, said(sheet, asker.relations), reference, there, rows, column)


def standing(asker: Asker, where: Place, *, there: bool = True) -> lf.Literal | lf.Attribute:
    """What names a row that stands on the sheet, or one of another list that does not.

    A name that is looked up may stand on another sheet alone.
    """
    reference = where.reference
    name, rows = reference.target.keys[-1], reference.target
    if name is reference.key:
        return lf.Literal(asker.some([text for text in name.samples if (text in where.there) is there]), name.kind)
    known = [
        text
        for text in name.samples
        if (row := rows.row_of(name.name, text)) is not None
        and row < len(reference.key.samples)
        and (reference.key.samples[row] in where.there) is there
    ]
    return keyed_by(reference, name, lf.Literal(asker.some(known), name.kind))


def books(asker: Asker) -> list[list[Relation]]:
    """Sheets of one workbook that are alike in their columns and hold no key twice."""
    alike: dict[tuple[str, ...], list[Relation]] = {}
    for relation in asker.relations.relations:
        if relation.table.format == "xlsx":
            names = (relation.table.path, *(c.name for c in relation.world_table.columns))
            alike.setdefault(names, []).append(relation)
    return [found for found in alike.values() if len(found) > 1]


def _dated(asker: Asker) -> tuple[Reference, Where]:
    """What a document is about, from a day on that the same document gives: since its new price holds."""
    found = [
        (reference, column, day, key)
        for reference in asker.relations.references
        if _is_long(asker, reference)
        for column in reference.source.dates
        if column.distinct > _FEW
        for day in dates_within(asker, column)
        # `Date:` is when a letter was written, and nothing changes on that day.
        if _STARTING & set(words(day.key))
        for key in _about(asker, reference, day)
        if can_look_up(reference) or not isinstance(key, lf.Attribute)
    ]
    apart = [one for one in found if isinstance(one[3], lf.Attribute)]
    reference, column, day, key = asker.some(apart if apart and asker.chance(_APART) else found)
    operator = lf.Operator.SINCE if asker.chance(_SINCE) else lf.Operator.BEFORE
    belongs = lf.Condition(reference.column.name, lf.Operator.EQUAL, key)
    return reference, (belongs, lf.Condition(column.name, operator, said(day, asker.relations)))


def _about(asker: Asker, reference: Reference, day: WorldFact) -> Iterator[lf.Form]:
    """What names the row that a document is about: its title says so, else what it says under a label."""
    handle = asker.relations.documents[day.path]
    for fact in asker.relations.facts if not handle.hides else ():
        for name in reference.target.keys if fact.path == day.path and fact.text in handle.title else ():
            if fact.text in name.samples:
                text = lf.Literal(fact.text, name.kind)
                yield text if name is reference.key else keyed_by(reference, name, text)
    for mention in asker.relations.mentions:
        if mention.fact.path == day.path and mention.relation is reference.target:
            told = said(mention.fact, asker.relations)
            yield told if mention.column is reference.key else keyed_by(reference, mention.column, told)


def _neighbours(asker: Asker) -> tuple[Reference, Where]:
    """A named thing, where a named row of another relation is at home."""
    numbered = [r for r in asker.relations.references if r.key is not r.target.keys[-1] and can_look_up(r)]
    reference = asker.some([r for r in numbered if _is_long(asker, r)])
    key = named_key(asker, reference)
    return reference, (
        lf.Condition(reference.column.name, lf.Operator.EQUAL, key),
        shared_category(asker, reference),
    )


def _either(asker: Asker) -> tuple[Reference, Where]:
    reference = counted(asker)
    return reference, (one_of(asker, reference),)


def _belonging(asker: Asker) -> tuple[Reference, Where]:
    reference = asker.some([r for r in asker.relations.references if _is_long(asker, r)])
    return reference, (lf.Condition(reference.column.name, lf.Operator.EQUAL, key_of(asker, reference)),)


def _is_long(asker: Asker, reference: Reference) -> bool:
    """Rows enough that conditions leave some, several of them for each thing that is referred to."""
    source = reference.source
    long = source.world_table.row_count >= _FEWEST_ROWS and bool(source.measures) and bool(source.keys)
    return long and not is_unique(reference.column, source) and asker.can_query(source)
