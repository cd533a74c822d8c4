"""Ports that two or more services need."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from shared.model.calls import State
from shared.model.catalogue import PathMode


class CallOutcome(Protocol):
    """What a tool call returned, before anything was made of it."""

    @property
    def result_json(self) -> str:
        """Canonical `{content, structuredContent, isError}`."""

    @property
    def is_error(self) -> bool:
        """The server's own flag."""

    @property
    def state(self) -> State:
        """State the call started from."""

    @property
    def state_after(self) -> State:
        """State it left behind."""

    @property
    def path_mode(self) -> PathMode:
        """How the world reached the server."""


class ToolCaller(Protocol):
    """Calls tools in one world, in order: a live environment, or the simulator's replay."""

    async def call_tool(self, server_id: str, tool: str, arguments_json: str) -> CallOutcome:
        """Call one tool.

        Raises:
            Unavailable: infrastructure is away; nothing about the tool is known.
        """


class LanguageModel(Protocol):
    """Any OpenAI-compatible model behind a role (`explore`, `write`, `judge`)."""

    async def complete_json(
        self, role: str, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], subject: str
    ) -> Mapping[str, Any]:
        """Return one object valid under `schema`; `subject` is the task or exploration id for the ledger.

        Raises:
            Unavailable: the endpoint does not answer.
            Rejected: the model gave no valid object within its tries.
        """
