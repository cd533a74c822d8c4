"""What comes back, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Tool:
    """A tool of one episode."""

    name: str
    description: str
    input_schema: Mapping[str, Any]
    server_id: str
    original_name: str

    def openai(self) -> dict[str, Any]:
        """Return the function form of chat completions."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.input_schema)}
        return {"type": "function", "function": function}


@dataclass(frozen=True)
class Start:
    """An opened episode."""

    episode_id: str
    messages: tuple[Mapping[str, str], ...]
    tools: tuple[Tool, ...]
    answer_schema: Mapping[str, Any]
    max_calls: int
    max_turns: int
    max_result_chars: int
    snapshot_id: str
    mcp_url: str = ""
    """The episode as an MCP server, where the simulator serves it so; whoever has it can call."""


@dataclass(frozen=True)
class Reply:
    """The answer to one call; `text`, `content` and `structured` are for the model, the rest is for the trainer."""

    text: str
    content: tuple[Mapping[str, Any], ...]
    structured: Any
    is_error: bool
    tier: str
    recording_id: str
    error_code: str
    schema_path: str
    truncated: bool
    content_json: str
    structured_content_json: str
    reason: str = ""
    """Why this tier answered."""
    distance: float | None = None
    """Of tier nearest: how unlike the call is whose recorded answer this is, 0 to 1."""


@dataclass(frozen=True)
class Verdict:
    """The score of an episode; `reward` None means unscored, never 0."""

    reward: float | None
    outcome: str
    components: Mapping[str, float]
    tiers: Mapping[str, int]
    checker_version: str
    explanation: str


@dataclass(frozen=True)
class ServerInfo:
    """What a simulator serves."""

    version: str
    snapshot_id: str
    task_count: int
    recording_count: int
    replay_only: bool
    checker_version: str
    open_episodes: int
    overlay_id: str = ""
    overlay_count: int = 0


@dataclass(frozen=True)
class UserTurn:
    """What the user says; `text` is empty once no turn is left."""

    text: str
    turns: int
    turns_left: int
    over_budget: bool


@dataclass(frozen=True)
class TaskOutcome:
    """Tries of one task by one policy; `censored` ones were unscored or masked."""

    task_id: str
    policy: str
    tries: int
    passed: int
    censored: int = 0


@dataclass(frozen=True)
class PolicyTries:
    """All reported tries of one policy; `censored_share` of them were unscored or masked."""

    policy: str
    tasks: int
    tries: int
    passed: int
    censored: int
    censored_share: float


@dataclass(frozen=True)
class MarkedTask:
    """A task that was never (`audit`) or always (`mastered`) solved in at least 64 scored tries."""

    task_id: str
    mark: str
    tries: int
    passed: int
    censored: int
