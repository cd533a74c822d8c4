"""Does a call's answer depend on the value that flowed in? Call it again with another one of the same kind and see.

Only calls that moved nothing, and only while the environment is in the state that they started from. What merely hands
the argument back, or differs between runs anyway, is no dependence.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from services.explorer.domain.altering import altered
from services.explorer.domain.executing import Attempt, Step, make_attempt
from services.explorer.domain.filling import Answered, Filled, Found, fill_with, found_at, text_of
from services.explorer.domain.pointers import tokens_of
from services.explorer.domain.ports import Caller
from services.explorer.domain.validation import violation
from shared.model.calls import State
from shared.model.errors import Rejected
from shared.model.explorations import CounterfactualOutcome
from shared.model.sub_dags import PlannedInput
from shared.proof import schemas, values
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.volatility import is_volatile, without

MOST_CANDIDATES = 60
"""Values looked at for one that the schema admits."""
MOST_TRIES = 2
"""Other values tried per edge: one that happens to give the same answer proves little."""
_SEPARATE = r"(?<![\w.]){}(?![\w]|\.\d)"


@dataclass(frozen=True, slots=True)
class Changed:
    """One call with another value in one place."""

    step: Step
    planned: PlannedInput
    before: Found
    after: Found
    attempt: Attempt


async def try_other_values(steps: Sequence[Step], caller: Caller) -> tuple[Changed, ...]:
    """Make the counterfactual calls of a successful run in the environment that it ended in.

    Raises:
        Unavailable: infrastructure is away.
    """
    answered = {
        step.planned.call_id: Answered(step.attempt.filled.arguments_json, step.attempt.called.result_json)
        for step in steps
    }
    here = end_states(steps)
    made: list[Changed] = []
    for step in steps:
        if not _is_testable(step, here):
            continue
        for index in edges(step):
            changed = await try_edge(step, index, answered, caller)
            made += changed
            # The environment has left the state that the other calls started from.
            if any(one.attempt.called.state != one.attempt.called.state_after for one in changed):
                return tuple(made)
    return tuple(made)


def outcome_of(changed: Changed, volatile: Sequence[str]) -> CounterfactualOutcome:
    """Classify one counterfactual call against the call it varies; `volatile` places do not count."""
    first, second = changed.step.attempt, changed.attempt
    if second.failure:
        return CounterfactualOutcome.FAILS
    # A write says little of what it did; what counts is what it left.
    if first.called.state.world != first.called.state_after.world:
        same = first.called.change_json == second.called.change_json
        return CounterfactualOutcome.SAME if same else CounterfactualOutcome.CHANGES
    if first.called.result_sha256 == second.called.result_sha256:
        return CounterfactualOutcome.SAME
    if not first.called.result_json or not second.called.result_json:
        return CounterfactualOutcome.CHANGES
    # A callee that only hands the value back depends on nothing (618 of 1,718 textual successes, measured).
    if _text(first, changed.before.text, volatile) == _text(second, changed.after.text, volatile):
        return CounterfactualOutcome.SAME
    one, other = _values(first, volatile), _values(second, volatile)
    return CounterfactualOutcome.SAME if one and one == other else CounterfactualOutcome.CHANGES


def end_states(steps: Sequence[Step]) -> dict[str, State]:
    """Say in which state each server is after a run: the last world, its own last session."""
    world = steps[-1].attempt.called.state_after.world if steps else ""
    return {step.attempt.tool.server_id: State(world, step.attempt.called.state_after.session) for step in steps}


def other_values(step: Step, index: int, answered: Mapping[str, Answered]) -> Iterator[Found]:
    """Yield values that might stand in for an edge's value, the likeliest to be valid first."""
    planned, before = step.attempt.filled.found[index]
    source = answered[planned.source_call_id]
    held = values.extract(source.result_json, source.arguments_json)
    same_key = [value for value in held if value.key == planned.key and value.kind == planned.kind]
    same_kind = [value for value in held if value.key != planned.key and value.kind == planned.kind]
    # Values of the same result come first: they exist in this world, so a refusal of them tells most.
    for value in (*same_key, *same_kind):
        if found := found_at(planned, source, value.locator_json):
            yield found
    for literal in _literals(step, planned):
        yield replace(before, value=literal, text=text_of(literal))
    for literal in altered(before.value, planned.kind):
        yield replace(before, value=literal, text=text_of(literal))


async def try_edge(step: Step, index: int, answered: Mapping[str, Answered], caller: Caller) -> list[Changed]:
    """Vary one edge where a call starts from the state that it started from.

    Raises:
        Unavailable: infrastructure is away.
    """
    planned, before = step.attempt.filled.found[index]
    made: list[Changed] = []
    for after, filled in variants(step, index, answered):
        try:
            attempt = await make_attempt(caller, filled, step.attempt.tool)
        # The server cannot serve at all: another value would not help.
        except Rejected:
            break
        changed = Changed(step, planned, before, after, attempt)
        moved = attempt.called.state != attempt.called.state_after
        made.append(changed)
        # One that shows dependence is enough.
        if moved or len(made) == MOST_TRIES or outcome_of(changed, ()) is not CounterfactualOutcome.SAME:
            break
    return made


def variants(step: Step, index: int, answered: Mapping[str, Answered]) -> Iterator[tuple[Found, Filled]]:
    """Yield valid calls with another value at one edge, each once."""
    used, schema = {step.attempt.filled.arguments_json}, step.attempt.tool.input_schema_json
    for after in islice(other_values(step, index, answered), MOST_CANDIDATES):
        found = list(step.attempt.filled.found)
        for twin in twins(step, index):
            found[twin] = (found[twin][0], after)
        try:
            filled = fill_with(step.attempt.filled.call, found, schema)
        except Rejected:
            continue
        if not isinstance(filled, Filled) or filled.arguments_json in used or violation(filled.arguments_json, schema):
            continue
        used.add(filled.arguments_json)
        yield after, filled


def edges(step: Step) -> list[int]:
    """List the inputs of a call that are varied: of slots that hold one value the first."""
    return [index for index in range(len(step.attempt.filled.found)) if twins(step, index)[0] == index]


def twins(step: Step, index: int) -> list[int]:
    """List the slots of one argument that hold one value, this one among them: they are varied as one.

    The row in `A7:E7` stands there twice; `A7:E8` reads row 7 all the same, and its answer shows no dependence.
    """
    found = step.attempt.filled.found
    planned, value = found[index]
    return [
        other
        for other, (place, held) in enumerate(found)
        if (place.argument, place.source_call_id, held) == (planned.argument, planned.source_call_id, value)
    ]


def _is_testable(step: Step, here: Mapping[str, State]) -> bool:
    called = step.attempt.called
    return called.state == called.state_after == here[step.attempt.tool.server_id]


def _literals(step: Step, planned: PlannedInput) -> Iterator[Any]:
    """Literals that the plan or the schema names for the argument itself."""
    if planned.marker:
        return
    for binding in step.planned.bindings:
        if binding.argument == planned.argument:
            yield from (parse_canonical(one.value_json) for one in binding.alternatives)
    schema = schemas.read_schema(step.attempt.tool.input_schema_json)
    named = schemas.object_schema(schema, schema).properties.get(tokens_of(planned.argument)[0], {})
    members = schemas.resolve(named, schema).get("enum")
    yield from members if isinstance(members, list) else ()


def _text(attempt: Attempt, value: str, volatile: Sequence[str]) -> str:
    """The answer without volatile places, the value that went in made anonymous."""
    text = canonical(without(attempt.called.result_json, volatile))
    # As a whole word: 1 must not be blanked inside 2018.
    return re.sub(_SEPARATE.format(re.escape(value)), "\u25a1", text) if value else text


def _values(attempt: Attempt, volatile: Sequence[str]) -> list[tuple[str, str]]:
    """What the answer holds beyond its own arguments."""
    held = values.extract(attempt.called.result_json, attempt.filled.arguments_json)
    return [(value.key, value.text) for value in held if not is_volatile(value.locator_json, volatile)]
