"""Rows of tables: which table a form means, which rows meet conditions, which single row is selected."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.verifier.domain.evaluating.reading import Value, day_of, is_same, number_of
from services.verifier.domain.evaluating.world import AMBIGUOUS, NO_REFERENT, Rows, Unread, World
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.proof.units import unit_of_key

Evaluate = Callable[[lf.Form], Value]
"""How the value inside a condition or a key is computed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    table: Rows
    index: int

    def cell(self, column: str) -> str:
        """Text of a cell; raises Rejected when there is no such column."""
        return self.table.rows[self.index][column_index(self.table, column)]


def table_of(world: World, table: lf.Table) -> Rows:
    """Find the table that a form names.

    Raises:
        Rejected: there is none (`no_such_referent`).
        Unread: the file cannot be read, or holds two of that name.
    """
    if table.path not in world.paths():
        raise Rejected(NO_REFERENT, f"there is no file {table.path}")
    found = [rows for rows in world.tables(table.path) if rows.name == table.name]
    if not found:
        raise Rejected(NO_REFERENT, f"{table.path} holds no table {table.name!r}")
    if len(found) > 1:
        raise Unread(f"{table.path} holds several tables {table.name!r}")
    return found[0]


def column_index(table: Rows, column: str) -> int:
    """Find a column by its header; raises Rejected when there is none, Unread where headers are no names."""
    # Not a refusal: the tool may tell such columns apart, this evaluator cannot.
    if len(set(table.columns)) < len(table.columns) or not all(table.columns):
        raise Unread(f"{table.path}, {table.name}: two columns have one header, or one has none")
    if column not in table.columns:
        raise Rejected(NO_REFERENT, f"{table.path}, {table.name}: there is no column {column!r}")
    return table.columns.index(column)


def keyed(world: World, form: lf.Keyed, evaluate: Evaluate) -> Row:
    """Select the one row whose key column holds the value.

    Raises:
        Rejected: none does, or several do.
    """
    table, value = table_of(world, form.table), evaluate(form.key)
    column = column_index(table, form.column)
    # All of them, although one is enough: a second one makes the question ambiguous.
    found = [index for index, row in enumerate(table.rows) if row[column] and is_same(row[column], value)]
    return Row(table, _only(found, f"{table.path}: {form.column} = {value}"))


def extreme(world: World, form: lf.Extreme, evaluate: Evaluate) -> Row:
    """Select the one row at an end of the order among those that meet all conditions; raises as `keyed`."""
    table = table_of(world, form.table)
    column = column_index(table, form.column)
    among = [index for index in meeting(table, form.where, evaluate) if table.rows[index][column]]
    if not among:
        raise Rejected(NO_REFERENT, f"{table.path}: no row has a {form.column}")
    order = ordered(table, form.column, among)
    best = (max if form.direction is lf.Direction.HIGHEST else min)(order.values())
    # A tie has no answer, and a tool that returns the first of both hides it.
    found = [index for index in among if order[index] == best]
    return Row(table, _only(found, f"{table.path}: {form.direction} {form.column}"))


def on_sheet(world: World, form: lf.SheetValue, evaluate: Evaluate) -> Row:
    """Select the row on the one sheet that a value names; raises as `keyed`."""
    return keyed(world, lf.Keyed(_sheet(form, evaluate), form.by, form.key), evaluate)


def named_sheet(world: World, form: lf.SheetValue, evaluate: Evaluate) -> Rows:
    """The one sheet that a value names; raises as `keyed`."""
    return table_of(world, _sheet(form, evaluate))


def _sheet(form: lf.SheetValue, evaluate: Evaluate) -> lf.Table:
    name = evaluate(form.sheet)
    named = [table for table in form.tables if is_same(table.name, name)]
    if len(named) != 1:
        raise Rejected(AMBIGUOUS if named else NO_REFERENT, f"{name!r} names {len(named)} of the sheets")
    return named[0]


def meeting(table: Rows, where: Sequence[lf.Condition], evaluate: Evaluate) -> list[int]:
    """List the rows that meet all conditions."""
    found = list(range(len(table.rows)))
    for condition in where:
        column, holds = column_index(table, condition.column), _test(table, condition, evaluate)
        found = [index for index in found if table.rows[index][column] and holds(table.rows[index][column])]
    return found


def ordered(table: Rows, column: str, among: Sequence[int]) -> Mapping[int, Decimal | date]:
    """Read a column's cells, all as numbers or all as days; raises Unread when they are neither."""
    at, unit = column_index(table, column), unit_of_key(column)
    numbers = {index: number_of(table.rows[index][at], unit, unit) for index in among}
    if all(number is not None for number in numbers.values()):
        return {index: number for index, number in numbers.items() if number is not None}
    days = {index: day_of(table.rows[index][at]) for index in among}
    if any(day is None for day in days.values()):
        raise Unread(f"{table.path}: {column} holds values that have no order")
    return {index: day for index, day in days.items() if day is not None}


def _test(table: Rows, condition: lf.Condition, evaluate: Evaluate) -> Callable[[str], bool]:
    match condition.operator, condition.value:
        case lf.Operator.ONE_OF, lf.Several(of=several):
            values = [evaluate(one) for one in several]
            return lambda cell: any(is_same(cell, value) for value in values)
        case lf.Operator.EQUAL, value:
            sought = evaluate(value)
            return lambda cell: is_same(cell, sought)
        case ((lf.Operator.OVER | lf.Operator.UNDER), value):
            return _beyond(condition, _bound(condition, evaluate(value)))
        case ((lf.Operator.SINCE | lf.Operator.BEFORE), value):
            return _dated(table, condition, evaluate(value))
    raise Unread(f"the comparison {condition.operator} is not known")


def _bound(condition: lf.Condition, value: Value) -> Decimal:
    bound = number_of(value, getattr(condition.value, "unit", ""), unit_of_key(condition.column))
    if bound is None:
        raise Rejected(NO_REFERENT, f"{condition.column} is compared with {value}, which is no number")
    return bound


def _beyond(condition: lf.Condition, bound: Decimal) -> Callable[[str], bool]:
    unit, over = unit_of_key(condition.column), condition.operator is lf.Operator.OVER

    def holds(cell: str) -> bool:
        number = number_of(cell, unit, unit)
        return number is not None and (number > bound if over else number < bound)

    return holds


def _dated(table: Rows, condition: lf.Condition, value: Value) -> Callable[[str], bool]:
    bound, since = day_of(value), condition.operator is lf.Operator.SINCE
    if bound is None:
        raise Rejected(NO_REFERENT, f"{condition.column} is compared with {value}, which is no date")

    def holds(cell: str) -> bool:
        day = day_of(cell)
        if day is None:
            raise Unread(f"{table.path}: {condition.column} holds {cell[:40]!r}, which is no date")
        return day >= bound if since else day < bound

    return holds


def _only(found: Sequence[int], what: str) -> int:
    if not found:
        raise Rejected(NO_REFERENT, f"{what}: no row")
    if len(found) > 1:
        raise Rejected(AMBIGUOUS, f"{what}: {len(found)} rows")
    return found[0]
