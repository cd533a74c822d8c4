"""A task, its evidence, and what the verifier says of it."""

from dataclasses import dataclass
from enum import StrEnum

from shared.model.calls import DataFlow


@dataclass(frozen=True, slots=True)
class Source:
    """One cited value."""

    call_id: str
    locator_json: str
    sha256: str
    """Of the UTF-8 text for a span, else of the canonical JSON of the located value."""


@dataclass(frozen=True, slots=True)
class FieldEvidence:
    """How one answer field is derived: sources, then a pipeline of named pure transforms."""

    field: str
    sources: tuple[Source, ...]
    transforms_json: str
    """Canonical JSON list of `{name, args}`."""


@dataclass(frozen=True, slots=True)
class ReferenceCall:
    """One call of the reference DAG."""

    call_id: str
    server_id: str
    server_digest: str
    tool: str
    arguments_json: str
    depends_on: tuple[DataFlow, ...]
    recording_id: str
    result_sha256: str
    is_error: bool
    # An agent can compute without tools, so such calls make a task no harder.
    replaceable: bool = False
    """Pure computation: counts for nothing in difficulty and `multi-call`."""
    precondition: bool = False


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool the agent is offered."""

    server_id: str
    name: str
    """As the server lists it."""
    # Two servers may list the same name, and OpenAI allows neither dots nor slashes.
    offered_name: str
    """Unique and OpenAI-legal: `[a-zA-Z0-9_-]{1,64}`."""
    title: str
    description: str
    input_schema_json: str
    output_schema_json: str
    annotations_json: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one episode of the task."""

    max_calls: int
    max_turns: int
    max_result_chars: int


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A fact that the prompt leaves open; the user tells it when asked."""

    about: str
    """What it is, in the prompt's words: `product`, `cut-off date`."""
    value: str
    """The text of the literal in the logical form."""
    said: str
    """The sentence in which the user tells it."""


@dataclass(frozen=True, slots=True)
class Task:
    """Everything a trainer, an auditor and the checker need."""

    task_id: str
    task_version: int
    schema_version: str
    policy: str
    exploration_id: str
    world_digest: str
    frozen_now: str
    system: str
    prompt: str
    tools: tuple[OfferedTool, ...]
    answer_schema_json: str
    answer_template: str
    answer_types_json: str
    """Per field `{type, unit?, tolerance?, aliases?}`: what typed equality needs (`docs/evidence.md`)."""
    ground_truth_json: str
    evidence: tuple[FieldEvidence, ...]
    logical_form_json: str
    reference: tuple[ReferenceCall, ...]
    min_known_calls: int
    needs_discovery: bool
    task_family: str
    twin_group: str
    limits: Limits
    difficulty: str
    tags: tuple[str, ...]
    shape: str
    live_capable: bool
    provenance_json: str
    license: str
    held_back: tuple[HeldBack, ...] = ()
    """In the order in which the user tells them; empty where the prompt says everything."""
    end_state_json: str = ""
    """What the episode has to leave (`shared.proof.end_state`); empty: the answer alone is graded."""

    @property
    def told(self) -> str:
        """Everything the user can come to say: the prompt, and what it holds back."""
        return " ".join((self.prompt, *(fact.said for fact in self.held_back)))


@dataclass(frozen=True, slots=True)
class DraftTask:
    """What the synthesizer made of one exploration: `of` records each, at least one.

    When nothing could be made, one record without a task says why, so that every exploration ends in verdicts.
    """

    draft_id: str
    """The task id, or a hash of (exploration id, reason) when there is no task."""
    exploration_id: str
    epoch: int
    counter: int
    index: int
    # How many there are travels with each: verdicts complete a run by count, not by lag.
    of: int
    task: Task | None = None
    nothing_reason: str = ""
    nothing_text: str = ""
    draws_lane: bool = True
    counterfactuals_json: str = "[]"
    """Per data-flow edge of the reference `{call_id, argument, outcome}`: the depends-on evidence."""
    repeated_json: str = "[]"
    """Per reference call `{call_id, same, volatile}`: the second run's evidence."""


class Uniqueness(StrEnum):
    """How it is known that a question has one answer, and this one."""

    PROVEN = "proven"
    """A second evaluator computed it from the world's files, and every other source of the same thing agrees."""
    OBSERVED = "observed"
    """Only seen in results: some of it stands where the second evaluator does not read."""


class VerdictKind(StrEnum):
    """What became of a draft."""

    VERIFIED = "verified"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One per draft record."""

    draft_id: str
    exploration_id: str
    epoch: int
    counter: int
    index: int
    of: int
    kind: VerdictKind
    reason: str = ""
    """Stable code of the first gate that refused; the funnel counts it."""
    text: str = ""
    shape: str = ""
    draws_lane: bool = True
    uniqueness: Uniqueness | None = None
    """Of a verified task."""


@dataclass(frozen=True, slots=True)
class VerifiedTask:
    """A published task and the proof that travels with it."""

    task: Task
    checks: tuple[str, ...]
    """Names of the gates it passed, in order."""
    checker_version: str
    uniqueness: Uniqueness | None = None
    """None where it was published before there was a second evaluator."""
    unread: str = ""
    """What the second evaluator could not read, where the uniqueness is only observed."""
    cheapest_json: str = "{}"
    """Where `min_known_calls` comes from: `{calls, way, executed}`; a way that is not executed is only planned."""


AMBIGUOUS_PATH = "ambiguous_path"
"""Reason of a status: another way to solve the task ends in another answer."""


class TaskState(StrEnum):
    """Whether a published task still holds."""

    ACTIVE = "active"
    QUARANTINED = "quarantined"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """Kept true after publication: by the verifier, and by the command line where another way disproves a task."""

    task_id: str
    state: TaskState
    reason: str = ""
    replaces: str = ""


class SpendKind(StrEnum):
    """What was spent."""

    TOOL_CALL = "tool_call"
    MODEL_REQUEST = "model_request"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One thing spent; written outside transactions, id = (request digest, attempt)."""

    entry_id: str
    stage: str
    kind: SpendKind
    subject: str
    """Task or exploration id."""
    seconds: float = 0.0
    calls: int = 0
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    # Text, because sums of prices per million tokens do not fit a double exactly.
    money: str = "0"
    """Exact decimal, in the currency of the price list."""
    cached: bool = False
