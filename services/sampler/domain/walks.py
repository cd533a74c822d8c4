"""Walks over the graph: calls known to succeed, extended along data-flow edges; little-used tools first.

They are how the graph learns: a single call shows a tool's outputs, a candidate edge is tested by being used.
"""

import json
import random
from collections.abc import Mapping, Sequence

from services.sampler.domain.plan import Infeasible
from shared.model.catalogue import Effect, WorldRecord
from shared.model.graphs import Edge, EdgeKind, Grade, ObservedCall, ToolNode
from shared.model.sub_dags import Alternative, Binding, PlannedCall, PlannedInput
from shared.proof.canonical import canonical

POLICY = "walk-1"
_PROVEN = (Grade.ANSWER_DEPENDS, Grade.OTHER_VALUE_FAILS)
_TESTING = 0.35
_EXTENDING = 0.6
_MOST_CALLS = 4
_ALTERNATIVES = 3


def walk(
    rng: random.Random, nodes: Sequence[ToolNode], worlds: Sequence[WorldRecord], used: Mapping[str, int]
) -> tuple[str, tuple[PlannedCall, ...]]:
    """Draw a walk: the world it lives in, and its calls.

    Raises:
        Infeasible: no tool is known to succeed anywhere.
    """
    world = rng.choice(sorted(record.world_digest for record in worlds)) if worlds else ""
    callable_ = [node for node in nodes if _calls_in(node, world) and node.behaviour.effect is not Effect.WORLD]
    if not callable_:
        raise Infeasible("no tool is known to succeed")
    start = _rarest(rng, callable_, used)
    by_id = {node.tool_id: node for node in callable_}
    calls = _prepared(start, by_id, world, [])
    calls.append(_call(rng, start, world, len(calls) + 1))
    while len(calls) < _MOST_CALLS and rng.random() < _EXTENDING:
        extension = _extended(rng, calls, by_id, world)
        if extension is None:
            break
        calls = extension
    return world, tuple(calls)


def _rarest(rng: random.Random, nodes: Sequence[ToolNode], used: Mapping[str, int]) -> ToolNode:
    # Tools that no draw has used come first, so that each is seen before any is seen twice.
    fewest = min(used.get(node.tool_id, 0) for node in nodes)
    return rng.choice([node for node in nodes if used.get(node.tool_id, 0) == fewest])


def _calls_in(node: ToolNode, world: str) -> list[ObservedCall]:
    return [call for call in node.calls if call.world_digest in ("", world)]


def _call(rng: random.Random, node: ToolNode, world: str, number: int) -> PlannedCall:
    known = _calls_in(node, world)
    chosen = rng.choice(known)
    arguments = json.loads(chosen.arguments_json)
    bindings = tuple(
        Binding(f"/{name}", tuple(_alternatives(name, chosen, known))) for name in sorted(arguments) if len(known) > 1
    )
    return PlannedCall(
        f"c{number}",
        node.tool_id,
        node.server_id,
        node.name,
        canonical(arguments),
        bindings,
        meaning_json=canonical({"walk": True}),
    )


def _alternatives(name: str, chosen: ObservedCall, known: Sequence[ObservedCall]) -> list[Alternative]:
    """The planned literal first, then those of other calls that succeeded."""
    found: dict[str, Alternative] = {}
    for call in (chosen, *known):
        arguments = json.loads(call.arguments_json)
        if name in arguments:
            value = canonical(arguments[name])
            found.setdefault(value, Alternative(value, call.recording_id))
    return list(found.values())[: _ALTERNATIVES + 1]


def _extended(
    rng: random.Random, calls: list[PlannedCall], by_id: Mapping[str, ToolNode], world: str
) -> list[PlannedCall] | None:
    """Append a call that takes a value of the last one."""
    source = by_id[calls[-1].tool_id]
    edges = [e for e in source.edges if e.kind is EdgeKind.DATA_FLOW and e.target_tool_id in by_id]
    proven = [edge for edge in edges if edge.grade in _PROVEN]
    # An edge that was refused more often than taken is not worth another draw.
    candidates = [edge for edge in edges if edge.grade not in _PROVEN and edge.refused <= edge.accepted + 1]
    pool = candidates if candidates and (not proven or rng.random() < _TESTING) else proven
    if not pool:
        return None
    edge = rng.choice(pool)
    target = by_id[edge.target_tool_id]
    # A circle of tools shows nothing that two calls have not shown.
    if any(call.tool_id == target.tool_id for call in calls):
        return None
    prepared = _prepared(target, by_id, world, calls)
    call = _call(rng, target, world, len(calls) + len(prepared) + 1)
    return [*calls, *prepared, _fed(call, edge, calls[-1].call_id)]


def _fed(call: PlannedCall, edge: Edge, source_call_id: str) -> PlannedCall:
    arguments = json.loads(call.arguments_json)
    name = edge.target.split("/")[1] if edge.target.count("/") >= 1 else ""
    if edge.target.count("/") == 1:
        arguments[name] = None
    planned = PlannedInput(edge.target, source_call_id, edge.source_key, edge.source_kind, edge_id=edge.edge_id)
    return PlannedCall(
        call.call_id,
        call.tool_id,
        call.server_id,
        call.tool,
        canonical(arguments),
        tuple(binding for binding in call.bindings if binding.argument != f"/{name}"),
        (planned,),
        meaning_json=call.meaning_json,
    )


def _prepared(
    node: ToolNode, by_id: Mapping[str, ToolNode], world: str, before: Sequence[PlannedCall]
) -> list[PlannedCall]:
    """Calls that the graph says must come first, unless they already do."""
    first = [
        source
        for source in by_id.values()
        for edge in source.edges
        if edge.kind is EdgeKind.PRECONDITION and edge.target_tool_id == node.tool_id and edge.grade in _PROVEN
    ]
    first = [source for source in first if all(call.tool_id != source.tool_id for call in before)]
    if not first:
        return []
    source = min(first, key=lambda candidate: candidate.tool_id)
    known = min(_calls_in(source, world), key=lambda call: call.arguments_json)
    return [
        PlannedCall(
            f"c{len(before) + 1}",
            source.tool_id,
            source.server_id,
            source.name,
            canonical(json.loads(known.arguments_json)),
            precondition=True,
        )
    ]
