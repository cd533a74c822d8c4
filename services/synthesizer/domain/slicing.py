"""The reference: only calls that the answer needs, and what the reference then is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shared.model.explorations import ExecutedCall
from shared.model.tasks import FieldEvidence, ReferenceCall


@dataclass(frozen=True, slots=True)
class Reference:
    """The calls that the answer needs, in order, and what follows from them."""

    calls: tuple[ReferenceCall, ...]
    tags: tuple[str, ...]
    min_known_calls: int
    servers: tuple[str, ...]


def reference(
    calls: Sequence[ExecutedCall], evidence: Sequence[FieldEvidence], kept_anyway: Collection[str] = ()
) -> Reference:
    """Slice backward from cited calls, and those kept anyway, over what they depend on.

    Preconditions of a needed server stay.
    """
    by_id = {call.call_id: call for call in calls}
    needed: set[str] = set()
    waiting = [*kept_anyway, *(source.call_id for field in evidence for source in field.sources)]
    while waiting:
        call_id = waiting.pop()
        if call_id not in needed:
            needed.add(call_id)
            waiting.extend(flow.call_id for flow in by_id[call_id].depends_on)
    last = {by_id[call_id].server_id: call_id for call_id in sorted(needed, key=list(by_id).index)}
    order = list(by_id)
    for call in calls:
        until = last.get(call.server_id)
        # A preparation stays if something after it on its server is needed: without it that call would fail.
        if call.precondition and until and order.index(call.call_id) < order.index(until):
            needed.add(call.call_id)
    kept = tuple(_reference_call(call) for call in calls if call.call_id in needed)
    # A calculator call makes no task a task of several calls.
    counted = [call for call in kept if not call.replaceable]
    servers = tuple(sorted({call.server_id for call in kept}))
    return Reference(kept, _tags(kept, counted, evidence), max(1, len(counted)), servers)


def longest_chain(calls: Sequence[ReferenceCall]) -> int:
    """Count the calls on the longest path of data flow."""
    depth: dict[str, int] = {}
    for call in calls:
        depth[call.call_id] = 1 + max((depth.get(flow.call_id, 0) for flow in call.depends_on), default=0)
    return max(depth.values(), default=0)


def _reference_call(call: ExecutedCall) -> ReferenceCall:
    return ReferenceCall(
        call_id=call.call_id,
        server_id=call.server_id,
        server_digest=call.server_digest,
        tool=call.tool,
        arguments_json=call.arguments_json,
        depends_on=call.depends_on,
        recording_id=call.recording_id,
        result_sha256=call.result_sha256,
        is_error=call.is_error,
        # Proven, not guessed by name: it answered the same in a world without files.
        replaceable=call.behaviour.pure,
        precondition=call.precondition,
    )


def _tags(
    kept: Sequence[ReferenceCall], counted: Sequence[ReferenceCall], evidence: Sequence[FieldEvidence]
) -> tuple[str, ...]:
    real = {call.call_id for call in counted}
    tags = [f"chain_{longest_chain(kept)}"]
    if len(counted) > 1:
        tags.append("multi_call")
    if len({call.server_id for call in counted}) > 1:
        tags.append("cross_server")
    if any(_meets(call, real) for call in counted) or any(_joins(field, real) for field in evidence):
        tags.append("fan_in")
    if any(tag > 1 for tag in _takers(kept).values()):
        tags.append("fan_out")
    return tuple(sorted(tags))


def _meets(call: ReferenceCall, real: set[str]) -> bool:
    return len({flow.call_id for flow in call.depends_on if flow.call_id in real}) > 1


def _joins(field: FieldEvidence, real: set[str]) -> bool:
    return len({source.call_id for source in field.sources if source.call_id in real}) > 1


def _takers(kept: Sequence[ReferenceCall]) -> Mapping[str, int]:
    takers: dict[str, int] = {}
    for call in kept:
        for source in {flow.call_id for flow in call.depends_on}:
            takers[source] = takers.get(source, 0) + 1
    return takers
