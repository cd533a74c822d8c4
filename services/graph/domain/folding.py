"""Folding one epoch's explorations into the graph, in counter order: outputs, calls, edge evidence, preconditions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.graph.domain import grading
from services.graph.domain.complaints import missing_nouns, named_values, refuses
from services.graph.domain.edges import data_flow
from services.graph.domain.outputs import observe
from services.graph.domain.preconditions import makers, precondition, told_by_error
from shared.model.calls import DataFlow
from shared.model.explorations import ExecutedCall, Exploration
from shared.model.graphs import Edge, ObservedCall, Parameter, ToolNode
from shared.proof.values import extract

MOST_CALLS = 12
MOST_EXAMPLES = 16
_LONGEST_ARGUMENTS = 4000


class Folding:
    """The graph while it is folded; made from a version, read out by `nodes` and `edges`."""

    def __init__(self, nodes: Mapping[str, ToolNode], edges: Mapping[str, Edge]) -> None:
        self.nodes = dict(nodes)
        self.edges = dict(edges)
        self._makers = makers(nodes)

    def fold(self, exploration: Exploration) -> None:
        """Take in one exploration; failed calls are data too."""
        volatile = {call.call_id: call.volatile for call in exploration.repeated}
        # A call of a tool that has left the catalogue has no node to be folded into.
        calls = {call.call_id: call for call in exploration.calls if call.tool_id in self.nodes}
        for call in calls.values():
            if is_success(call):
                self._succeeded(call, volatile.get(call.call_id, ()), exploration.world_digest)
            else:
                self._failed(call)
            self._flows(call, calls)
        self._tests(exploration, calls)
        self._preconditions(exploration.calls)

    def _succeeded(self, call: ExecutedCall, volatile: tuple[str, ...], world_digest: str) -> None:
        node = self.nodes[call.tool_id]
        self.nodes[call.tool_id] = replace(
            node,
            successes=node.successes + 1,
            outputs=observe(node.outputs, call, volatile, world_digest),
            calls=_with_call(node.calls, call, world_digest),
        )

    def _failed(self, call: ExecutedCall) -> None:
        node = self.nodes[call.tool_id]
        learned = named_values(call, node.parameters)
        parameters = tuple(with_examples(one, learned.get(one.pointer, ())) for one in node.parameters)
        self.nodes[call.tool_id] = replace(node, failures=node.failures + 1, parameters=parameters)
        for edge in told_by_error(node, missing_nouns(call), self._makers):
            self.edges[edge.edge_id] = grading.refuse(self.edges.get(edge.edge_id, edge))

    def _flows(self, call: ExecutedCall, calls: Mapping[str, ExecutedCall]) -> None:
        for flow in call.depends_on:
            edge = self._edge_of(flow, call, calls)
            if edge is None:
                continue
            if is_success(call):
                self.edges[edge.edge_id] = grading.accept(edge)
            # Only where the error names this value: a call with five arguments may fail for any of them.
            elif refuses(call, flow.argument):
                self.edges[edge.edge_id] = grading.refuse(edge)

    def _tests(self, exploration: Exploration, calls: Mapping[str, ExecutedCall]) -> None:
        for one in exploration.counterfactuals:
            call = calls.get(one.call_id)
            flows = [
                flow
                for flow in (call.depends_on if call else ())
                if flow.argument == one.argument and flow.call_id == one.source_call_id
            ]
            edge = self._edge_of(flows[0], call, calls) if call and flows else None
            if edge:
                self.edges[edge.edge_id] = grading.test(edge, one.outcome)

    def _preconditions(self, calls: Sequence[ExecutedCall]) -> None:
        """A step made for later calls of its server, which then succeeded, is a precondition that held."""
        for index, maker in enumerate(calls):
            if not (maker.precondition and is_success(maker)):
                continue
            for later in calls[index + 1 :]:
                if later.server_id == maker.server_id and is_success(later) and not later.precondition:
                    edge = precondition(maker.tool_id, later.tool_id)
                    self.edges[edge.edge_id] = grading.accept(self.edges.get(edge.edge_id, edge))

    def _edge_of(self, flow: DataFlow, call: ExecutedCall, calls: Mapping[str, ExecutedCall]) -> Edge | None:
        """The edge that proposed a flow, or the one its value and its parameter make."""
        if flow.edge_id in self.edges:
            return self.edges[flow.edge_id]
        source = calls.get(flow.call_id)
        target = _parameter_at(self.nodes[call.tool_id].parameters, flow.argument)
        # Anybody who read the schema knows the members of an enum: that is no flow of data.
        if source is None or target is None or target.enum:
            return None
        values = extract(source.result_json, source.arguments_json)
        value = next((one for one in values if one.locator_json == flow.locator_json), None)
        if value is None:
            return None
        edge = data_flow((source.tool_id, value.key, value.kind), call.tool_id, target.pointer)
        return self.edges.get(edge.edge_id, edge)


def is_success(call: ExecutedCall) -> bool:
    """Tell whether a call answered."""
    return not (call.is_error or call.looks_failed)


def with_examples(parameter: Parameter, learned: Sequence[str]) -> Parameter:
    """Add examples learned from errors; earlier ones stay first."""
    merged = tuple(dict.fromkeys((*parameter.examples, *learned)))[:MOST_EXAMPLES]
    return replace(parameter, examples=merged) if merged != parameter.examples else parameter


def _with_call(known: tuple[ObservedCall, ...], call: ExecutedCall, world_digest: str) -> tuple[ObservedCall, ...]:
    # The first ones stay: a cut must not depend on what happens to come last.
    if len(known) >= MOST_CALLS or len(call.arguments_json) > _LONGEST_ARGUMENTS:
        return known
    if any(one.arguments_json == call.arguments_json and one.world_digest == world_digest for one in known):
        return known
    return (*known, ObservedCall(call.arguments_json, call.recording_id, world_digest))


def _parameter_at(parameters: Sequence[Parameter], pointer: str) -> Parameter | None:
    """The parameter a pointer leads into: `/values/0` is an item of `/values`."""
    fitting = [one for one in parameters if pointer == one.pointer or pointer.startswith(f"{one.pointer}/")]
    return max(fitting, key=lambda one: len(one.pointer), default=None)
