"""Does a task mean its answer? The verdict of the second evaluator about one task."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from services.verifier.domain.case import Refusal
from services.verifier.domain.evaluating.agreeing import Sources
from services.verifier.domain.evaluating.changing import misplaced
from services.verifier.domain.evaluating.cheapest import Cheapest, cheapest
from services.verifier.domain.evaluating.comparing import disagreement
from services.verifier.domain.evaluating.evaluator import Evaluator
from services.verifier.domain.evaluating.reading import Value
from services.verifier.domain.evaluating.referents import GUESSABLE, guessable
from services.verifier.domain.evaluating.refusing import ELSEWHERE, FALSE_ABSENCE, NO_TWIN, Refusing
from services.verifier.domain.evaluating.working import IDLE, UNTIMELY, idle, untimely
from services.verifier.domain.evaluating.world import AMBIGUOUS, NO_REFERENT, Unread, World
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.tasks import Task, Uniqueness
from shared.proof.absence import is_refusal
from shared.proof.canonical import parse, parse_canonical

CONTRADICTING = "contradicting_source"
MISMATCH = "meaning_mismatch"
UNPROVEN = "unproven_absence"
REFUSING_GATES = (FALSE_ABSENCE, ELSEWHERE, NO_TWIN, UNPROVEN)
"""The reasons for which a task is refused whose answer is that there is none."""
MEANING_GATES = (NO_REFERENT, AMBIGUOUS, CONTRADICTING, MISMATCH, IDLE, UNTIMELY, *REFUSING_GATES, GUESSABLE)
"""The reasons for which the evaluator refuses, as the funnel counts them."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the evaluator says of a task."""

    uniqueness: Uniqueness
    refusal: Refusal | None = None
    unread: str = ""
    """What it could not read, where the uniqueness is only observed."""
    cheapest: Cheapest | None = None
    """None for a task that is refused."""


class MeaningSource(Protocol):
    """Where worlds are evaluated."""

    async def meaning(self, task: Task, results: Mapping[str, str]) -> Meaning:
        """Evaluate a task in its world; `results` are those of its reference by call id.

        Raises:
            Unavailable: the world is not here.
        """


class Meanings:
    """Evaluates questions over the files of one world; what is heard of other sources is read once."""

    def __init__(self, world: World) -> None:
        self._evaluator = Evaluator(world)

    @cached_property
    def _sources(self) -> Sources:
        return Sources(self._evaluator.world)

    def meaning(self, task: Task, results: Mapping[str, str]) -> Meaning:
        """See `MeaningSource`."""
        question = _question(task)
        found = self._judged(task, question)
        if found.refusal:
            return found
        if text := self._guessable(task, question):
            return Meaning(Uniqueness.OBSERVED, Refusal(GUESSABLE, text))
        size = self._evaluator.world.size
        return replace(found, cheapest=cheapest(task, question, results, size))

    def _guessable(self, task: Task, question: lf.Question | None) -> str:
        """Say why the user need not be asked for what the prompt holds back."""
        if not task.held_back:
            return ""
        try:
            return guessable(self._evaluator, question, task) if question else "the logical form cannot be read"
        except (Unread, Rejected) as error:
            # That a guess fails is proven by reading the column, or not at all.
            return str(error)

    def _judged(self, task: Task, question: lf.Question | None) -> Meaning:
        """Evaluate the question, hold the answer against the evidence's, hear other sources."""
        if question is None:
            return Meaning(Uniqueness.OBSERVED, unread="the logical form is none that this evaluator knows")
        truth = parse_canonical(task.ground_truth_json)
        try:
            if is_refusal(truth):
                Refusing(self._evaluator, self._sources).check(question, truth, task.told)
                return Meaning(Uniqueness.PROVEN)
            unread = self._compare(task, question)
        except Unread as error:
            unread = str(error)
            # That something is nowhere is proven by reading everything, or not at all.
            if is_refusal(truth):
                return Meaning(Uniqueness.OBSERVED, Refusal(UNPROVEN, unread))
        except Rejected as error:
            # A reason that the funnel does not know would be a column nobody reads.
            reason = error.reason if error.reason in MEANING_GATES else MISMATCH
            return Meaning(Uniqueness.OBSERVED, Refusal(reason, error.text or error.reason))
        # Not knowing is no refusal: most walks over unknown tools cannot be evaluated from files.
        return Meaning(Uniqueness.OBSERVED if unread else Uniqueness.PROVEN, unread=unread)

    def _compare(self, task: Task, question: lf.Question) -> str:
        """Say what could not be read; raises Rejected with the reason where something speaks against the task."""
        values, unread = self._values(question)
        # Also where something was unread: what could be evaluated must agree all the same.
        if text := _mismatch(task, question, values):
            raise Rejected(MISMATCH, text)
        self._hold_change(task, question)
        # Only where every value was read: a contradiction of half a question proves nothing.
        if not unread and (text := self._sources.contradiction(self._evaluator, question, task.told)):
            raise Rejected(CONTRADICTING, text)
        if not unread:
            _refuse_useless(self._evaluator, question)
        return unread

    def _hold_change(self, task: Task, question: lf.Question) -> None:
        """Hold what is to be changed against the end state; one that nobody can compute is refused."""
        if question.change is None:
            return
        try:
            text = misplaced(self._evaluator, question.change, task.end_state_json)
        except Unread as error:
            text = str(error)
        if text:
            raise Rejected(MISMATCH, text)

    def _values(self, question: lf.Question) -> tuple[dict[str, Value], str]:
        """Evaluate every field that can be; and say why one cannot."""
        values, unread = dict[str, Value](), ""
        for field in question.fields:
            try:
                values[field.key] = self._evaluator.value(field.value)
            except Unread as error:
                unread = unread or str(error)
        return values, unread


def _refuse_useless(evaluator: Evaluator, question: lf.Question) -> None:
    for reason, check in ((IDLE, idle), (UNTIMELY, untimely)):
        if text := check(evaluator, question):
            raise Rejected(reason, text)


def _question(task: Task) -> lf.Question | None:
    try:
        form = lf.from_json(parse(task.logical_form_json or "{}"))
    except (ValueError, Rejected):
        return None
    return form if isinstance(form, lf.Question) else None


def _mismatch(task: Task, question: lf.Question, values: Mapping[str, Value]) -> str:
    truth, types = parse_canonical(task.ground_truth_json), parse_canonical(task.answer_types_json)
    asked = {field.key for field in question.fields}
    if set(truth) != asked:
        return f"the question asks for {', '.join(sorted(asked))}, the answer holds {', '.join(sorted(truth))}"
    for field in question.fields:
        if field.key in values:
            text = disagreement(field, values[field.key], truth[field.key], types.get(field.key, {}))
            if text:
                return f"{field.key}: {text}"
    return ""
