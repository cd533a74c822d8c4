"""Is the label right by construction: does it re-derive, is it rewarded, does it hang on what it cites?"""

from collections.abc import Iterator, Mapping
from typing import Any

from services.verifier.domain.altering import alterations, crossings
from services.verifier.domain.case import Case
from shared.model.calls import DataFlow
from shared.model.errors import Rejected
from shared.model.tasks import FieldEvidence
from shared.proof import locators, transforms
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.equality import equal
from shared.proof.evidence import check_task
from shared.proof.flows import stands_in
from shared.proof.plain import plain_json
from shared.proof.reward import score, with_end_state

NO_TRANSFORMS = "[]"
_EMPTY: tuple[Any, ...] = ("", [], {}, None)


def rederive(case: Case) -> str | None:
    """Refuse a task of which any field does not come out of its evidence byte for byte."""
    faults = check_task(case.task, case.results)
    return faults[0].text if faults else None


def flow(case: Case) -> str | None:
    """Refuse a reference whose arguments do not hold the values that are said to have flowed into them."""
    for call in case.task.reference:
        arguments = parse_canonical(call.arguments_json)
        for one in call.depends_on:
            problem = _flow_problem(one, arguments, case.results)
            if problem:
                return f"call {call.call_id}, {one.argument}: {problem}"
    return None


def reward_of_reference(case: Case) -> str | None:
    """Refuse a task whose own ground truth is not rewarded."""
    # By the public reward function itself: a type that refuses its own truth would make a task nobody can solve.
    reward = _reward(case, plain_json(dict(case.truth)))
    return None if reward == 1 else "the ground truth itself does not get reward 1"


def empty_answer(case: Case) -> str | None:
    """Refuse a task that an answer without content solves."""
    types = parse_canonical(case.task.answer_types_json)
    emptiest = {
        name: next((empty for empty in _EMPTY if equal(types.get(name, {}), value, empty)), None)
        for name, value in case.truth.items()
    }
    # The emptiest value of each field too: an empty list may equal an empty truth.
    for answer in ("", "{}", plain_json(emptiest)):
        if _reward(case, answer) != 0:
            return f"the empty answer {answer!r} is rewarded"
    return None


def mutation(case: Case) -> str | None:
    """Refuse a field that stays the same whatever a result it cites says."""
    for field in case.task.evidence:
        try:
            values = _cited(field, case.results)
        except Rejected as error:
            return f"field {field.field!r}: {error.text}"
        for call_id in dict.fromkeys(source.call_id for source in field.sources):
            here = [index for index, source in enumerate(field.sources) if source.call_id == call_id]
            if not any(_matters(field, values, index) for index in here):
                return f"field {field.field!r} stays the same whatever call {call_id} answers"
    return None


def _reward(case: Case, answer: str) -> float:
    task = case.task
    # As if what was to be changed were done: an answer that deserves nothing must get nothing beside it either.
    judged = score(answer, task.ground_truth_json, task.answer_types_json, task.answer_schema_json, False, False)
    return with_end_state(judged, task.end_state_json, task.end_state_json, had_miss=False).reward


def _cited(field: FieldEvidence, results: Mapping[str, str]) -> list[Any]:
    return [locators.locate(results[source.call_id], source.locator_json).value for source in field.sources]


def _matters(field: FieldEvidence, values: list[Any], index: int) -> bool:
    """Whether some other value in one place makes another answer, or (where nothing else is possible) none at all."""
    right = canonical(transforms.apply(field.transforms_json, values))
    derived = list(_derived(field, values, index))
    answered = [answer for answer in derived if answer is not None]
    # Where every altered value is refused, the field depends on its source all the same.
    return any(answer != right for answer in answered) if answered else bool(derived)


def _derived(field: FieldEvidence, values: list[Any], index: int) -> Iterator[str | None]:
    beside = [value for at, value in enumerate(values) if at != index]
    for other in (*alterations(values[index]), *crossings(values[index], beside)):
        try:
            yield canonical(transforms.apply(field.transforms_json, [*values[:index], other, *values[index + 1 :]]))
        except Rejected:
            yield None


def _flow_problem(one: DataFlow, arguments: Any, results: Mapping[str, str]) -> str:
    if one.call_id not in results:
        return f"its source {one.call_id} is not in the reference before it"
    try:
        located = locators.locate(results[one.call_id], one.locator_json)
        value = transforms.apply(one.transforms_json or NO_TRANSFORMS, [located.value])
        stands = locators.resolve_pointer(arguments, one.argument)
    except Rejected as error:
        return error.text
    if located.sha256 != one.sha256:
        return f"the value in {one.call_id} is another one now"
    slot = None if one.slot_start is None or one.slot_end is None else (one.slot_start, one.slot_end)
    if not stands_in(stands, slot, value):
        return f"{locators.text_of(stands)[:60]!r} does not hold the value that {one.call_id} answered"
    return ""
