"""Does every part of a question do work? What removes nothing, or was said already, asks for nothing."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from services.verifier.domain.evaluating import computing, documents, history, selecting
from services.verifier.domain.evaluating.detours import detour
from services.verifier.domain.evaluating.evaluator import Evaluator
from services.verifier.domain.evaluating.reading import is_same
from services.verifier.domain.evaluating.world import Unread
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.values import ValueKind
from shared.proof.dates import read_time
from shared.proof.locators import text_of
from shared.proof.words import words

IDLE = "idle_condition"
"""A part of the question changes nothing."""
UNTIMELY = "untimely"
"""A time of day that is over, or that nobody would call at."""
_FEWEST_COMPARED, _FEWEST_ADDED = 3, 2
_EARLIEST, _LATEST = time(6), time(22)
_SHORTEST, _TELLING = 3, 4
_CELLS = (lf.Attribute, lf.SheetValue, lf.Fact)
_FIGURES = (ValueKind.QUANTITY, ValueKind.NUMBER)


def idle(evaluator: Evaluator, question: lf.Question) -> str:
    """Say which part of a question changes nothing; empty when all do work.

    Raises:
        Rejected, Unread: as the evaluator does.
    """
    checks: tuple[Any, ...] = (_rows, _branches)
    for form in lf.walk(question):
        for check in checks:
            if text := next(check(evaluator, form), ""):
                return str(text)
    circular = (_circular(evaluator, field.value) for field in question.fields)
    return next(filter(None, circular), "") or _twice(evaluator, question) or detour(evaluator, question)


def untimely(evaluator: Evaluator, question: lf.Question) -> str:
    """Say which time of day cannot be meant: over by now, or in the middle of somebody's night."""
    for form in lf.walk(question):
        if isinstance(form, lf.LocalTime):
            source = computing.zone(evaluator.value(form.from_zone))
            now = datetime.fromisoformat(evaluator.world.now).astimezone(source).timetz().replace(tzinfo=None)
            asked, there = read_time(form.time), read_time(text_of(evaluator.value(form)))
            # "Today at 9:00" said at 9:30 means tomorrow, which may have another offset.
            if asked is not None and asked.replace(tzinfo=None) <= now:
                return f"{form.time} is over where it is {now:%H:%M}"
            if there is not None and not _EARLIEST <= there.replace(tzinfo=None) <= _LATEST:
                return f"nobody is called at {there:%H:%M}"
    return ""


def _rows(evaluator: Evaluator, form: Any) -> Iterator[str]:
    """Superlatives and means want three rows, sums two; every condition must remove a row."""
    if not isinstance(form, lf.Extreme | lf.Aggregate):
        return
    table = selecting.table_of(evaluator.world, form.table)
    found = selecting.meeting(table, form.where, evaluator.value)
    counts = isinstance(form, lf.Aggregate) and form.function is lf.Function.COUNT
    adds = isinstance(form, lf.Aggregate) and form.function is lf.Function.SUM
    # A count of nothing is an answer; the highest of one row is none.
    fewest = 0 if counts else _FEWEST_ADDED if adds else _FEWEST_COMPARED
    if len(found) < fewest:
        yield f"{form.table.path}: only {len(found)} rows to choose from by {form.column}"
    for condition in form.where:
        others = tuple(other for other in form.where if other is not condition)
        # Without it the same rows are left: a reader would wonder what it is there for, and nobody has to evaluate it.
        if len(selecting.meeting(table, others, evaluator.value)) == len(found):
            yield f"{form.table.path}: the condition on {condition.column} removes no row"
        for value in condition.value.of if isinstance(condition.value, lf.Several) else ():
            alone = lf.Condition(condition.column, lf.Operator.EQUAL, value)
            if not selecting.meeting(table, (*others, alone), evaluator.value):
                yield f"{form.table.path}: one of the values of {condition.column} selects no row"


def _branches(evaluator: Evaluator, form: Any) -> Iterator[str]:
    """A branch that is asked about must differ from what is checked out."""
    if isinstance(form, lf.Commit) and form.branch:
        known = evaluator.world.history(form.path)
        if history.newest(known, form.branch) == history.newest(known):
            yield f"the newest commit of {form.branch} is the one that is checked out"


def _twice(evaluator: Evaluator, question: lf.Question) -> str:
    """Say so when two fields are one figure under two names: a list's price, and the price of the sheet beside it."""
    seen: list[tuple[frozenset[str], str]] = []
    for field in question.fields:
        value = field.value
        if not isinstance(value, _CELLS) or value.kind not in _FIGURES:
            continue
        label = value.key if isinstance(value, lf.Fact) else value.column
        # Years and short words stand in many names.
        named = frozenset(word for word in words(label) if len(word) >= _TELLING and not word.isdigit())
        text = text_of(evaluator.value(value))
        # Small numbers are equal by chance.
        if len(text) >= _SHORTEST - 1 and any(is_same(text, other) and named & before for before, other in seen):
            return f"{label} is {text[:40]}, which is asked for under another name already"
        seen.append((named, text))
    return ""


def _circular(evaluator: Evaluator, value: Any) -> str:
    """Say so when a document that the question sends to already says what is looked up elsewhere."""
    if not isinstance(value, lf.Attribute):
        return ""
    sought = text_of(evaluator.value(value))
    for form in lf.walk(value):
        if isinstance(form, lf.Literal) and is_same(form.text, sought):
            return f"the question says {sought[:40]!r} itself"
        # Short answers stand in any document by chance.
        if isinstance(form, lf.Fact) and len(sought) >= _SHORTEST:
            try:
                said = documents.named(evaluator.world, form).labelled
            except (Unread, Rejected):
                continue
            # Then opening the document is the whole task, whatever the chain behind it.
            if any(is_same(text, sought) for _, text in said):
                return f"{form.path} says {sought[:40]!r} itself"
    return ""
