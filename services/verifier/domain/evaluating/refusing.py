"""Is it true that nothing can be answered? The place says nothing, nor does another; and the twin has an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.verifier.domain.evaluating import selecting
from services.verifier.domain.evaluating.agreeing import Sources
from services.verifier.domain.evaluating.evaluator import Evaluator
from services.verifier.domain.evaluating.reading import Value, is_same
from services.verifier.domain.evaluating.working import idle, untimely
from services.verifier.domain.evaluating.world import NO_REFERENT, Unread
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.proof.absence import CANNOT, HELD, MISSING, NO_RECORD, NO_VALUE
from shared.proof.locators import text_of

FALSE_ABSENCE = "false_absence"
"""What is said to be missing is there, or is not what the question means."""
ELSEWHERE = "held_elsewhere"
"""Another file of the world says it."""
NO_TWIN = "no_twin"
"""The same words about something else have no answer either."""


@dataclass(frozen=True, slots=True)
class Refusing:
    """Holds questions that refuse against the files of one world."""

    evaluator: Evaluator
    sources: Sources

    def check(self, question: lf.Question, truth: Mapping[str, Any], prompt: str) -> None:
        """Hold one against them.

        Raises:
            Rejected: it is not true, or has no twin.
            Unread: nothing follows, since something cannot be read.
        """
        name, missing = self._name(question, truth), lf.Field(MISSING, _form(question))
        for field in question.fields:
            asked = _place(field.value, missing.value)
            found = _absence(self.evaluator, asked, name)
            if found != truth[CANNOT]:
                text = f"{field.key} of {name!r}: the files say {found}, the answer {truth[CANNOT]}"
                raise Rejected(FALSE_ABSENCE, text)
            if place := self.sources.telling(asked, name):
                raise Rejected(ELSEWHERE, f"{place} says the {field.key} of {name!r}")
        self._refuse_useless(lf.Question(question.family, (missing,)), prompt)
        if _wording(question.missing) != _wording(question.twin):
            raise Rejected(NO_TWIN, "the twin is asked for in other words")
        self._refuse_useless(lf.twin_of(question), prompt)

    def _name(self, question: lf.Question, truth: Mapping[str, Any]) -> str:
        name = self.evaluator.value(_form(question))
        if not isinstance(name, str) or not is_same(name, text_of(truth[MISSING])):
            text = f"the question means {name!r}, the answer says that {truth[MISSING]!r} is missing"
            raise Rejected(FALSE_ABSENCE, text)
        return name

    def _refuse_useless(self, question: lf.Question, prompt: str) -> None:
        """Refuse a twin, or a name, that has no one answer."""
        try:
            for field in question.fields:
                self.evaluator.value(field.value)
        except Rejected as error:
            raise Rejected(NO_TWIN, error.text or NO_REFERENT) from error
        against = self.sources.contradiction(self.evaluator, question, prompt) or idle(self.evaluator, question)
        if against or untimely(self.evaluator, question):
            raise Rejected(NO_TWIN, against or "the time of day is over")


def _wording(form: Any) -> list[Any]:
    """What of a form its words depend on, apart from names."""
    return [(type(one), getattr(one, "column", "")) for one in lf.walk(form)]


def _form(question: lf.Question) -> lf.Form:
    # What the question names itself is known without a look, so that naming it proves nothing.
    if question.missing is None or isinstance(question.missing, lf.Literal):
        raise Rejected(FALSE_ABSENCE, "what is missing stands in the question")
    return question.missing


def _place(form: lf.Form, missing: lf.Form) -> lf.SheetValue:
    if not isinstance(form, lf.SheetValue) or form.key != missing:
        raise Unread(f"whether a form {type(form).__name__} has no answer is not evaluated from files")
    return form


def _absence(evaluator: Evaluator, form: lf.SheetValue, name: Value) -> str:
    """Say in which way the place that a form looks in says nothing about a name."""
    table = selecting.named_sheet(evaluator.world, form, evaluator.value)
    by, of = selecting.column_index(table, form.by), selecting.column_index(table, form.column)
    about = [row for row in table.rows if is_same(row[by], name)]
    if not about:
        return NO_RECORD
    return HELD if any(row[of] for row in about) else NO_VALUE
