"""Counterfactuals of plans that write: another value must leave another world, or fail.

After a write no call of the plan starts where it started, so each is varied in an environment of its own, behind the
same calls made again. Only for plans that ask a question: a walk's edges into writes make no task.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from services.explorer.domain.counterfactual import MOST_TRIES, Changed, edges, outcome_of, try_edge, variants
from services.explorer.domain.executing import Attempt, Step, make_attempt, sent
from services.explorer.domain.filling import Answered
from services.explorer.domain.ports import Caller
from shared.model.errors import Rejected
from shared.model.explorations import CounterfactualOutcome
from shared.proof.canonical import canonical, parse_canonical

Lend = Callable[[], AbstractAsyncContextManager[Caller]]
"""Borrows an environment in the opening world, at the frozen clock."""


async def try_in_fresh_worlds(steps: Sequence[Step], lend: Lend, known: Sequence[Changed]) -> tuple[Changed, ...]:
    """Vary every edge that could not be varied where the run ended.

    Args:
        steps: a successful run.
        lend: where environments come from.
        known: what was varied already.

    Raises:
        Unavailable: infrastructure is away.
    """
    if not any(map(moves_world, steps)) or not asks(steps):
        return ()
    tested = {changed.step.planned.call_id for changed in known}
    left = [step for step in steps if step.attempt.filled.found and step.planned.call_id not in tested]
    answered = {
        step.planned.call_id: Answered(step.attempt.filled.arguments_json, step.attempt.called.result_json)
        for step in steps
    }
    made = await _read(steps, [step for step in left if not moves_world(step)], lend, answered)
    for step in filter(moves_world, left):
        for index in edges(step):
            made += await _written(steps, step, index, lend, answered)
    return tuple(made)


async def write_alike(steps: Sequence[Step], lend: Lend) -> tuple[Attempt, ...]:
    """Make a plan's last write once more with the line end at the end of its texts left out.

    Half of all agents write it so. What is left says the same, and a replay has to know it.

    Raises:
        Unavailable: infrastructure is away.
    """
    step = next(filter(moves_world, reversed(steps)), None)
    if step is None or not asks(steps):
        return ()
    arguments = parse_canonical(step.attempt.filled.arguments_json)
    other = canonical({name: _without_end(value) for name, value in arguments.items()})
    if other == step.attempt.filled.arguments_json:
        return ()
    async with lend() as caller:
        for earlier in steps[: steps.index(step)]:
            if not await _again(earlier, caller):
                return ()
        try:
            return (await make_attempt(caller, replace(step.attempt.filled, arguments_json=other), step.attempt.tool),)
        except Rejected:
            return ()


def moves_world(step: Step) -> bool:
    """Whether a call left another world than it started from."""
    return step.attempt.called.state.world != step.attempt.called.state_after.world


def asks(steps: Sequence[Step]) -> bool:
    """Whether a plan asks a question."""
    return any("question" in json.loads(step.planned.meaning_json or "{}") for step in steps)


async def _read(
    steps: Sequence[Step], left: Sequence[Step], lend: Lend, answered: Mapping[str, Answered]
) -> list[Changed]:
    """Vary calls that read, one after the other in one environment: they leave it as it is."""
    made: list[Changed] = []
    if not left:
        return made
    async with lend() as caller:
        for step in steps[: steps.index(left[-1]) + 1]:
            if step in left:
                for index in edges(step):
                    made += await try_edge(step, index, answered, caller)
            moved = any(one.attempt.called.state != one.attempt.called.state_after for one in made)
            if moved or not await _again(step, caller):
                break
    return made


async def _written(
    steps: Sequence[Step], step: Step, index: int, lend: Lend, answered: Mapping[str, Answered]
) -> list[Changed]:
    """Vary one edge into a write, each value in a world of its own, until one shows that the world depends on it."""
    planned, before = step.attempt.filled.found[index]
    made: list[Changed] = []
    for after, filled in variants(step, index, answered):
        async with lend() as caller:
            for earlier in steps[: steps.index(step)]:
                if not await _again(earlier, caller):
                    return made
            try:
                attempt = await make_attempt(caller, filled, step.attempt.tool)
            except Rejected:
                return made
        made.append(Changed(step, planned, before, after, attempt))
        if len(made) == MOST_TRIES or outcome_of(made[-1], ()) is not CounterfactualOutcome.SAME:
            break
    return made


async def _again(step: Step, caller: Caller) -> bool:
    """Make a call again; tell whether it started from and left what it did before."""
    first, tool = step.attempt.called, step.attempt.tool
    try:
        called = await caller.call_tool(tool.server_id, tool.name, sent(step.attempt.filled))
    except Rejected:
        return False
    return (called.state, called.state_after) == (first.state, first.state_after)


def _without_end(value: object) -> object:
    return value.removesuffix("\n") if isinstance(value, str) else value
