"""Turn what was executed into records: one exploration, and a recording of every call that answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.explorer.domain.counterfactual import Changed, outcome_of
from services.explorer.domain.executing import Attempt, Run, Step
from services.explorer.domain.second_run import stability_of
from shared.model.calls import Origin, Recording, Stability
from shared.model.explorations import Counterfactual, ExecutedCall, RepeatedCall
from shared.proof import keys

WALK = '{"walk":true}'
"""The meaning of a call whose plan no longer says what it computes (`docs/logical-form.md`)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found out about a run afterwards."""

    repeated: tuple[RepeatedCall, ...] = ()
    changed: tuple[Changed, ...] = ()

    def by_call(self) -> dict[str, RepeatedCall]:
        """Index the second run."""
        return {one.call_id: one for one in self.repeated}


def executed_calls(run: Run) -> tuple[ExecutedCall, ...]:
    """Record the calls of a run; planned meanings survive only when the plan was followed to the letter."""
    # A meaning belongs to the literals that were planned; with others the question would be a different one.
    holds = not any(step.rewritten or step.attempt.filled.ambiguous for step in run.steps)
    return tuple(_executed(step, step.planned.meaning_json if holds else WALK) for step in run.steps)


def counterfactuals(evidence: Evidence) -> tuple[Counterfactual, ...]:
    """Record the counterfactual calls, one per edge: the first that shows dependence, else the first."""
    by_edge: dict[tuple[str, str, str, str], list[Counterfactual]] = {}
    second = evidence.by_call()
    for changed in evidence.changed:
        one = _counterfactual(changed, second)
        edge = (one.call_id, changed.planned.argument, changed.planned.marker, one.source_call_id)
        by_edge.setdefault(edge, []).append(one)
    # `min` keeps the first of equals, and False sorts before True.
    return tuple(min(tries, key=lambda one: one.outcome.value == "same") for tries in by_edge.values())


def recordings(run: Run, evidence: Evidence, observed_at: str) -> tuple[Recording, ...]:
    """Record every call that answered, each key and result once, the best-proven first."""
    second = evidence.by_call()
    made: dict[str, Recording] = {}
    proven = [(step.attempt, *stability_of(step, second)) for step in run.steps]
    others: Iterable[Attempt] = (*run.others, *(changed.attempt for changed in evidence.changed))
    for attempt, stability, volatile in (*proven, *((one, Stability.UNTESTED, ()) for one in others)):
        recording = _recording(attempt, observed_at)
        made.setdefault(recording.recording_id, replace(recording, stability=stability, volatile_mask=volatile))
    return tuple(made.values())


def recording_id_of(attempt: Attempt) -> str:
    """Name the recording of a call by its key and its result."""
    called, tool = attempt.called, attempt.tool
    key = keys.recording_key(tool.server_digest, tool.name, attempt.filled.arguments_json, called.state)
    return keys.recording_id_of(key, called.result_sha256)


def _recording(attempt: Attempt, observed_at: str) -> Recording:
    called, tool = attempt.called, attempt.tool
    return Recording(
        recording_id=recording_id_of(attempt),
        server_id=tool.server_id,
        server_digest=tool.server_digest,
        tool=tool.name,
        arguments_json=attempt.filled.arguments_json,
        state=called.state,
        state_after=called.state_after,
        result_json=called.result_json,
        result_sha256=called.result_sha256,
        is_error=called.is_error,
        effect=called.effect,
        path_mode=called.path_mode,
        origin=Origin.EXPLORE,
        too_large=called.too_large,
        result_length=called.result_length,
        observed_at=observed_at,
        change_json=called.change_json,
    )


def _executed(step: Step, meaning_json: str) -> ExecutedCall:
    attempt, called, tool = step.attempt, step.attempt.called, step.attempt.tool
    return ExecutedCall(
        call_id=step.planned.call_id,
        tool_id=tool.tool_id,
        server_id=tool.server_id,
        server_digest=tool.server_digest,
        tool=tool.name,
        arguments_json=attempt.filled.arguments_json,
        depends_on=attempt.filled.flows,
        result_json=called.result_json,
        result_sha256=called.result_sha256,
        is_error=called.is_error,
        looks_failed=attempt.looks_failed,
        state=called.state,
        state_after=called.state_after,
        recording_id=recording_id_of(attempt),
        behaviour=tool.behaviour,
        path_mode=called.path_mode,
        precondition=step.planned.precondition,
        bent=step.bent,
        too_large=called.too_large,
        meaning_json=meaning_json,
        change_json=called.change_json,
    )


def _counterfactual(changed: Changed, second: Mapping[str, RepeatedCall]) -> Counterfactual:
    attempt, call_id = changed.attempt, changed.step.planned.call_id
    volatile: Sequence[str] = second[call_id].volatile if call_id in second else ()
    return Counterfactual(
        call_id=call_id,
        argument=changed.planned.argument,
        source_call_id=changed.planned.source_call_id,
        changed_json=attempt.filled.arguments_json,
        outcome=outcome_of(changed, volatile),
        result_sha256=attempt.called.result_sha256,
        recording_id=recording_id_of(attempt),
        edge_id=changed.planned.edge_id,
    )
