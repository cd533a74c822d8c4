"""SQL over one table: every statement returns exactly one row, or shows by its rows that the question has no answer."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from services.sampler.domain.plan import MOUNT, Found, Infeasible, Written
from shared.model.logical_form import Aggregate, Condition, Direction, Function, Operator, Table
from shared.model.values import ValueKind
from shared.proof.canonical import canonical

_FILES = ("csv", "json", "parquet")
_DATABASES = ("sqlite", "duckdb")
_SIGNS = {
    Operator.EQUAL: "=",
    Operator.OVER: ">",
    Operator.UNDER: "<",
    Operator.SINCE: ">=",
    Operator.BEFORE: "<",
    Operator.ONE_OF: "IN",
}
_WORDS = {Function.SUM: "total", Function.MEAN: "average", Function.MIN: "lowest", Function.MAX: "highest"}
_CALLS = {Function.SUM: "sum", Function.MEAN: "avg", Function.MIN: "min", Function.MAX: "max"}

Where = Sequence[tuple[Condition, tuple[Found, ...]]]


def names_files(table: Table) -> bool:
    """Tell whether a statement can name the table's file."""
    return table.format in _FILES


def names_tables(table: Table) -> bool:
    """Tell whether the table lies in a database."""
    return table.format in _DATABASES


def row(written: Written, table: Table, columns: Sequence[str], where: Where) -> Written:
    """Write: the columns of the rows that meet the conditions."""
    written.write(f"SELECT {', '.join(map(_name, columns))} FROM {_place(table)}")
    return _conditions(written, where)


def extreme(written: Written, table: Table, columns: Sequence[str], by: tuple[str, Direction], where: Where) -> Written:
    """Write: the columns of every row that has the highest or lowest value; two rows mean a tie."""
    column, direction = by
    function = "max" if direction is Direction.HIGHEST else "min"
    written.write(f"SELECT {', '.join(map(_name, columns))} FROM {_place(table)}")
    _conditions(written, where)
    written.write(" AND " if where else " WHERE ")
    # Not ORDER BY with LIMIT 1: that hides a tie, and a tie has no answer.
    written.write(f"{_name(column)} = (SELECT {function}({_name(column)}) FROM {_place(table)}")
    return _conditions(written, where).write(")")


def aggregate(written: Written, forms: Sequence[Aggregate], where: Where) -> Written:
    """Write: values made of all rows that meet the conditions, each under its alias."""
    called = ", ".join(f"{_called(form)} AS {alias_of(form)}" for form in forms)
    written.write(f"SELECT {called} FROM {_place(forms[0].table)}")
    return _conditions(written, where)


def _called(form: Aggregate) -> str:
    return "count(*)" if form.function is Function.COUNT else f"{_CALLS[form.function]}({_name(form.column)})"


def alias_of(form: Aggregate) -> str:
    """Name the value of an aggregate."""
    plain = re.sub(r"\W+", "_", (form.column or form.table.name).lower()).strip("_")
    return f"{plain}_count" if form.function is Function.COUNT else f"{_WORDS[form.function]}_{plain}"


def _conditions(written: Written, where: Where) -> Written:
    for index, (condition, values) in enumerate(where):
        written.write(" AND " if index else " WHERE ", f"{_name(condition.column)} {_SIGNS[condition.operator]} ")
        if condition.operator is Operator.ONE_OF:
            _list(written, values)
        else:
            _value(written, condition, values[0])
    return written


def _list(written: Written, values: Sequence[Found]) -> None:
    written.write("(")
    for index, value in enumerate(values):
        _quoted(written.write(", " if index else ""), value)
    written.write(")")


def _value(written: Written, condition: Condition, value: Found) -> None:
    # Compared as text, 9 is over 10.
    bare = value.kind in (ValueKind.NUMBER, ValueKind.QUANTITY) and condition.operator in (
        Operator.OVER,
        Operator.UNDER,
    )
    if bare:
        written.write(value)
    else:
        _quoted(written, value)


def _quoted(written: Written, value: Found) -> None:
    """Write a text constant: an apostrophe inside it is doubled, now or when the value flows in."""
    if value.is_literal:
        written.write("'", value.literal.replace("'", "''"), "'")
        return
    steps = [*json.loads(value.transforms_json), {"name": "sql_quote"}]
    written.write("'", replace(value, transforms_json=canonical(steps)), "'")


def _name(column: str) -> str:
    # Quoted only where it must be: statements are read by people too.
    return column if re.fullmatch(r"[a-z_][a-z0-9_]*", column) else '"' + column.replace('"', '""') + '"'


def _place(table: Table) -> str:
    if names_files(table):
        return f"'{MOUNT}/{table.path}'"
    if names_tables(table):
        return _name(table.name)
    raise Infeasible(f"no statement reads {table.format}")
