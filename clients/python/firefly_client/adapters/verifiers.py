"""verifiers v1 (>= 0.4) and what trains with it: `vf-eval firefly_verifiers --env.taskset.task.target HOST:PORT ...`.

The plugin's name is that of the module `firefly_verifiers`, which comes with this package. One tool server serves all
rollouts of a worker; which episode a call belongs to stands in the rollout's state.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import verifiers.v1 as vf
from mcp.types import CallToolResult, TextContent, Tool
from pydantic import Field

from firefly_client.adapters.connections import async_client_of, client_of
from firefly_client.aio import AsyncEpisode
from firefly_client.playing import MULTI_TURN, AsyncPlay, Rules, open_async_play
from firefly_client.types import Start
from firefly_client.types import Tool as Offered


class FireflyState(vf.State):
    """What the rollout's task and the tool server share."""

    target: str = ""
    start: dict[str, Any] = Field(default_factory=dict)
    submitted: str | None = None
    failure: str = ""


class FireflyData(vf.TaskData):
    """One task; `id` is the task's own."""


class FireflyTaskConfig(vf.TaskConfig):
    """`--env.taskset.task.*`."""

    target: str = "127.0.0.1:50051"
    """The simulator."""
    mask_misses: bool = False
    """Leave a wrong answer after a miss unscored."""


class FireflyConfig(vf.TasksetConfig):
    """`--env.taskset.*`."""

    difficulty: str = ""
    split: str = ""
    tools: vf.SharedToolsetConfig = vf.SharedToolsetConfig()
    task: FireflyTaskConfig = FireflyTaskConfig()


class FireflyTools(vf.Toolset[vf.SharedToolsetConfig, FireflyState]):
    """The tools of the calling rollout's episode, with their own JSON Schemas."""

    TOOL_PREFIX = None

    def register(self, mcp: Any) -> None:
        """Replace the listing and calling of a fixed set of tools by those of the rollout."""
        mcp.list_tools = self._with_state(self.list_tools)
        mcp.call_tool = self._with_state(self.call_tool)

    async def list_tools(self) -> list[Tool]:
        """List the episode's tools."""
        return [
            Tool(name=tool.name, description=tool.description, input_schema=dict(tool.input_schema))
            for tool in self._play().progress.tools()
        ]

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> CallToolResult:
        """Call one of them; a failed call is text too."""
        play = self._play()
        text = await play.call(name, arguments or {})
        self.state.submitted, self.state.failure = play.progress.submitted, play.progress.failure
        reply = play.progress.reply
        return CallToolResult(
            content=[TextContent(type="text", text=text)], is_error=reply.is_error if reply is not None else False
        )

    def _play(self) -> AsyncPlay:
        return _continued(self.state, Rules())


class FireflyTask(vf.Task[FireflyData, FireflyState, FireflyTaskConfig]):
    """Opens the episode, and scores it."""

    @property
    def key(self) -> str:
        """The task's own id."""
        return str(self.data.id)

    async def setup(self, trace: vf.Trace, runtime: Any) -> None:
        """Open an episode.

        Raises:
            ConnectionError: the simulator is away; the rollout is an error, not a zero.
        """
        opened = await open_async_play(async_client_of(self.config.target), str(self.data.id))
        if isinstance(opened, str):
            raise ConnectionError(opened)
        trace.state.target = self.config.target
        trace.state.start = _written(opened.progress.start)

    @vf.reward
    async def firefly(self, trace: vf.Trace) -> float:
        """Score what was submitted, else the last message.

        Raises:
            ConnectionError: unscored; verifiers records the rollout as an error.
        """
        play = _continued(trace.state, Rules(mask_misses=self.config.mask_misses))
        verdict = await play.verdict(trace.last_reply or "")
        await play.close()
        trace.info["firefly"] = {"outcome": verdict.outcome, "explanation": verdict.explanation}
        for tier, count in verdict.tiers.items():
            trace.record_metric(f"tier_{tier}", float(count))
        if verdict.reward is None:
            raise ConnectionError(f"unscored ({verdict.outcome}): {verdict.explanation}")
        return verdict.reward


class FireflyTaskset(vf.Taskset[FireflyTask, FireflyConfig]):
    """All tasks of a running simulator."""

    @classmethod
    def toolsets(cls, config: FireflyConfig) -> list[vf.Toolset]:
        """Serve the tools once for all rollouts."""
        return [FireflyTools(config.tools)]

    def load(self) -> Iterator[FireflyTask]:
        """Yield the tasks in id order."""
        client = client_of(self.config.task.target)
        for task_id in client.task_ids(difficulty=self.config.difficulty, split=self.config.split):
            task = client.task(task_id)
            # Its chat programs end with the first message without a call: nobody would answer what a policy asks.
            if MULTI_TURN in task.tags:
                continue
            data = FireflyData(id=task_id, name=task_id, prompt=task.prompt, system_prompt=task.system or None)
            yield FireflyTask(data, self.config.task)


def _written(start: Start) -> dict[str, Any]:
    return {**start.__dict__, "messages": list(start.messages), "tools": [tool.__dict__ for tool in start.tools]}


def _continued(state: FireflyState, rules: Rules) -> AsyncPlay:
    """Go on with the rollout that a state describes."""
    written = json.loads(json.dumps(state.start))
    tools = tuple(Offered(**tool) for tool in written["tools"])
    start = Start(**{**written, "messages": tuple(written["messages"]), "tools": tools})
    play = AsyncPlay(AsyncEpisode(async_client_of(state.target), start), rules)
    play.progress.submitted, play.progress.failure = state.submitted, state.failure
    return play


if __name__ == "__main__":
    FireflyTools.run()
