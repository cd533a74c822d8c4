"""Reading rows: by SQL, as whole text, as markdown, from a workbook; and making one value of many rows."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from services.sampler.domain import documents, statements
from services.sampler.domain.asking import kind_of
from services.sampler.domain.capabilities import Ability, Skill
from services.sampler.domain.plan import MOUNT, Answer, Found, Infeasible, Written, by_key, cite
from services.sampler.domain.ports import Realising
from services.sampler.domain.sheets import find_row
from shared.model import logical_form as lf
from shared.model.catalogue import WorldTable
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from shared.proof.kinds import classify
from shared.proof.locators import pointer

Finder = Callable[[str], Found]

_CITED_ROWS = 60
_WHOLE = 0.4
_OPS = {lf.Operator.OVER: "gt", lf.Operator.UNDER: "lt", lf.Operator.SINCE: "ge", lf.Operator.BEFORE: "lt"}
_TEXT = {"pointer": "/content/0/text"}
_AS_TEXT = ("csv", "json")
_AS_MARKDOWN = ("xlsx", "csv")


def attribute(realiser: Realising, form: lf.Attribute) -> Found:
    """Read one column of one row; columns wanted of the same row come from the same calls."""
    if form.entity not in realiser.rows:
        realiser.rows[form.entity] = _row(realiser, form)
    return realiser.rows[form.entity](form.column)


def _row(realiser: Realising, form: lf.Attribute) -> Finder:
    columns = realiser.wanted.get(form.entity, (form.column,))
    # A value that flows has to stand in a result by itself: evidence may be computed, arguments may not.
    flows = any(isinstance(item, lf.Attribute) and item.entity == form.entity for item in realiser.flowing)
    if isinstance(form.entity, lf.Extreme):
        ways = list(_extreme_ways(realiser, form.entity, columns, flows))
    else:
        ways = list(_keyed_ways(realiser, form.entity, columns, flows))
    if not ways:
        raise Infeasible(f"no way to read a row of {form.entity.table.path}")
    return realiser.rng.choice(ways)()


def aggregate(realiser: Realising, form: lf.Aggregate) -> Found:
    """Make one value of many rows in one statement, so that it can flow."""
    group = (form.table, form.where)
    if group not in realiser.rows:
        realiser.rows[group] = _aggregated(realiser, form, realiser.together.get(group, (form,)))
    return realiser.rows[group](statements.alias_of(form))


def _aggregated(realiser: Realising, form: lf.Aggregate, forms: tuple[lf.Aggregate, ...]) -> Finder:
    where = _bound(realiser, form.where)
    for ability in _querying(realiser, form.table):
        written = statements.aggregate(Written(ability.argument("statement")), forms, where)
        call = realiser.plan.add(ability.node, {written.argument: written.text}, form, inputs=written.inputs)
        # A stand-in number: the kind that will be seen follows from the alias.
        return lambda alias: by_key(call, alias, classify("1.5", alias)[0])
    raise Infeasible(f"no statement reads {form.table.path}")


def aggregate_answer(realiser: Realising, form: lf.Aggregate) -> Answer:
    """Cite one value of many rows: from one statement, or from all the rows of a table read whole."""
    group = ("whole", form.table, form.where)
    if group not in realiser.rows:
        call = _read_whole(realiser, form)
        realiser.rows[group] = lambda name: Found(call, name, "", form.kind, flows=False)
    call = realiser.rows[group]("").call_id
    if not call:
        return cite(realiser.value(form))
    pluck = () if form.function is lf.Function.COUNT else ({"name": "pluck", "args": {"by": _by(form.column)}},)
    steps = (*_filters(form.where), *pluck, {"name": str(form.function)})
    return cite(Found(call, _all_rows(realiser, form.table), "", form.kind, flows=False, cite=steps))


def _read_whole(realiser: Realising, form: lf.Aggregate) -> str:
    """Read all rows in one call where that is a way; an empty id says that a statement is."""
    literal = all(isinstance(condition.value, lf.Literal) for condition in form.where)
    whole = list(_whole_table_ways(realiser, form.table)) if literal and _is_short(realiser, form.table) else []
    # A statement cites one value, a whole table many rows: both forms of evidence are wanted.
    queried = bool(_querying(realiser, form.table)) and realiser.rng.random() >= _WHOLE
    if form in realiser.flowing or not whole or queried:
        return ""
    return realiser.rng.choice(whole)(form)


def _filters(where: tuple[lf.Condition, ...]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"name": "filter_eq", "args": {"by": _by(c.column), "value": c.value.text}}
        if c.operator is lf.Operator.EQUAL
        else {"name": "filter_compare", "args": {"by": _by(c.column), "op": _OPS[c.operator], "value": c.value.text}}
        for c in where
        if isinstance(c.value, lf.Literal)
    )


def _by(column: str) -> str:
    return pointer(column)


def _all_rows(realiser: Realising, table: lf.Table) -> str:
    world_table = realiser.relation(table).world_table
    names = [column.name for column in world_table.columns]
    return canonical({"rows": names, "count": world_table.row_count, **_sheet(table)})


def _sheet(table: lf.Table) -> dict[str, str]:
    return {"sheet": table.name} if table.format == "xlsx" else {}


def _keyed_ways(
    realiser: Realising, entity: lf.Keyed, columns: tuple[str, ...], flows: bool
) -> Iterator[Callable[[], Finder]]:
    relation = realiser.relation(entity.table)
    for ability in _querying(realiser, entity.table):
        yield partial(_query_row, realiser, ability, entity, columns)
    finders = realiser.choose(Skill.FIND_CELLS) if entity.table.format == "xlsx" and not flows else ()
    for finder in finders[:1]:
        for reader in realiser.choose(Skill.READ_SHEET)[:1]:
            yield partial(find_row, realiser, finder, reader, entity)
    if not isinstance(entity.key, lf.Literal) or not _is_short(realiser, entity.table):
        return
    index = relation.row_of(entity.column, entity.key.text)
    # A whole table holds the value, but nobody can say in which row without looking it up first.
    if flows and index is None:
        return
    for way in _whole_table_ways(realiser, entity.table, flows=flows):
        yield partial(_cell, realiser, way, entity, index)


def _extreme_ways(
    realiser: Realising, entity: lf.Extreme, columns: tuple[str, ...], flows: bool
) -> Iterator[Callable[[], Finder]]:
    for ability in _querying(realiser, entity.table):
        yield partial(_query_extreme, realiser, ability, entity, columns)
    if flows or not _is_short(realiser, entity.table) or not all(isinstance(c.value, lf.Literal) for c in entity.where):
        return
    for way in _whole_table_ways(realiser, entity.table):
        yield partial(_extreme_row, realiser, way, entity)


def _extreme_row(realiser: Realising, way: Callable[[Any], str], entity: lf.Extreme) -> Finder:
    call = way(entity)
    known, find = realiser.relation(entity.table).columns, _all_rows(realiser, entity.table)
    best = "argmax" if entity.direction is lf.Direction.HIGHEST else "argmin"
    steps = (*_filters(entity.where), {"name": best, "args": {"by": _by(entity.column)}})
    return lambda column: Found(
        call,
        find,
        "",
        known[column].kind,
        flows=False,
        cite=(*steps, {"name": "pluck", "args": {"by": _by(column)}}),
    )


def _query_row(realiser: Realising, ability: Ability, entity: lf.Keyed, columns: tuple[str, ...]) -> Finder:
    where = _bound(realiser, (lf.Condition(entity.column, lf.Operator.EQUAL, entity.key),))
    written = statements.row(Written(ability.argument("statement")), entity.table, columns, where)
    return _queried(realiser, ability, written, entity)


def _query_extreme(realiser: Realising, ability: Ability, entity: lf.Extreme, columns: tuple[str, ...]) -> Finder:
    where = _bound(realiser, entity.where)
    by = (entity.column, entity.direction)
    written = statements.extreme(Written(ability.argument("statement")), entity.table, columns, by, where)
    return _queried(realiser, ability, written, entity)


def _queried(realiser: Realising, ability: Ability, written: Written, entity: Any) -> Finder:
    call = realiser.plan.add(ability.node, {written.argument: written.text}, entity, inputs=written.inputs)
    known = realiser.relation(entity.table).columns
    return lambda column: by_key(call, column, kind_of(known[column]))


def _whole_table_ways(realiser: Realising, table: lf.Table, *, flows: bool = False) -> Iterator[Callable[[Any], str]]:
    """Calls that return the whole table, as text or rows."""
    path = f"{MOUNT}/{table.path}"
    for ability in _whole_table_readers(realiser, table, flows=flows):
        arguments = documents.reading(ability, path)
        if ability.skill is Skill.READ_SHEET:
            arguments = {ability.argument("path"): path, ability.argument("sheet"): table.name}
        yield partial(realiser.plan.add, ability.node, arguments)


def _whole_table_readers(realiser: Realising, table: lf.Table, *, flows: bool) -> Iterator[Ability]:
    if table.format in _AS_TEXT:
        yield from realiser.choose(Skill.READ_TEXT)
    # Only in the file's own text is it known where a cell stands, and so which value flows.
    if flows:
        return
    if table.format in _AS_TEXT:
        yield from realiser.choose(Skill.SHOW_TEXT)
    if table.format in _AS_MARKDOWN:
        yield from documents.converting(realiser, PurePosixPath(table.path).suffix.lower())
    if table.format == "xlsx":
        yield from realiser.choose(Skill.READ_SHEET)


def _cell(realiser: Realising, way: Callable[[Any], str], entity: lf.Keyed, index: int | None) -> Finder:
    relation, call = realiser.relation(entity.table), way(entity)
    # The place of a cell is known beforehand in the file's own text alone, not in what became of it as markdown.
    tool = next(planned.tool_id for planned in realiser.plan.calls if planned.call_id == call)
    is_text = any(ability.node.tool_id == tool for ability in realiser.choose(Skill.READ_TEXT))

    def found(column: str) -> Found:
        known = relation.columns[column]
        key = entity.key.text if isinstance(entity.key, lf.Literal) else ""
        find = canonical(
            {"column": column, "where": [[entity.column, str(lf.Operator.EQUAL), key]], **_sheet(entity.table)}
        )
        locator = "" if index is None or not is_text else canonical(_steps(relation.world_table, index, column))
        numeric = known.kind in (ValueKind.NUMBER, ValueKind.QUANTITY)
        steps = canonical([{"name": "number"}] if numeric else [])
        return Found(call, find, column, kind_of(known), locator, steps, flows=bool(locator))

    return found


def _steps(table: WorldTable, index: int, column: str) -> list[dict[str, Any]]:
    if table.format == "json":
        return [_TEXT, {"parse_json": True}, {"pointer": f"{table.pointer}/{index}/{column}"}]
    return [_TEXT, {"table": {"row": index, "column": column}}]


def _querying(realiser: Realising, table: lf.Table) -> tuple[Ability, ...]:
    if statements.names_files(table):
        # A list inside a JSON document is no table to SQL over files.
        return () if realiser.relation(table).world_table.pointer else realiser.choose(Skill.QUERY_FILES)
    return realiser.choose(Skill.QUERY_TABLES) if statements.names_tables(table) else ()


def _bound(realiser: Realising, where: tuple[lf.Condition, ...]) -> list[tuple[lf.Condition, tuple[Found, ...]]]:
    return [
        (
            condition,
            tuple(
                map(
                    realiser.value,
                    condition.value.of if isinstance(condition.value, lf.Several) else (condition.value,),
                )
            ),
        )
        for condition in where
    ]


def _is_short(realiser: Realising, table: lf.Table) -> bool:
    return realiser.relation(table).world_table.row_count <= _CITED_ROWS
