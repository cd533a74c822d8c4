"""Could an agent guess what a prompt holds back? Other values of the same column have to lead to other answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.verifier.domain.evaluating import selecting
from services.verifier.domain.evaluating.comparing import disagreement
from services.verifier.domain.evaluating.evaluator import Evaluator
from services.verifier.domain.evaluating.reading import is_same
from services.verifier.domain.evaluating.world import Unread
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.tasks import Task
from shared.proof.absence import MISSING, is_refusal
from shared.proof.canonical import parse_canonical
from shared.proof.locators import text_of

GUESSABLE = "guessable_referent"
"""Whoever does not ask has a fair chance all the same."""
ONE_IN = 3
"""A guess among the values that have an answer is right one time in so many, at most."""
_MOST = 24
"""Other values tried; spread over the column."""


def guessable(evaluator: Evaluator, question: lf.Question, task: Task) -> str:
    """Say which held-back fact could be guessed; empty when none could.

    Raises:
        Unread: a column of it cannot be read.
    """
    for fact in task.held_back:
        literal, others = _others(evaluator, question, fact.value)
        found = [
            _answers(evaluator, lf.replaced(question, literal, replace(literal, text=one)), task) for one in others
        ]
        # The value itself counts among them: it is what a guess may hit.
        right, answered = 1 + found.count(True), 1 + len(found) - found.count(None)
        if right * ONE_IN > answered:
            return f"of {answered} values of {fact.about!r} that have an answer, {right} have this one"
    return ""


def _others(evaluator: Evaluator, question: lf.Question, value: str) -> tuple[lf.Literal, Sequence[str]]:
    """The literal that a fact is, and what else stands in the column that it selects by."""
    for table, column, literal in _places(question):
        if literal.text == value:
            rows = selecting.table_of(evaluator.world, table)
            index = selecting.column_index(rows, column)
            cells = sorted({row[index] for row in rows.rows if row[index] and not is_same(row[index], value)})
            return literal, cells[:: max(1, -(-len(cells) // _MOST))]
    raise Unread(f"no column is known that {value[:60]!r} stands in")


def _places(question: lf.Question) -> Iterator[tuple[lf.Table, str, lf.Literal]]:
    for form in (inner for field in question.fields for inner in lf.walk(field)):
        if isinstance(form, lf.Keyed) and isinstance(form.key, lf.Literal):
            yield form.table, form.column, form.key
        elif isinstance(form, lf.Extreme | lf.Aggregate):
            for condition in form.where:
                if isinstance(condition.value, lf.Literal):
                    yield form.table, condition.column, condition.value


def _answers(evaluator: Evaluator, question: lf.Question, task: Task) -> bool | None:
    """Tell whether a question has the answer of a task; None where it has none."""
    truth, types = parse_canonical(task.ground_truth_json), parse_canonical(task.answer_types_json)
    try:
        if is_refusal(truth):
            # Others that nothing is said about are missing under their own names.
            return is_same(text_of(truth[MISSING]), evaluator.value(question.missing)) if question.missing else None
        return _same(evaluator, question, truth, types)
    except Rejected:
        return None


def _same(evaluator: Evaluator, question: lf.Question, truth: Mapping[str, Any], types: Mapping[str, Any]) -> bool:
    values = [(field, evaluator.value(field.value)) for field in question.fields]
    return not any(disagreement(field, value, truth[field.key], types.get(field.key, {})) for field, value in values)
