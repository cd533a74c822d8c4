"""Candidate data-flow edges from an index over kinds and words of names, never from all pairs of tools."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from services.graph.domain.pairing import Target, strength, targets, wanted_kinds
from shared.model.catalogue import Effect
from shared.model.graphs import Edge, EdgeKind, ObservedOutput, ToolNode
from shared.model.values import ValueKind
from shared.proof.identity import identifier

MOST_PER_TARGET = 16
MOST_PER_PAIR = 2
LANGUAGE_FACTOR = 4
"""A text in a language takes more kinds of values than a plain parameter does."""
MOST_PER_SOURCE = 80

Source = tuple[ToolNode, ObservedOutput]
Ranked = tuple[int, str, str, Edge]


def edge_id(kind: EdgeKind, source: tuple[str, str, str], target_tool_id: str, target: str) -> str:
    """Name an edge; `source` is tool id, key and kind of the value."""
    return identifier("edge", [str(kind), *source, target_tool_id, target])


def candidates(nodes: Mapping[str, ToolNode]) -> tuple[Edge, ...]:
    """List the data-flow edges that kinds, units and names speak for, the strongest per parameter and per source."""
    index = _index(nodes.values())
    found: list[Ranked] = []
    for node in nodes.values():
        for target in targets(node):
            found.extend(_best(target, node, index))
    return tuple(_bound_per_source(found))


def data_flow(source: tuple[str, str, ValueKind], target_tool_id: str, target: str) -> Edge:
    """Make a data-flow edge without evidence."""
    tool_id, key, kind = source
    name = edge_id(EdgeKind.DATA_FLOW, (tool_id, key, str(kind)), target_tool_id, target)
    return Edge(name, EdgeKind.DATA_FLOW, tool_id, key, kind, target_tool_id, target)


def _index(nodes: Iterable[ToolNode]) -> dict[ValueKind, list[Source]]:
    index: dict[ValueKind, list[Source]] = defaultdict(list)
    for node in nodes:
        for output in node.outputs:
            index[output.kind].append((node, output))
    return index


def _best(target: Target, node: ToolNode, index: Mapping[ValueKind, Sequence[Source]]) -> Iterator[Ranked]:
    ranked: list[Ranked] = []
    # Sorted: a set's order differs between processes, and a cut must not.
    for kind in sorted(wanted_kinds(target.parameter)):
        for source, output in index.get(kind, ()):
            base = strength(source, output, target)
            if base:
                edge = data_flow((source.tool_id, output.key, output.kind), node.tool_id, target.parameter.pointer)
                ranked.append((-base - _merit(source, node), source.tool_id, output.key, edge))
    ranked.sort(key=lambda one: one[:3])
    factor = LANGUAGE_FACTOR if target.parameter.language else 1
    taken: dict[str, int] = defaultdict(int)
    kept = 0
    for one in ranked:
        taken[one[1]] += 1
        # Bounded per pair: one tool with forty outputs would leave no place for others.
        if taken[one[1]] <= MOST_PER_PAIR * factor and kept < MOST_PER_TARGET * factor:
            kept += 1
            yield one


def _merit(source: ToolNode, target: ToolNode) -> int:
    """Reading is better than writing to take a value from, and another server better than the same."""
    # Chains across servers are what is scarce, and a write as a source changes the world it tells about.
    return (source.behaviour.effect is Effect.READ_ONLY) + (source.server_id != target.server_id)


def _bound_per_source(found: Sequence[Ranked]) -> Iterator[Edge]:
    taken: dict[str, int] = defaultdict(int)
    for _, source, _, edge in sorted(found, key=lambda one: (one[0], one[1], one[3].edge_id)):
        taken[source] += 1
        if taken[source] <= MOST_PER_SOURCE:
            yield edge
