"""A cut: the next version as a pure function of the previous one, one epoch's explorations, and the catalogue."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from services.graph.domain import edges, preconditions
from services.graph.domain.catalogue import Catalogue
from services.graph.domain.folding import Folding, with_examples
from services.graph.domain.outputs import declared_outputs, keep_most_telling
from services.graph.domain.parameters import parameters
from shared.model.catalogue import ToolRecord
from shared.model.explorations import Exploration
from shared.model.graphs import Edge, Grade, GraphCut, ToolNode, TopicOffset
from shared.proof.canonical import sha256_text

NO_EPOCH = -1


@dataclass(frozen=True, slots=True)
class Version:
    """One closed version: its nodes by tool id, and the record that closes it."""

    nodes: Mapping[str, ToolNode]
    cut: GraphCut

    def incoming(self, tool_id: str) -> tuple[Edge, ...]:
        """List the edges that lead to a tool."""
        return tuple(edge for node in self.nodes.values() for edge in node.edges if edge.target_tool_id == tool_id)


@dataclass(frozen=True, slots=True)
class Epoch:
    """What a version folds: the explorations of one epoch in counter order."""

    number: int
    explorations: Sequence[Exploration]


NOTHING = Epoch(NO_EPOCH, ())


def next_version(
    previous: Version | None, catalogue: Catalogue, epoch: Epoch, offsets: Iterable[TopicOffset]
) -> Version:
    """Cut the version after `previous` (version 0 without one); arrival order and repeats do not matter."""
    number = previous.cut.version + 1 if previous else 0
    known = previous.nodes if previous else {}
    # From the catalogue each time, not from the version before: a tool that a new crawl no longer lists goes.
    nodes = {tool.tool_id: _node(tool, known.get(tool.tool_id), number) for tool in catalogue.tools()}
    folding = Folding(nodes, _evident_edges(known, nodes))
    for exploration in _in_order(epoch.explorations):
        folding.fold(exploration)
    folding.edges = _with_candidates(folding)
    nodes = _assemble(folding)
    cut = GraphCut(
        number,
        catalogue.digest(),
        digest_of(nodes.values()),
        epoch.number,
        len(nodes),
        sum(len(node.edges) for node in nodes.values()),
        catalogue.world_digests(),
        tuple(offsets),
        catalogue.is_settled(),
    )
    return Version(nodes, cut)


def digest_of(nodes: Iterable[ToolNode]) -> str:
    """Digest nodes without their version number; texts, integers and booleans only, so this is canonical JSON."""
    digests = []
    for node in sorted(nodes, key=lambda one: one.tool_id):
        # Without its number: a version that changed nothing has the digest of the one before.
        plain = asdict(replace(node, version=0))
        digests.append(sha256_text(json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))))
    return sha256_text("\n".join(digests))


def _node(tool: ToolRecord, before: ToolNode | None, number: int) -> ToolNode:
    learned = {one.pointer: one.examples for one in before.parameters} if before else {}
    return ToolNode(
        number,
        tool.tool_id,
        tool.server_id,
        tool.server_digest,
        tool.name,
        tool.description,
        tool.input_schema_json,
        tool.behaviour,
        tuple(with_examples(one, learned.get(one.pointer, ())) for one in parameters(tool)),
        before.outputs if before else keep_most_telling(declared_outputs(tool.output_schema_json)),
        before.calls if before else (),
        (),
        before.successes if before else 0,
        before.failures if before else 0,
    )


def _evident_edges(known: Mapping[str, ToolNode], nodes: Mapping[str, ToolNode]) -> dict[str, Edge]:
    """Edges of the previous version with evidence, whose tools are still there."""
    return {
        edge.edge_id: edge
        for node in known.values()
        for edge in node.edges
        if _has_evidence(edge) and edge.source_tool_id in nodes and edge.target_tool_id in nodes
    }


def _has_evidence(edge: Edge) -> bool:
    # Candidates without evidence are computed again; kept, they would outlive the names that spoke for them.
    return edge.grade is not Grade.CANDIDATE or edge.ignored > 0 or edge.refused > 0


def _with_candidates(folding: Folding) -> dict[str, Edge]:
    found = (*edges.candidates(folding.nodes), *preconditions.candidates(folding.nodes))
    # What has evidence wins over the same edge found anew.
    return {edge.edge_id: edge for edge in found} | folding.edges


def _assemble(folding: Folding) -> dict[str, ToolNode]:
    by_source: dict[str, list[Edge]] = {tool_id: [] for tool_id in folding.nodes}
    for edge in folding.edges.values():
        by_source[edge.source_tool_id].append(edge)
    return {
        tool_id: replace(folding.nodes[tool_id], edges=tuple(sorted(by_source[tool_id], key=lambda one: one.edge_id)))
        for tool_id in sorted(folding.nodes)
    }


def _in_order(explorations: Iterable[Exploration]) -> list[Exploration]:
    """Each counter once, in order; a repeat of a counter is the same exploration."""
    # A redo may write a counter twice; whichever came first, the same one has to be folded.
    by_counter = {one.counter: one for one in sorted(explorations, key=lambda one: one.exploration_id, reverse=True)}
    return [by_counter[counter] for counter in sorted(by_counter)]
