"""Does a question go a longer way than it must? What a row that it passes says already needs no look elsewhere."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from services.verifier.domain.evaluating import selecting
from services.verifier.domain.evaluating.evaluator import Evaluator
from services.verifier.domain.evaluating.reading import Value, is_same, number_of
from services.verifier.domain.evaluating.selecting import Row
from shared.model import logical_form as lf
from shared.proof.locators import text_of
from shared.proof.units import unit_of_key
from shared.proof.words import words

# Shorter cells agree by chance.
_SHORTEST = 3
# Amounts in files are rounded, the product is not.
_CENT = Decimal("0.005")


def detour(evaluator: Evaluator, question: lf.Question) -> str:
    """Say where a shorter way gives the same; empty when there is none.

    Raises:
        Rejected, Unread: as the evaluator does.
    """
    for form in lf.walk(question):
        for check in (_passed, _carried, _level):
            if text := check(evaluator, form):
                return text
    return ""


def _passed(evaluator: Evaluator, form: Any) -> str:
    """An attribute that the row which led to its own says as well: the price of the product of an order."""
    if not isinstance(form, lf.Attribute):
        return ""
    sought = evaluator.value(form)
    for inner in lf.walk(form.entity):
        if isinstance(inner, lf.Attribute):
            row = evaluator.row(inner.entity)
            if column := next(_saying(row, form.column, inner.column, sought), ""):
                return f"{row.table.path} says {text_of(sought)[:40]!r} itself, under {column}"
    return ""


def _saying(row: Row, asked: str, led: str, sought: Value) -> Iterator[str]:
    """Columns of a row that say the value under a like name; the column that led on is no such."""
    for column in row.table.columns:
        cell = row.cell(column)
        if column != led and len(cell) >= _SHORTEST and _bare(column) & _bare(asked) and is_same(cell, sought):
            yield column


def _bare(column: str) -> set[str]:
    unit = unit_of_key(column)
    named = words(column)
    return set(named[:-1] if unit and len(named) > 1 else named)


def _carried(evaluator: Evaluator, form: Any) -> str:
    """A total times a price, where the rows carry amounts that add up to the same."""
    if not isinstance(form, lf.Computed) or form.operation is not lf.Operation.PRODUCT:
        return ""
    product = evaluator.value(form)
    for total in form.operands:
        if isinstance(total, lf.Aggregate) and total.function is lf.Function.SUM and isinstance(product, Decimal):
            table, found = evaluator.rows(total)
            for column in table.columns:
                cells = [number_of(Row(table, index).cell(column)) for index in found]
                if None not in cells and abs(sum(filter(None, cells), Decimal(0)) - product) < _CENT:
                    return f"{table.path}: {column} adds up to the same"
    return ""


def _level(evaluator: Evaluator, form: Any) -> str:
    """A lowest, highest or mean of what is the same in every row."""
    made = (lf.Function.MIN, lf.Function.MAX, lf.Function.MEAN)
    if not isinstance(form, lf.Aggregate) or form.function not in made:
        return ""
    table, found = evaluator.rows(form)
    column = selecting.column_index(table, form.column)
    if len({table.rows[index][column] for index in found}) == 1:
        return f"{table.path}: {form.column} is the same in every row"
    return ""
