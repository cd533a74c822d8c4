"""What the simulator needs from outside: a library of recordings, later a pool of live servers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.model.calls import Recording, State
from shared.model.catalogue import ServerRecord, ToolRecord
from shared.model.ports import CallOutcome
from shared.model.tasks import Task, TaskState


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
    """A call nobody recorded, ready to be made on the pinned server."""

    server_id: str
    server_digest: str
    tool: str
    arguments_json: str
    state: State


class LivePool(Protocol):
    """Runs calls on pinned servers in a sandboxed copy of an episode's state; the first result per key stays."""

    async def call(self, call: LiveCall) -> tuple[CallOutcome, str] | None:
        """Return the outcome and the id of its recording in the overlay; None where it cannot be run here."""
