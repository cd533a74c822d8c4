"""Execute a recorded plan once more elsewhere and say, call by call, what repeats."""

from collections.abc import Mapping, Sequence

from services.explorer.domain.executing import Step, sent
from services.explorer.domain.filling import Answered, Unfilled, fill
from services.explorer.domain.ports import Called, Caller
from shared.model.calls import Stability
from shared.model.errors import Rejected
from shared.model.explorations import RepeatedCall
from shared.proof.volatility import differences

WHOLE = ("",)
"""The whole result is volatile."""


async def repeat(steps: Sequence[Step], caller: Caller) -> tuple[RepeatedCall, ...]:
    """Make the calls of a successful run again, values flowing anew.

    Raises:
        Unavailable: infrastructure is away.
    """
    answered: dict[str, Answered] = {}
    return tuple([await _repeat_call(step, caller, answered) for step in steps])


def stability_of(step: Step, repeated: Mapping[str, RepeatedCall]) -> tuple[Stability, tuple[str, ...]]:
    """Say what the second run proves about a call's recording, and its volatile places."""
    call_id = step.planned.call_id
    second = repeated.get(call_id)
    # Another question was asked, and its answer says nothing of the first.
    if second is None or not second.same_arguments:
        return Stability.UNTESTED, ()
    # A world that depends on the day is nobody's end state, whatever the call says.
    if second.other_change:
        return Stability.UNSTABLE, second.volatile
    if second.result_sha256 == step.attempt.called.result_sha256:
        return Stability.STABLE, ()
    if second.volatile == WHOLE or second.is_error != step.attempt.called.is_error:
        return Stability.UNSTABLE, second.volatile
    return Stability.MASKED, second.volatile


async def _repeat_call(step: Step, caller: Caller, answered: dict[str, Answered]) -> RepeatedCall:
    call_id, tool = step.planned.call_id, step.attempt.tool
    filled = fill(step.attempt.filled.call, answered, tool.input_schema_json)
    if isinstance(filled, Unfilled):
        return RepeatedCall(call_id, "", is_error=True, same_arguments=False, volatile=WHOLE)
    same = filled.arguments_json == step.attempt.filled.arguments_json
    try:
        called = await caller.call_tool(tool.server_id, tool.name, sent(filled))
    except Rejected:
        return RepeatedCall(call_id, "", is_error=True, same_arguments=same, volatile=WHOLE)
    # What failed feeds nobody: calls that need it count as not made.
    if not called.is_error and not called.crash:
        answered[call_id] = Answered(filled.arguments_json, called.result_json)
    failed = called.is_error or bool(called.crash)
    first = step.attempt.called
    other = called.change_json != first.change_json
    return RepeatedCall(call_id, called.result_sha256, failed, same, _volatile(first, called), other)


def _volatile(first: Called, second: Called) -> tuple[str, ...]:
    if first.result_sha256 == second.result_sha256:
        return ()
    if not first.result_json or not second.result_json:
        return WHOLE
    return differences(first.result_json, second.result_json)
