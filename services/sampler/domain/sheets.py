"""Reading one row of a sheet: search a cell, then read the row that it stands in."""

from collections.abc import Callable
from typing import Any

from services.sampler.domain.capabilities import Ability, Skill
from services.sampler.domain.plan import MOUNT, Found, Infeasible, Written, argument_of
from services.sampler.domain.ports import Realising
from shared.model import logical_form as lf
from shared.model.catalogue import WorldTable
from shared.model.sub_dags import PlannedInput
from shared.model.values import ValueKind
from shared.proof.canonical import canonical

# `B7` without its letter; wider sheets are refused below.
_ROW = canonical([{"name": "slice", "args": {"start": 1}}])


def find_row(realiser: Realising, finder: Ability, reader: Ability, entity: lf.Keyed) -> Callable[[str], Found]:
    """Search the sheet for the key, then read the row of the cell that was found."""
    relation = realiser.relation(entity.table)
    names = [column.name for column in relation.world_table.columns]
    if names[0] != entity.column:
        raise Infeasible("the key does not stand in the first column")
    row = _read(realiser, (finder, reader), relation.world_table, entity.key, entity)
    return lambda column: _cell(row, names.index(column), relation.columns[column].kind)


def sheet_value(realiser: Realising, form: lf.SheetValue) -> Found:
    """Search the sheet that was found for the key that was found, then read the row."""
    table = realiser.relation(form.tables[0]).world_table
    names = [column.name for column in table.columns]
    abilities = (realiser.one(Skill.FIND_CELLS), realiser.one(Skill.READ_SHEET))
    row = _read(realiser, abilities, table, form.key, form)
    return _cell(row, names.index(form.column), form.kind)


def _read(realiser: Realising, abilities: tuple[Ability, Ability], table: WorldTable, key: lf.Form, form: Any) -> str:
    finder, reader = abilities
    first, last = _ends(table)
    sheet = realiser.value(form.sheet) if isinstance(form, lf.SheetValue) else Found("", "{}", "", ValueKind.SHEET)
    named = sheet.literal or table.name
    place: dict[str, Any] = {finder.argument("path"): f"{MOUNT}/{table.path}"}
    flows: list[tuple[PlannedInput, ...]] = []
    for ability in abilities:
        name = ability.argument("sheet")
        place[name], inputs = (named, ()) if sheet.is_literal else argument_of(sheet, name)
        flows.append(inputs)
    query = finder.argument("query")
    searched, found = argument_of(realiser.value(key), query)
    # Else `Box 1` is found in `Box 12` too.
    exact = {finder.argument("exact"): True} if finder.argument("exact") else {}
    call = realiser.plan.add(finder.node, {**place, query: searched, **exact}, form, inputs=(*flows[0], *found))
    row = Found(call, "{}", "cell", ValueKind.CELL, transforms_json=_ROW)
    written = Written(reader.argument("range")).write(first, row, f":{last}", row)
    asked = {**place, written.argument: written.text}
    return realiser.plan.add(reader.node, asked, form, inputs=(*flows[1], *written.inputs))


def _ends(table: WorldTable) -> tuple[str, str]:
    """Letters of the first and last column."""
    first = table.first_cell.rstrip("0123456789")
    last = chr(ord(first) + len(table.columns) - 1) if len(first) == 1 else "["
    if last > "Z":
        raise Infeasible("the sheet is too wide")
    return first, last


def _cell(call: str, index: int, kind: ValueKind) -> Found:
    return Found(call, canonical({"row": 0, "cell": index}), "", kind, flows=False)
