"""OpenEnv >= 0.10: sessions for trainers that own the sampling, and an environment for OpenEnv's own server.

`FireflySessionFactory` is what TRL's `HarnessRolloutWorker(harness_session_factory=...)` takes; the real JSON Schemas
reach the chat template this way, and an unscored rollout is left out of its group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.mcp_types import (
    CallToolAction,
    CallToolObservation,
    ListToolsAction,
    ListToolsObservation,
    Tool,
)
from openenv.core.env_server.types import Action, Observation, State
from openenv.core.harness import ResourceSession, ResourceSessionFactory, ToolResult, VerifyResult

from firefly_client.adapters.connections import client_of
from firefly_client.errors import SimulatorError
from firefly_client.naming import TAKEN_BY_OPENENV
from firefly_client.playing import Play, Rules, last_text, open_play


class FireflySession(ResourceSession):
    """One rollout."""

    def __init__(self, play: Play) -> None:
        self._play = play

    def initial_messages(self) -> list[dict[str, Any]]:
        """See OpenEnv."""
        return [dict(message) for message in self._play.progress.start.messages]

    def list_tools(self) -> list[Tool]:
        """See OpenEnv."""
        return _tools(self._play)

    def call_tool(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        """See OpenEnv; a failed call is a result with text, never an exception."""
        text = self._play.call(name, arguments)
        progress = self._play.progress
        metadata = {"tier": progress.reply.tier} if progress.reply else {}
        return ToolResult(text, progress.submitted is not None, metadata, _error(self._play))

    def verify(self, transcript: Sequence[Mapping[str, Any]], final_state: Any | None = None) -> VerifyResult:
        """See OpenEnv; `env_reward` None is unscored."""
        verdict = self._play.verdict(last_text(transcript))
        metrics = {**verdict.components, **{f"tier_{tier}": count for tier, count in verdict.tiers.items()}}
        artifacts = {"outcome": verdict.outcome, "explanation": verdict.explanation}
        return VerifyResult(verdict.reward, True, metrics, artifacts)

    def close(self) -> None:
        """See OpenEnv."""
        self._play.close()


class FireflySessionFactory(ResourceSessionFactory):
    """Makes sessions; it can be pickled, the connection is made where it is used."""

    def __init__(self, target: str, *, mask_misses: bool = False) -> None:
        self.target, self.mask_misses = target, mask_misses

    def create(self, task: Any, seed: int | None = None, episode_id: str | None = None) -> FireflySession:
        """Open a rollout of a task: its id, a row with `task_id`, or messages of which the last one is the id.

        Raises:
            SimulatorError: the episode cannot be opened.
        """
        opened = open_play(client_of(self.target), task_id_of(task), _rules(self.mask_misses))
        if isinstance(opened, str):
            raise SimulatorError("UNAVAILABLE", "", opened)
        return FireflySession(opened)


class FireflyEnvironment(Environment):
    """The same behind OpenEnv's server: `reset(task_id=...)`, then `list_tools` and `call_tool` actions.

    The reward comes with the observation of `submit_answer`.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, target: str, *, mask_misses: bool = False) -> None:
        super().__init__()
        self._target, self._rules = target, _rules(mask_misses)
        self._play: Play | None = None
        self._state = State()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **row: Any) -> Observation:
        """Open an episode of `task_id`; the first messages stand in the observation's metadata."""
        self.close()
        opened = open_play(client_of(self._target), task_id_of(row), self._rules)
        self._state = State(episode_id=episode_id, step_count=0)
        if isinstance(opened, str):
            return Observation(done=True, metadata={"unscored": opened})
        self._play = opened
        return Observation(metadata={"messages": [dict(one) for one in opened.progress.start.messages]})

    def step(self, action: Action, timeout_s: float | None = None, **_: Any) -> Observation:
        """Answer an action."""
        if self._play is None:
            return Observation(done=True, metadata={"unscored": "there is no episode: call reset with a task_id"})
        if isinstance(action, ListToolsAction):
            return ListToolsObservation(tools=_tools(self._play))
        if not isinstance(action, CallToolAction):
            return Observation(metadata={"error": "actions here are list_tools and call_tool"})
        self._state = State(episode_id=self._state.episode_id, step_count=self._state.step_count + 1)
        text = self._play.call(action.tool_name, action.arguments)
        if not self._play.progress.is_over:
            return CallToolObservation(tool_name=action.tool_name, result=text)
        verdict = self._play.verdict()
        told = {"outcome": verdict.outcome, "explanation": verdict.explanation}
        return CallToolObservation(
            tool_name=action.tool_name, result=text, done=True, reward=verdict.reward, metadata=told
        )

    @property
    def state(self) -> State:
        """See OpenEnv."""
        return self._state

    def close(self) -> None:
        """End the episode."""
        if self._play is not None:
            self._play.close()
            self._play = None


def task_id_of(task: Any) -> str:
    """Read a task's id out of what a trainer hands over.

    Raises:
        ValueError: there is none in it.
    """
    if isinstance(task, str):
        return task.strip()
    if isinstance(task, Mapping) and isinstance(task.get("task_id"), str):
        return str(task["task_id"])
    if isinstance(task, Sequence) and task and isinstance(task[-1], Mapping):
        return str(task[-1].get("content", "")).strip()
    raise ValueError("no task id: give the id, a row with task_id, or messages of which the last one is the id")


def _rules(mask_misses: bool) -> Rules:
    return Rules(taken=TAKEN_BY_OPENENV, mask_misses=mask_misses)


def _tools(play: Play) -> list[Tool]:
    return [
        Tool(name=tool.name, description=tool.description, input_schema=dict(tool.input_schema))
        for tool in play.progress.tools()
    ]


def _error(play: Play) -> str | None:
    reply, failure = play.progress.reply, play.progress.failure
    if failure:
        return failure
    return (reply.error_code or "tool_error") if reply is not None and reply.is_error else None
