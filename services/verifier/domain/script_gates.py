"""What a prompt holds back and the user tells when asked: a fact of the question, which the prompt leaves out?"""

from collections.abc import Iterator
from typing import Any

from services.verifier.domain.case import Case
from services.verifier.domain.guessing_gates import named_values
from services.verifier.domain.wording import holds, words_of
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.proof.canonical import parse
from shared.proof.locators import text_of

MULTI_TURN = "multi_turn"


def bad_script(case: Case) -> str | None:
    """Refuse a fact that is no value the question selects by, that its sentence does not tell, or that has no tag."""
    facts, task = case.task.held_back, case.task
    if (MULTI_TURN in task.tags) is not bool(facts):
        return f"{len(facts)} facts are held back, the tags are {', '.join(task.tags)}"
    selecting = {literal.text for literal in selectors(task.logical_form_json)}
    for fact in facts:
        if fact.value not in selecting:
            return f"{fact.value[:60]!r} is nothing that the question selects by"
        if not fact.about.strip() or not holds(words_of(task.prompt), fact.about):
            return f"the prompt does not speak of any {fact.about[:60]!r}"
        if not holds(words_of(fact.said), fact.value):
            return f"the user does not tell {fact.value[:60]!r}: {fact.said[:80]!r}"
    return None


def needless_question(case: Case) -> str | None:
    """Refuse a fact that need not be asked for: the prompt or the answer's schema tells it."""
    task = case.task
    spoken = words_of("\n".join((task.system, task.prompt, task.answer_template, task.answer_schema_json)))
    named = {text_of(value) for value in named_values(task.answer_schema_json)}
    for fact in task.held_back:
        if holds(spoken, fact.value) or fact.value in named:
            return f"the text tells {fact.value[:60]!r} unasked"
    return None


def selectors(form_json: str) -> Iterator[lf.Literal]:
    """Walk the literals by which a question selects rows; none where the form cannot be read."""
    try:
        form = lf.from_json(parse(form_json or "{}"))
    except (ValueError, Rejected):
        return
    for field in form.fields if isinstance(form, lf.Question) else ():
        yield from (literal for inner in lf.walk(field) for literal in _selecting(inner))


def _selecting(form: Any) -> Iterator[lf.Literal]:
    if isinstance(form, lf.Keyed) and isinstance(form.key, lf.Literal):
        yield form.key
    if isinstance(form, lf.Condition) and isinstance(form.value, lf.Literal):
        yield form.value
