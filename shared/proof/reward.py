"""The reward: a pure function of (answer, ground truth, answer types); outcomes say why it is what it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from shared.model.errors import Rejected
from shared.proof.absence import CANNOT, FIELDS, is_refusal
from shared.proof.answers import parse_answer
from shared.proof.canonical import parse, parse_canonical
from shared.proof.equality import equal

CHECKER_VERSION = "1"


class Outcome(StrEnum):
    """How an answer was judged."""

    PASS = "pass"
    FAIL = "fail"
    FAIL_AFTER_MISS = "fail_after_miss"
    """Wrong, and the simulator had to say `miss` at least once: a trainer may mask it."""
    UNPARSABLE = "unparsable"
    REFUSED = "refused"
    OVER_BUDGET = "over_budget"


@dataclass(frozen=True, slots=True)
class Score:
    """A reward of 1 or 0, its outcome, and per field whether it was right."""

    reward: float
    outcome: Outcome
    components: Mapping[str, float] = field(default_factory=dict)
    """`field/<name>` and, where one is asked for, `end_state`: 1 or 0; `answer_keys`: 1 when exactly the keys asked for
    (or of a refusal) were given."""
    checker_version: str = CHECKER_VERSION


def score(
    final_answer: str,
    ground_truth_json: str,
    answer_types_json: str,
    answer_schema_json: str,
    had_miss: bool,
    over_budget: bool,
) -> Score:
    """Judge a final answer: all fields right is 1, anything else 0; refusing is right only where the truth refuses.

    Args:
        final_answer: the payload of `submit_answer` as JSON text, or the text of the last message.
        ground_truth_json: canonical JSON object.
        answer_types_json: per field its answer type.
        answer_schema_json: JSON Schema of the answer; only its keys are looked at.
        had_miss: whether any call of the episode was a miss.
        over_budget: whether the episode ended by its limits before an answer was given.

    Raises:
        Rejected: the task's own ground truth or answer types are not JSON objects (`bad_ground_truth`).
    """
    truth, types = _own(parse_canonical(ground_truth_json)), _own(parse(answer_types_json))
    # Before anything is read: an answer given after the limits is none.
    if over_budget:
        return Score(0.0, Outcome.OVER_BUDGET)
    answer = parse_answer(final_answer)
    if answer.value is None:
        return Score(0.0, Outcome.REFUSED if answer.refused else Outcome.UNPARSABLE)
    components = _components(answer.value, truth, types)
    asked = _schema_keys(answer_schema_json, truth) - FIELDS
    # `all` of nothing is true: a task without fields would reward any object.
    right = bool(components) and all(components.values())
    # Told, not scored: an extra key beside right values is a matter of form, which a trainer may weigh itself.
    components["answer_keys"] = float(set(answer.value) == (FIELDS if is_refusal(truth) else asked))
    if _says(answer.value, CANNOT) and not is_refusal(truth):
        return Score(0.0, Outcome.REFUSED, components)
    # A guess beside the refusal would be right either way, and so worth nothing to anybody who asks.
    if right and not (is_refusal(truth) and any(_says(answer.value, name) for name in asked)):
        return Score(1.0, Outcome.PASS, components)
    return Score(0.0, Outcome.FAIL_AFTER_MISS if had_miss else Outcome.FAIL, components)


def with_end_state(judged: Score, end_state_json: str, left_json: str, had_miss: bool) -> Score:
    """Hold what an episode left against what it had to leave: only a right answer beside a right end state is 1.

    Args:
        judged: the score of its answer.
        end_state_json: what it had to leave, canonical (`shared.proof.end_state`); empty: the answer is all.
        left_json: what it left, canonical; empty where nobody knows.
        had_miss: as for `score`.
    """
    # Without components there is no answer to hold anything beside.
    if not end_state_json or not judged.components:
        return judged
    is_left = left_json == end_state_json
    components = {**judged.components, "end_state": float(is_left)}
    if judged.outcome not in (Outcome.PASS, Outcome.FAIL) or (is_left and judged.outcome is Outcome.PASS):
        return replace(judged, components=components)
    # What an unknown call did may have been right: that is no sign against the agent.
    failed = Outcome.FAIL_AFTER_MISS if had_miss or not left_json else Outcome.FAIL
    return Score(0.0, failed, components)


def _components(given: Mapping[str, Any], truth: Mapping[str, Any], types: Mapping[str, Any]) -> dict[str, float]:
    found = {}
    for name, value in truth.items():
        declared = types.get(name)
        kind = declared if isinstance(declared, Mapping) else {}
        found[f"field/{name}"] = float(name in given and equal(kind, value, given[name]))
    return found


def _says(given: Mapping[str, Any], name: str) -> bool:
    # Frameworks fill in what is optional: nothing there is nothing said.
    return given.get(name) not in (None, "")


def _schema_keys(answer_schema_json: str, truth: Mapping[str, Any]) -> set[str]:
    try:
        schema = parse(answer_schema_json) if answer_schema_json else None
    except Rejected:
        schema = None
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return set(properties) if isinstance(properties, dict) else set(truth)


def _own(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Rejected("bad_ground_truth", "ground truth and answer types must be JSON objects")
    return value
