"""What a form denotes in a world: exactly one value, or why there is none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from services.verifier.domain.evaluating import code_measures, computing, documents, history, selecting
from services.verifier.domain.evaluating.reading import Value, number_of
from services.verifier.domain.evaluating.selecting import Row
from services.verifier.domain.evaluating.world import NO_REFERENT, Rows, Unread, World
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.values import ValueKind
from shared.proof.arithmetic import CONTEXT
from shared.proof.units import unit_of_key

_NUMERIC = (ValueKind.NUMBER, ValueKind.QUANTITY)


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates forms over one world.

    Every method raises Rejected where a form has no denotation there (`no_such_referent`, `ambiguous_selector`), and
    Unread where the evaluator does not know.
    """

    world: World

    def value(self, form: lf.Form) -> Value:
        """Compute what a form denotes."""
        evaluate = _FORMS.get(type(form))
        if evaluate is None:
            raise Unread(f"a form {type(form).__name__} is not evaluated from files")
        return evaluate(self, form)

    def row(self, entity: lf.Row | lf.SheetValue) -> Row:
        """Select the row that an entity form means."""
        if isinstance(entity, lf.SheetValue):
            return selecting.on_sheet(self.world, entity, self.value)
        if isinstance(entity, lf.Keyed):
            return selecting.keyed(self.world, entity, self.value)
        return selecting.extreme(self.world, entity, self.value)

    def rows(self, form: lf.Aggregate) -> tuple[Rows, list[int]]:
        """Find the rows that one value is made of."""
        table = selecting.table_of(self.world, form.table)
        return table, selecting.meeting(table, form.where, self.value)


def _literal(_: Evaluator, form: lf.Literal) -> Value:
    return form.text


def _attribute(evaluator: Evaluator, form: lf.Attribute) -> Value:
    return _cell(evaluator.row(form.entity), form)


def _sheet_value(evaluator: Evaluator, form: lf.SheetValue) -> Value:
    return _cell(evaluator.row(form), form)


def _cell(row: Row, form: lf.Attribute | lf.SheetValue) -> Value:
    cell = row.cell(form.column)
    if not cell:
        raise Rejected(NO_REFERENT, f"{row.table.path}: the {form.column} of the row is empty")
    return _typed(cell, form, unit_of_key(form.column))


def _aggregate(evaluator: Evaluator, form: lf.Aggregate) -> Value:
    table, found = evaluator.rows(form)
    if form.function is lf.Function.COUNT:
        return Decimal(len(found))
    column = selecting.column_index(table, form.column)
    # Empty cells are no zeros: they would change a mean and a minimum.
    among = [index for index in found if table.rows[index][column]]
    if not among:
        raise Rejected(NO_REFERENT, f"{table.path}: no row has a {form.column}, so there is no {form.function}")
    cells = selecting.ordered(table, form.column, among)
    # Cells may each name their own unit; only then can they be added.
    if form.unit:
        cells = {index: _measured(table.rows[index][column], form) for index in among}
    return _made(form.function, list(cells.values()))


def _measured(cell: str, form: lf.Aggregate) -> Decimal:
    number = number_of(cell, unit_of_key(form.column), form.unit)
    if number is None:
        raise Unread(f"{form.column} holds {cell[:40]!r}, which is no number")
    return number


def _made(function: lf.Function, values: list[Any]) -> Value:
    if function in (lf.Function.MIN, lf.Function.MAX):
        best = (min if function is lf.Function.MIN else max)(values)
        return best.isoformat() if isinstance(best, date) else Decimal(best)
    if not all(isinstance(value, Decimal) for value in values):
        raise Rejected(NO_REFERENT, f"there is no {function} of dates")
    total = Decimal(0)
    for value in values:
        # In the specification's own precision, whatever the process default is.
        total = CONTEXT.add(total, value)
    return CONTEXT.divide(total, Decimal(len(values))) if function is lf.Function.MEAN else total


def _fact(evaluator: Evaluator, form: lf.Fact) -> Value:
    text = documents.said(documents.named(evaluator.world, form), form.key)
    return _typed(text, form, unit_of_key(form.key))


def _document_property(evaluator: Evaluator, form: lf.DocumentProperty) -> Value:
    return documents.property_of(documents.named(evaluator.world, form), form.name)


def _latest_commit(evaluator: Evaluator, form: lf.LatestCommit) -> Value:
    return history.said_of(history.newest(evaluator.world.history(form.path)), form.name)


def _commit(evaluator: Evaluator, form: lf.Commit) -> Value:
    before = None if form.before is None else evaluator.value(form.before)
    return history.said_of(history.newest(evaluator.world.history(form.path), form.branch, before), form.name)


def _branch_value(evaluator: Evaluator, form: lf.BranchValue) -> Value:
    return history.branch_value(evaluator.world.history(form.path), form)


def _code_measure(evaluator: Evaluator, form: lf.CodeMeasure) -> Value:
    return code_measures.measure(form.path, _source(evaluator, form.path), form.name)


def _file_measure(evaluator: Evaluator, form: lf.FileMeasure) -> Value:
    path = f"{form.path}/{evaluator.value(form.file)}"
    return code_measures.measure(path, _source(evaluator, path), form.name)


def _file_names(evaluator: Evaluator, form: lf.FileNames) -> Value:
    path = f"{form.path}/{evaluator.value(form.file)}"
    return code_measures.names(path, _source(evaluator, path), form.name)


def _source(evaluator: Evaluator, path: str) -> str:
    # By the list and not by the disk: a path that was found in a file may lead anywhere.
    if path not in evaluator.world.paths():
        raise Rejected(NO_REFERENT, f"there is no file {path}")
    return evaluator.world.text(path)


def _converted(evaluator: Evaluator, form: lf.Converted) -> Value:
    return computing.in_unit(form, evaluator.value(form.of))


def _local_time(evaluator: Evaluator, form: lf.LocalTime) -> Value:
    zones = evaluator.value(form.from_zone), evaluator.value(form.to_zone)
    return computing.local_time(form, *zones, evaluator.world.now)


def _computed(evaluator: Evaluator, form: lf.Computed) -> Value:
    return computing.computed(form, [evaluator.value(operand) for operand in form.operands])


def _typed(text: str, form: lf.Attribute | lf.SheetValue | lf.Fact, said_unit: str) -> Value:
    """Read a number where the form says that it is one; what is no number then stays a text."""
    if form.kind not in _NUMERIC:
        return text
    number = number_of(text, said_unit, form.unit)
    return text if number is None else number


_FORMS: Mapping[type, Callable[[Evaluator, Any], Value]] = {
    lf.Literal: _literal,
    lf.Attribute: _attribute,
    lf.SheetValue: _sheet_value,
    lf.Aggregate: _aggregate,
    lf.Fact: _fact,
    lf.DocumentProperty: _document_property,
    lf.LatestCommit: _latest_commit,
    lf.CodeMeasure: _code_measure,
    lf.Commit: _commit,
    lf.BranchValue: _branch_value,
    lf.FileMeasure: _file_measure,
    lf.FileNames: _file_names,
    lf.Converted: _converted,
    lf.LocalTime: _local_time,
    lf.Computed: _computed,
}
