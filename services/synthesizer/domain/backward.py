"""Backward: from an exploration to draft tasks, or to one record that says why there is none."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.synthesizer.domain import holding_back, sentences, tidying
from services.synthesizer.domain.answer_fields import AnswerField, answer_field, is_guessable
from services.synthesizer.domain.changing import change_words, end_state_of, moving, written_values
from services.synthesizer.domain.giveaways import flowing, given_away, names_a_tool
from services.synthesizer.domain.phrases import Speaker
from services.synthesizer.domain.refusing import refusal
from services.synthesizer.domain.result_asking import FAMILY, meaning_of
from services.synthesizer.domain.slicing import Reference, reference
from services.synthesizer.domain.tasks import Catalogue, Meant, generator, make_task, nothing_id, task_id
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.explorations import Exploration, ExplorationOutcome
from shared.model.sub_dags import Lane
from shared.model.tasks import DraftTask, HeldBack, Task
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.locators import text_of

_EITHER, _SIGN = 0.35, "negative if below"


def drafts(exploration: Exploration, catalogue: Catalogue) -> tuple[DraftTask, ...]:
    """Write the tasks of one exploration; at least one record in any case."""
    try:
        task = write(exploration, catalogue)
    except Rejected as error:
        return (nothing(exploration, error.reason, error.text),)
    return (
        DraftTask(
            draft_id=task.task_id,
            exploration_id=exploration.exploration_id,
            epoch=exploration.epoch,
            counter=exploration.counter,
            index=0,
            of=1,
            task=task,
            draws_lane=exploration.lane is Lane.DRAWS,
            counterfactuals_json=_counterfactuals(exploration, task),
            repeated_json=_repeated(exploration, task),
        ),
    )


def write(exploration: Exploration, catalogue: Catalogue) -> Task:
    """Write one task.

    Raises:
        Rejected: no task can be made; the reason says why.
    """
    meaning = _meaning(exploration, catalogue)
    question = _question(meaning)
    asked = _fields(exploration, question, meaning["citations"])
    # What is asked was proven of the twin then: its words are those of a question that has an answer.
    fields = asked if question.missing is None else _refusal(exploration, question, meaning)
    if is_guessable(fields):
        raise Rejected("guessable", "nothing but small whole numbers is asked")
    # Only what was proven is asked, and the id follows from that:
    # a side field that fell away was never part of the task.
    kept = replace(question, fields=tuple(field.form for field in asked))
    left = end_state_of(exploration, question)
    slices = _reference(exploration, fields, moving(exploration) if left else frozenset())
    meant = Meant(question.family, lf.to_json(kept), fields, slices, asked, left)
    identity = task_id(exploration, meant)
    prompt, held_back = _prompt(kept, asked, meaning.get("tables", ()), identity)
    task = make_task(exploration, meant, catalogue, identity, (prompt, held_back))
    _refuse_giveaways(exploration, task)
    return task


def _meaning(exploration: Exploration, catalogue: Catalogue) -> Mapping[str, Any]:
    if exploration.outcome is not ExplorationOutcome.EXECUTED:
        raise Rejected(exploration.failure_code or "not_executed", exploration.failure_text)
    # The plan's last call carries the question; a walk carries none, and is asked about what it says.
    for call in exploration.calls:
        meaning: Mapping[str, Any] = json.loads(call.meaning_json or "{}")
        if "question" in meaning:
            return meaning
    return meaning_of(exploration, catalogue)


def _question(meaning: Mapping[str, Any]) -> lf.Question:
    try:
        question = lf.from_json(meaning["question"])
    except ValueError as error:
        raise Rejected("bad_meaning", str(error)) from error
    if not isinstance(question, lf.Question):
        raise Rejected("bad_meaning", "the plan asks no question")
    return question


def _fields(
    exploration: Exploration, question: lf.Question, citations: Sequence[Mapping[str, Any]]
) -> tuple[AnswerField, ...]:
    """Prove every field; a side field that cannot be proven is left out, the main one (the last) may not be."""
    # A bent call was made with other values than the sentence would name.
    if question.family != FAMILY and any(call.bent for call in exploration.calls):
        raise Rejected("bent", "the calls are not those that the question means")
    calls = {call.call_id: call for call in exploration.calls}
    volatile = {call.call_id: call.volatile for call in exploration.repeated}
    by_field = {citation["field"]: citation for citation in citations}
    found: list[AnswerField] = []
    for form in question.fields:
        try:
            found.append(answer_field(form, by_field[form.key], calls, volatile))
        except Rejected:
            written = question.change is not None and form.value in written_values(question).values()
            if form is question.fields[-1] or "shipped" in question.family or written:
                raise
    return tuple(found)


def _refusal(exploration: Exploration, question: lf.Question, meaning: Mapping[str, Any]) -> tuple[AnswerField, ...]:
    calls = {call.call_id: call for call in exploration.calls}
    volatile = {call.call_id: call.volatile for call in exploration.repeated}
    try:
        return refusal(question, meaning["absence"], calls, volatile)
    except (LookupError, TypeError) as error:
        raise Rejected("bad_meaning", "the plan does not say what proves that something is missing") from error


def _reference(exploration: Exploration, fields: Sequence[AnswerField], kept: frozenset[str]) -> Reference:
    return reference(exploration.calls, [field.evidence for field in fields], kept)


def _prompt(
    question: lf.Question, fields: Sequence[AnswerField], tables: Sequence[Any], identity: str
) -> tuple[str, tuple[HeldBack, ...]]:
    keys = {lf.from_json(item["table"]): tuple(item["keys"]) for item in tables}
    named = {lf.from_json(item["table"]) for item in tables if item.get("named")}
    rng = generator(identity, "words")
    # Asked so for some that lie above as well: otherwise the words would give the sign away.
    either = any(f.is_signed and f.value < 0 for f in fields) or rng.random() < _EITHER
    speaker, before = Speaker(keys, frozenset(named), either=either), rng.getstate()

    def words(what: lf.Question) -> str:
        # The same draws each time: what is left open changes nothing else of the wording.
        rng.setstate(before)
        said = sentences.ask(speaker, what, rng)
        return said if question.change is None else f"{said} {change_words(question.change, rng)}"

    # Two things beyond the answer at once would be too much for one question.
    left = None if question.change else holding_back.opened(speaker, question, words, generator(identity, "user"))
    asked = words(question)
    answered = sentences.reply([(field.key, _stated(field, either=either)) for field in fields], rng)
    said = tidying.polite(f"{left.text if left else asked} {answered}")
    return said, (left.fact,) if left else ()


def _stated(field: AnswerField, *, either: bool) -> str:
    return f"{field.stated}, {_SIGN}" if either and field.is_signed else field.stated


def _refuse_giveaways(exploration: Exploration, task: Task) -> None:
    calls = {call.call_id: call for call in exploration.calls}
    truth = parse_canonical(task.ground_truth_json)
    asked = task.told
    if said := given_away(asked, map(text_of, truth.values())):
        raise Rejected("answer_in_text", f"the prompt says {said!r}")
    if said := given_away(asked, flowing(task.reference, calls)):
        raise Rejected("intermediate_in_text", f"the prompt says {said!r}")
    if name := names_a_tool(asked, task.tools):
        raise Rejected("tool_in_text", f"the prompt says {name!r}")


def _counterfactuals(exploration: Exploration, task: Task) -> str:
    kept = {call.call_id for call in task.reference}
    return canonical(
        [
            {"call_id": c.call_id, "argument": c.argument, "outcome": str(c.outcome)}
            for c in exploration.counterfactuals
            if c.call_id in kept
        ]
    )


def _repeated(exploration: Exploration, task: Task) -> str:
    first = {call.call_id: call for call in task.reference}
    return canonical(
        [
            {
                "call_id": again.call_id,
                "same": again.result_sha256 == first[again.call_id].result_sha256,
                "volatile": list(again.volatile),
                # Only where it says something: most calls leave the world as it is.
                **({"other_change": True} if again.other_change else {}),
            }
            for again in exploration.repeated
            if again.call_id in first
        ]
    )


def nothing(exploration: Exploration, reason: str, text: str) -> DraftTask:
    """Write the record that says why an exploration gave no task."""
    return DraftTask(
        draft_id=nothing_id(exploration.exploration_id, reason),
        exploration_id=exploration.exploration_id,
        epoch=exploration.epoch,
        counter=exploration.counter,
        index=0,
        of=1,
        nothing_reason=reason,
        nothing_text=text,
        draws_lane=exploration.lane is Lane.DRAWS,
    )
