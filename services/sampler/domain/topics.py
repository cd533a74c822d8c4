"""What a question is about, as far as a look at the world shows: the same row is one topic, however it is described.

Two notes may name one product, and a number and a name one row: a second question of the same place has the same
answer, and an export keeps one of them.
"""

from collections.abc import Iterable
from typing import Any

from services.sampler.domain.relations import Relations, relations_of
from shared.model import logical_form as lf
from shared.model.catalogue import WorldRecord
from shared.model.sub_dags import PlannedCall
from shared.proof.canonical import digest, parse

_MONTH = 7


def topics_of(world: WorldRecord | None, calls: Iterable[PlannedCall]) -> frozenset[str]:
    """Digest what each answer is taken from; empty for a walk, and where nobody looked at the world.

    Which column of a row is asked for, and what is made of the same rows, does not count: such questions are as good as
    duplicates, and a row that fails once fails with every column.
    """
    if world is None:
        return frozenset()
    for call in calls:
        meaning = parse(call.meaning_json)
        if isinstance(meaning, dict) and "question" in meaning:
            question, relations = lf.from_json(meaning["question"]), relations_of(world)
            fields = getattr(question, "fields", ())
            return frozenset(digest([world.world_digest, _about(relations, field.value)]) for field in fields)
    return frozenset()


def _about(relations: Relations, form: Any) -> Any:
    """What a value is taken from: a row, selected rows, a cell of a sheet; else the value itself."""
    match form:
        case lf.Attribute():
            return _row(relations, form.entity)
        case lf.Aggregate():
            return ["rows", form.table.path, form.table.name, _where(relations, form.where)]
        case lf.SheetValue():
            return ["cell", form.tables[0].path, _text(relations, form.sheet), _text(relations, form.key)]
        case lf.Converted() | lf.Computed() | lf.FileMeasure() | lf.FileNames():
            of = getattr(form, "name", "") or getattr(form, "unit", "")
            return [type(form).__name__, of, [_about(relations, part) for part in lf.parts(form)]]
    return _otherwise(form)


def _otherwise(form: Any) -> Any:
    if isinstance(form, lf.Commit) and isinstance(form.before, lf.Literal):
        # There are few commits: those before two days of one month are mostly one.
        return ["commit", form.path, form.name, form.before.text[:_MONTH]]
    return lf.to_json(form)


def _row(relations: Relations, entity: lf.Row) -> Any:
    place = [entity.table.path, entity.table.name]
    if isinstance(entity, lf.Extreme):
        return ["extreme", *place, entity.column, str(entity.direction), _where(relations, entity.where)]
    named = _text(relations, entity.key)
    index = _index(relations, entity, named)
    return ["row", *place, index] if index is not None else ["row", *place, entity.column, named]


def _index(relations: Relations, entity: lf.Keyed, named: Any) -> int | None:
    relation = next((r for r in relations.relations if r.table == entity.table), None)
    if relation is None or not isinstance(named, str) or entity.column not in relation.columns:
        return None
    return relation.row_of(entity.column, named)


def _where(relations: Relations, where: Iterable[lf.Condition]) -> list[Any]:
    return [[c.column, str(c.operator), _text(relations, c.value)] for c in where]


def _text(relations: Relations, form: Any) -> Any:
    """The text that a name evaluates to, where samples show it."""
    match form:
        case lf.Literal():
            return form.text
        case lf.Fact():
            found = [fact.text for fact in relations.facts if (fact.path, fact.key) == (form.path, form.key)]
            return found[0] if len(found) == 1 else lf.to_json(form)
        case lf.Several():
            return [_text(relations, one) for one in form.of]
        case lf.Attribute():
            return _cell(relations, form)
    return lf.to_json(form)


def _cell(relations: Relations, form: lf.Attribute) -> Any:
    """The cell of a column in which no value occurs twice: only there samples stand in the order of rows."""
    about = _row(relations, form.entity)
    relation = next((r for r in relations.relations if r.table == form.entity.table), None)
    column = relation.columns.get(form.column) if relation else None
    row = about[-1]
    if relation is None or column is None or not isinstance(row, int) or row >= len(column.samples):
        return [form.column, about]
    return column.samples[row] if column.distinct == relation.world_table.row_count else [form.column, about]
