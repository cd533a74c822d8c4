"""What an exploration needs from outside: environments to call tools in, the catalogue, somebody who bends plans."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from shared.model.calls import State
from shared.model.catalogue import Effect, PathMode, ToolRecord
from shared.model.sub_dags import PlannedCall


class Called(Protocol):
    """What one executed call left behind; a crash or a time-out is data too."""

    @property
    def result_json(self) -> str:
        """Canonical result; empty when it is too large."""

    @property
    def result_sha256(self) -> str:
        """Digest of the canonical result's bytes, also when it is too large."""

    @property
    def result_length(self) -> int:
        """Length of the canonical result in bytes."""

    @property
    def too_large(self) -> bool:
        """Whether only digest and length were kept."""

    @property
    def is_error(self) -> bool:
        """The server's own flag."""

    @property
    def crash(self) -> str:
        """`died` or `timeout` when the process did not answer, the same each time it was tried; else empty."""

    @property
    def state(self) -> State:
        """State the call started from."""

    @property
    def state_after(self) -> State:
        """State it left behind."""

    @property
    def path_mode(self) -> PathMode:
        """How the world reached the server."""

    @property
    def effect(self) -> Effect:
        """The behaviour class by which `state_after` was decided."""

    @property
    def change_json(self) -> str:
        """How the world it left differs from the one that the environment was lent with; empty where it moved none."""


class Caller(Protocol):
    """One copy of one world with its servers."""

    async def call_tool(self, server_id: str, tool: str, arguments_json: str) -> Called:
        """Call one tool.

        Raises:
            Unavailable: infrastructure is away; nothing about the tool is known.
            Rejected: the server cannot serve at all.
        """


@dataclass(frozen=True, slots=True)
class Need:
    """What an environment is borrowed for."""

    world_digest: str
    servers: tuple[str, ...]
    """Which servers will be called: a hint."""
    subject: str
    """Exploration id, for the ledger."""


class Environments(Protocol):
    """Where environments are borrowed from, one at a time per exploration."""

    def first(self, need: Need) -> AbstractAsyncContextManager[Caller]:
        """Borrow an environment at the frozen clock."""

    def second(self, need: Need) -> AbstractAsyncContextManager[Caller]:
        """Borrow another copy, served by other processes, with the clock moved on."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that failed, as a bender sees it."""

    call: PlannedCall
    """With the literals that were tried."""
    arguments_json: str
    text: str
    """What the tool or the schema said; written by strangers."""


class PlanBender(Protocol):
    """Proposes other literals for a failed call."""

    async def propose(self, refusal: Refusal, tool: ToolRecord, subject: str) -> Sequence[PlannedCall]:
        """Return the call with other literals, best first; its inputs stay as they are.

        Raises:
            Unavailable: what it asks is away.
        """
