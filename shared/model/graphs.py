"""The pairwise tool graph: tools with typed parameters and observed outputs, typed edges with evidence."""

from dataclasses import dataclass
from enum import StrEnum

from shared.model.catalogue import Behaviour
from shared.model.values import ValueKind


class EdgeKind(StrEnum):
    """Why one tool may precede another."""

    DATA_FLOW = "data_flow"
    SHARED_ENTITY = "shared_entity"
    PRECONDITION = "precondition"
    ALTERNATIVE = "alternative"


class Grade(StrEnum):
    """Evidence for a data-flow edge; only the last two count."""

    CANDIDATE = "candidate"
    ACCEPTED = "accepted"
    ANSWER_DEPENDS = "answer_depends"
    OTHER_VALUE_FAILS = "other_value_fails"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument a tool takes, typed from its name, schema and description."""

    pointer: str
    """JSON pointer into the arguments."""
    name: str
    kind: ValueKind
    json_type: str
    required: bool
    enum: tuple[str, ...] = ()
    """JSON texts of the allowed values."""
    default_json: str = ""
    examples: tuple[str, ...] = ()
    """JSON texts quoted in schema or description, or named in error texts."""
    language: str = ""
    """`sql`, `formula`, ... when the string is written in a language; empty otherwise."""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ObservedOutput:
    """One kind of value a tool was seen, or is declared, to return."""

    key: str
    kind: ValueKind
    unit: str = ""
    locator_json: str = ""
    """Of the sample; empty when only declared."""
    sample_json: str = ""
    arguments_json: str = ""
    """The call that returned the sample."""
    recording_id: str = ""
    world_digest: str = ""
    declared: bool = False


@dataclass(frozen=True, slots=True)
class ObservedCall:
    """A call known to succeed: its arguments travel with its values (a sheet brings its workbook)."""

    arguments_json: str
    recording_id: str
    world_digest: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A value of `source_key` from one tool may fill `target` of another."""

    edge_id: str
    kind: EdgeKind
    source_tool_id: str
    source_key: str
    source_kind: ValueKind
    target_tool_id: str
    target: str
    """Parameter pointer; empty for preconditions and alternatives."""
    grade: Grade = Grade.CANDIDATE
    accepted: int = 0
    depends: int = 0
    fails: int = 0
    """Other value fails."""
    # Counts, not only the grade: the next cut goes on from them.
    ignored: int = 0
    refused: int = 0
    """The value itself was refused."""


@dataclass(frozen=True, slots=True)
class ToolNode:
    """One tool in one version of the graph, with its outgoing edges."""

    version: int
    tool_id: str
    server_id: str
    server_digest: str
    name: str
    description: str
    input_schema_json: str
    behaviour: Behaviour
    parameters: tuple[Parameter, ...] = ()
    outputs: tuple[ObservedOutput, ...] = ()
    calls: tuple[ObservedCall, ...] = ()
    edges: tuple[Edge, ...] = ()
    successes: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class TopicOffset:
    """Where a fold stands in one partition: the next offset to read."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class GraphCut:
    """Closes a version: everything of the version is on the topic before this record."""

    version: int
    catalogue_digest: str
    graph_digest: str
    """sha256 over the version's nodes: a pure function of (previous cut, epoch folded, catalogue)."""
    folded_epoch: int
    """Epoch whose explorations this version folded; -1 for none."""
    node_count: int
    edge_count: int
    world_digests: tuple[str, ...] = ()
    offsets: tuple[TopicOffset, ...] = ()
    """Where to re-read `explorations` from at start; outside the digest."""
    settled: bool = True
    """Every server asked for had ended its crawl; false: tools may join at a later cut. Outside the digest."""


GraphRecord = ToolNode | GraphCut
"""One record of `tool-graph`."""
