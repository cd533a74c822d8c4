"""What happened when a sub-DAG was executed on real servers: once, once more elsewhere, and with values changed."""

from dataclasses import dataclass
from enum import StrEnum

from shared.model.calls import DataFlow, State
from shared.model.catalogue import Behaviour, PathMode
from shared.model.sub_dags import Lane


class ExplorationOutcome(StrEnum):
    """Each draw yields exactly one record, with one of these."""

    EXECUTED = "executed"
    FAILED = "failed"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class ExecutedCall:
    """One call of the first run."""

    call_id: str
    tool_id: str
    server_id: str
    server_digest: str
    tool: str
    arguments_json: str
    """Canonical, schema defaults applied."""
    depends_on: tuple[DataFlow, ...]
    result_json: str
    """Canonical result; empty when `too_large`."""
    result_sha256: str
    is_error: bool
    """The server's own flag."""
    # Beside the server's own flag, not instead of it: one in three failures comes without it (measured).
    looks_failed: bool
    """An error in disguise, decided by evidence; `is_error` calls are failed too."""
    state: State
    state_after: State
    recording_id: str
    behaviour: Behaviour
    path_mode: PathMode
    precondition: bool = False
    bent: bool = False
    """An alternative literal was used, or a value was found elsewhere than planned."""
    too_large: bool = False
    meaning_json: str = "{}"
    change_json: str = ""
    """As in a recording."""


@dataclass(frozen=True, slots=True)
class RepeatedCall:
    """The same call in the second run: another process, a fresh world, the clock moved on."""

    call_id: str
    result_sha256: str
    is_error: bool
    # With other arguments another result is no sign of instability.
    same_arguments: bool
    """The values that flowed in were the same as in the first run."""
    volatile: tuple[str, ...] = ()
    """JSON pointers into the canonical result where the two runs differ."""
    other_change: bool = False
    """It left the world otherwise than in the first run."""


class CounterfactualOutcome(StrEnum):
    """What another value did."""

    FAILS = "fails"
    CHANGES = "changes"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """One data-flow edge tested: the read-only target called with another value."""

    call_id: str
    argument: str
    source_call_id: str
    changed_json: str
    """Canonical arguments of the changed call."""
    outcome: CounterfactualOutcome
    result_sha256: str
    recording_id: str
    edge_id: str = ""


@dataclass(frozen=True, slots=True)
class Exploration:
    """The executed DAG, its second run, its counterfactuals; failed calls are data."""

    exploration_id: str
    sub_dag_id: str
    lane: Lane
    epoch: int
    counter: int
    graph_version: int
    world_digest: str
    frozen_now: str
    outcome: ExplorationOutcome
    calls: tuple[ExecutedCall, ...] = ()
    repeated: tuple[RepeatedCall, ...] = ()
    counterfactuals: tuple[Counterfactual, ...] = ()
    failure_code: str = ""
    """Stable reason when not executed."""
    failure_text: str = ""
    failed_call_id: str = ""
    shape: str = ""
    policy: str = ""
    distractors: tuple[str, ...] = ()
    """Of the draw: servers to offer beside the called ones."""
