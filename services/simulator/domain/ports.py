"""What the simulator needs from outside: a library of recordings, an overlay, a pool of live servers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.simulator.domain.situation import Situation, Step
from services.simulator.domain.spelling import Call
from shared.model.calls import Recording
from shared.model.catalogue import Effect, PathMode, ServerRecord, ToolRecord
from shared.model.tasks import Task, TaskState
from shared.proof.keys import recording_key


@dataclass(frozen=True, slots=True)
class Moves:
    """What any recorded call of a tool was seen to move."""

    world: bool = False
    session: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """What a library holds."""

    tasks: int
    recordings: int


@dataclass(frozen=True, slots=True)
class Respelt:
    """The recording of a call in another spelling."""

    recording: Recording
    rules: tuple[str, ...]
    """What the two spellings differ in."""


class Library(Protocol):
    """Tasks, tools and recordings: a snapshot, or the live store."""

    @property
    def snapshot_id(self) -> str:
        """Id of the snapshot; `live` for the live store."""

    @property
    def revision(self) -> int:
        """Grows whenever the catalogue changes; what was bound to an older one is stale."""

    def recordings_at(self, key: str) -> Sequence[Recording]:
        """Return the recordings of one key: more than one when it answered differently."""

    def recording(self, recording_id: str) -> Recording | None:
        """Return one recording."""

    def respelt(self, call: Call) -> Respelt | None:
        """Return a recording that a call spells otherwise, by rules that were proven for its tool."""

    def moves(self, server_digest: str, tool: str) -> Moves:
        """Say what recorded calls of a tool moved."""

    def server(self, server_id: str) -> ServerRecord | None:
        """Return a server as it was crawled last."""

    def tool(self, server_digest: str, name: str) -> ToolRecord | None:
        """Return one tool."""

    def tools(self, server_digest: str) -> Sequence[ToolRecord]:
        """Return a server's tools in name order."""

    def task(self, task_id: str) -> Task | None:
        """Return a published task."""

    def task_state(self, task_id: str) -> TaskState:
        """Say whether it still holds."""

    def task_ids(self, after: str, limit: int) -> Sequence[str]:
        """Return ids of active tasks above `after`, in id order."""

    def counts(self) -> Counts:
        """Count what is held."""


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A valid call without a recording that could be served, ready to be made on the pinned server."""

    opening_world: str
    """World that the episode started from, without any session."""
    steps: tuple[Step, ...]
    """What moved the episode since, in order."""
    before: Situation
    server_id: str
    server_digest: str
    tool: str
    arguments_json: str
    """Canonical."""
    effect: Effect
    path_mode: PathMode

    @property
    def key(self) -> str:
        """Key of the recording that the call makes."""
        return recording_key(self.server_digest, self.tool, self.arguments_json, self.before.of(self.server_id))


@dataclass(frozen=True, slots=True)
class NotMade:
    """Why a call cannot be made here, now and ever after."""

    reason: str


Made = Recording | NotMade


class Overlay(Protocol):
    """Live answers beside a snapshot: append-only, the first answer of a key is the answer."""

    def find(self, key: str, path_mode: PathMode) -> Made | None:
        """Return what a key was answered."""

    def keep(self, key: str, path_mode: PathMode, made: Made) -> Made:
        """Add an answer, or return the one that was there before."""

    def digest(self) -> str:
        """Name the content: the same answers, the same name, in whatever order they came."""

    def count(self) -> int:
        """Count what is kept."""


class LivePool(Protocol):
    """Runs calls on pinned servers in a sandboxed copy of an episode's state."""

    async def run(self, call: LiveCall, keep: Callable[[Made], Made]) -> Made:
        """Make one call and return what `keep` makes of it, which is done also when the caller has gone away.

        Raises:
            Rejected: too many live calls are waiting (`overloaded`).
            Unavailable: the server cannot be started or the machine has no room; nothing about the call is known.
        """

    @property
    def in_flight(self) -> int:
        """Calls waiting or running."""
