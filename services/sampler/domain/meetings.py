"""Families in which two values that are found apart meet in one call."""

from datetime import date

from services.sampler.domain.asking import Asker, attribute, is_telling, said
from services.sampler.domain.framing import question
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.relations import Relation
from services.sampler.domain.selecting import (
    adds_up,
    aggregates,
    counted,
    dates_within,
    is_unique,
    key_of,
    one_of,
    other_belonging,
    second_condition,
    shared_category,
)
from shared.model import logical_form as lf
from shared.model.catalogue import WorldFact

_EITHER, _SEVERAL, _SURE = 0.5, 0.35, 0.6
_FEWEST_ROWS = 30
"""Two conditions on fewer rows hardly leave any."""
_SHORTEST_DAYS, _FEW = 14, 2


def meeting(asker: Asker) -> lf.Question:
    """A total over rows selected by two things found apart."""
    reference = counted(asker)
    if asker.chance(_EITHER):
        return question("meeting", aggregates(asker, reference.source, (one_of(asker, reference),), adding=True))
    first = lf.Condition(reference.column.name, lf.Operator.EQUAL, key_of(asker, reference))
    second = second_condition(asker, reference)
    _refuse_one_source(first, second)
    return question("meeting", aggregates(asker, reference.source, (first, second)))


def best_of(asker: Asker) -> lf.Question:
    """The row with the highest or lowest amount among those that meet two conditions found apart."""
    relation = asker.some(_many(asker))
    where = _belonging(asker, relation)
    bound = {condition.column for condition in where}
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


def between(asker: Asker) -> lf.Question:
    """A total over the rows between two dates that two documents give."""
    relation = asker.some([r for r in _many(asker) if r.dates])
    return question("between", aggregates(asker, relation, _period(asker, relation), adding=True))


def placed(asker: Asker) -> lf.Question:
    """What stands on the sheet that one source names, in the row that another names."""
    sheets = asker.some(_books(asker))
    tables = tuple(relation.table for relation in sheets)
    unique = [c.name for c in sheets[0].world_table.columns if all(is_unique(s.columns[c.name], s) for s in sheets)]
    keys = [r for r in asker.relations.references if r.source is sheets[0] and r.column.name in unique]
    reference = asker.some(keys)
    name = asker.some([c for c in sheets[0].measures if c is not reference.column])
    sheet, key = asker.some(_named(asker, {table.name for table in tables})), key_of(asker, reference)
    _refuse_one_source(*(lf.Condition("", lf.Operator.EQUAL, value) for value in (sheet, key)))
    _refuse_absent(asker, sheets, reference.column.name, (sheet, key))
    value = lf.SheetValue(tables, sheet, reference.column.name, key, name.name, name.kind, name.unit)
    return question("placed", [value])


def _refuse_absent(asker: Asker, sheets: list[Relation], column: str, found: tuple[lf.Form, lf.Form]) -> None:
    """What the samples show not to stand on the sheet is not searched there."""
    texts = {(fact.path, fact.key): fact.text for fact in asker.relations.facts}
    name, key = (texts.get((form.path, form.key), "") if isinstance(form, lf.Fact) else "" for form in found)
    for sheet in sheets if key else ():
        known = sheet.columns[column]
        is_meant = not name or sheet.table.name == name
        if is_meant and known.distinct <= len(known.samples) and key not in known.samples:
            raise Infeasible("the row does not stand on the sheet")


def _books(asker: Asker) -> list[list[Relation]]:
    """Sheets of one workbook that are alike in their columns and hold no key twice."""
    alike: dict[tuple[str, ...], list[Relation]] = {}
    for relation in asker.relations.relations:
        if relation.table.format == "xlsx":
            names = (relation.table.path, *(c.name for c in relation.world_table.columns))
            alike.setdefault(names, []).append(relation)
    return [found for found in alike.values() if len(found) > 1]


def _named(asker: Asker, names: set[str]) -> list[lf.Form]:
    """Values that name one of the sheets: what documents say, and rows that are called so."""
    relations = asker.relations
    found: list[lf.Form] = [said(f, relations) for f in relations.facts if f.text in names]
    for relation in relations.relations:
        for key in relation.keys:
            if names <= set(key.samples) and relation.measures:
                found.append(lf.Attribute(asker.extreme(relation), key.name, key.kind))
    return found


def _many(asker: Asker) -> list[Relation]:
    """Relations with enough rows that two conditions leave some."""
    named = [r for r in asker.relations.relations if r.keys and r.world_table.row_count >= _FEWEST_ROWS]
    return [r for r in named if asker.can_query(r)]


def _belonging(asker: Asker, relation: Relation) -> tuple[lf.Condition, ...]:
    """Rows that belong to two things found apart."""
    references = [r for r in asker.relations.references if r.source is relation and not is_unique(r.column, relation)]
    reference = asker.some(references)
    first = lf.Condition(reference.column.name, lf.Operator.EQUAL, key_of(asker, reference))
    second = asker.some((shared_category, shared_category, other_belonging))(asker, reference)
    _refuse_one_source(first, second)
    return first, second


def _period(asker: Asker, relation: Relation) -> tuple[lf.Condition, ...]:
    """From one document's date on, and before another's."""
    column = asker.some([c for c in relation.dates if c.distinct > _FEW])
    inside = [f for f in dates_within(asker, column) if f.key.lower() != "date"]
    first, second = sorted((asker.some(inside), asker.some(inside)), key=lambda f: f.text)
    if first.path == second.path or _days(first, second) < _SHORTEST_DAYS:
        raise Infeasible("no two days that lie apart")
    return (
        lf.Condition(column.name, lf.Operator.SINCE, said(first, asker.relations)),
        lf.Condition(column.name, lf.Operator.BEFORE, said(second, asker.relations)),
    )


def _days(first: WorldFact, second: WorldFact) -> int:
    return (date.fromisoformat(second.text) - date.fromisoformat(first.text)).days


def _refuse_one_source(first: lf.Condition, second: lf.Condition) -> None:
    """One document that gives both values is read once: nothing meets."""
    paths = [{form.path for form in lf.walk(item.value) if isinstance(form, lf.Fact)} for item in (first, second)]
    if paths[0] & paths[1]:
        raise Infeasible("both values stand in one document")
