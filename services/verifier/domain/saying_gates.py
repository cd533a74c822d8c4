"""Does the text say what the question means? What it leaves out, nobody who reads it can know."""

from collections.abc import Iterator
from typing import Any

from services.verifier.domain.case import Case
from services.verifier.domain.wording import holds, words_of
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.values import ValueKind
from shared.proof.canonical import parse
from shared.proof.words import words

_UNSAID = (ValueKind.PATH, ValueKind.URL)
"""Kinds that a colleague names in other words."""


def unsaid(case: Case) -> str | None:
    """Refuse a text that leaves out a value that the question states, or the name of a document that it means."""
    try:
        form = lf.from_json(parse(case.task.logical_form_json or "{}"))
    except (ValueError, Rejected):
        return None
    spoken, plain = words_of(case.task.told), f" {' '.join(words(case.task.told))} "
    for text in _stated(form) if isinstance(form, lf.Question) else ():
        said = f" {' '.join(words(text))} "
        if not holds(spoken, text) and (not said.strip() or said not in plain):
            return f"the question means {text[:80]!r}, the text does not say so"
    return None


def _stated(form: Any) -> Iterator[str]:
    """Walk what only the text can tell a reader; what a call is told is worded by its own rules."""
    if isinstance(form, lf.Result):
        return
    if isinstance(form, lf.Question):
        yield from _asked(form)
        return
    if isinstance(form, lf.Literal) and form.kind not in _UNSAID:
        # People say "in Nairobi", not "in Africa/Nairobi".
        yield form.text.rpartition("/")[2].replace("_", " ") if form.kind is ValueKind.TIME_ZONE else form.text
    elif isinstance(form, lf.Fact | lf.DocumentProperty):
        yield from filter(None, (form.title, form.dated))
    elif isinstance(form, lf.LocalTime):
        yield form.time
    for part in lf.parts(form):
        yield from _stated(part)


def _asked(question: lf.Question) -> Iterator[str]:
    # What makes a twin of it is said by the twin alone.
    for field in question.fields:
        yield from _stated(field)
    # What is written is what is asked for; where, and as what, only the text can tell.
    if question.change is not None:
        yield from (question.change.path, *(line.label for line in question.change.lines))
