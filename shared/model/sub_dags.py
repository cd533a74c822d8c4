"""A sub-DAG drawn by the sampler: a plan in which every argument is bound."""

from dataclasses import dataclass
from enum import StrEnum

from shared.model.values import ValueKind


class Lane(StrEnum):
    """Draws make the dataset; requests (misses, edges to test) run beside it, outside `--draws` and the digest."""

    DRAWS = "draws"
    REQUESTS = "requests"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another literal for an argument, and the recording it was seen in (empty: seen in the world's files)."""

    value_json: str
    recording_id: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """Literals that may stand at one argument, the planned one first."""

    argument: str
    """JSON pointer into the arguments."""
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class PlannedInput:
    """An argument filled from an earlier call's result."""

    argument: str
    """JSON pointer into the arguments."""
    source_call_id: str
    key: str
    """Key of the value to look for when the locator does not resolve."""
    kind: ValueKind
    locator_json: str = ""
    """Where the value is expected; empty: find by key and kind."""
    transforms_json: str = "[]"
    """Canonical JSON list of `{name, args}` applied before the value is used."""
    marker: str = ""
    """Text inside the argument string that the value replaces; empty: it replaces the whole argument."""
    edge_id: str = ""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call of the plan."""

    call_id: str
    """`c1`, `c2`, ... in a topological order."""
    tool_id: str
    server_id: str
    tool: str
    arguments_json: str
    """Literals; filled inputs hold their markers or null."""
    bindings: tuple[Binding, ...] = ()
    inputs: tuple[PlannedInput, ...] = ()
    precondition: bool = False
    """It prepares state for a later call (register, create) and answers nothing itself."""
    meaning_json: str = "{}"
    """What the arguments were bound to mean: a fragment of a logical form (`docs/logical-form.md`)."""


@dataclass(frozen=True, slots=True)
class SubDag:
    """One draw."""

    sub_dag_id: str
    lane: Lane
    epoch: int
    counter: int
    """Position in its lane, from 0, without gaps."""
    graph_version: int
    world_digest: str
    calls: tuple[PlannedCall, ...]
    shape: str
    """Digest of (server, tool) and edges, arguments ignored."""
    policy: str
    """Which binding policy and version drew it."""
    request_id: str = ""
    """The `exploration-requests` record it answers; lane `requests` only."""
    distractors: tuple[str, ...] = ()
    """Servers to offer beside the called ones: those that another draw calls."""


@dataclass(frozen=True, slots=True)
class EpochOpened:
    """Opens an epoch on `sub-dags`, before its first draw."""

    epoch: int
    graph_version: int
    first_counter: int
    size: int
    # Said ahead, because lag is no sign of an end: transactions leave markers that no reader ever passes.
    last: bool = False
    """No epoch follows: the run's `--draws` are all in."""


SubDagRecord = SubDag | EpochOpened
"""One record of `sub-dags`."""


@dataclass(frozen=True, slots=True)
class ExplorationRequest:
    """Ask for a call nobody has made: a simulator miss, or an edge worth testing."""

    request_id: str
    server_id: str
    tool: str
    arguments_json: str
    world_digest: str
    reason: str
    """`miss` or `edge`."""
    session: str = ""
