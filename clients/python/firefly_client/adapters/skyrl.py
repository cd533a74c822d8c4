"""SkyRL: a `skyrl_gym` environment. Rows carry `env_class: firefly` and `extra_info.task_id`.

    skyrl_gym.register(id="firefly", entry_point="firefly_client.adapters.skyrl:FireflyEnv")

SkyRL hands the environment raw text, so the tools stand in the system prompt and calls are read out of the text, both
in the form that Hermes and Qwen models know. SkyRL has no unscored rollouts: one raises `Unscored` and stops the step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput

from firefly_client.adapters.connections import client_of
from firefly_client.playing import Play, Rules, is_question, open_play
from firefly_client.rollout import TURNS

_CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_TOOLS = """

# Tools

You may call one or more of these functions:
<tools>
{tools}
</tools>

For each call write a JSON object with the function's name and its arguments, in these tags:
<tool_call>
{{"name": <function>, "arguments": <object>}}
</tool_call>"""
NOT_A_CALL = "This is no call: write a JSON object with name and arguments between the tags."


class Unscored(RuntimeError):
    """Infrastructure failed: this rollout has no reward."""


class FireflyEnv(BaseTextEnv):
    """One rollout."""

    def __init__(self, env_config: Any = None, extras: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        extras, config = extras or {}, env_config or {}
        inner = extras.get("extra_info") or {}
        self._target = str(config.get("target") or inner.get("target") or "127.0.0.1:50051")
        self._rules = Rules(mask_misses=bool(config.get("mask_misses")))
        self._task_id = str(extras.get("task_id") or inner.get("task_id") or "")
        self.max_turns = int(extras.get("max_turns") or TURNS)
        self._play: Play | None = None
        self._outcome = ""

    def init(self, prompt: list[dict[str, str]]) -> tuple[list[dict[str, str]], dict[str, Any]]:
        """Open the episode; return its messages with the tools in the system message.

        Raises:
            Unscored: the simulator is away.
        """
        self.close()
        opened = open_play(client_of(self._target), self._task_id, self._rules)
        if isinstance(opened, str):
            raise Unscored(opened)
        self._play, self.turns = opened, 0
        start = opened.progress.start
        if start.max_turns:
            self.max_turns = min(self.max_turns, start.max_turns)
        tools = "\n".join(json.dumps(tool.openai(), ensure_ascii=False) for tool in opened.progress.tools())
        system = "".join(str(one["content"]) for one in start.messages if one["role"] == "system")
        others = [dict(one) for one in start.messages if one["role"] != "system"]
        return [{"role": "system", "content": system + _TOOLS.format(tools=tools)}, *others], {"task_id": self._task_id}

    def step(self, action: str) -> BaseTextEnvStepOutput:
        """Make the calls in the model's text; without one, the user answers what it asks, or it is the final answer.

        Raises:
            Unscored: infrastructure failed.
        """
        if self._play is None:
            raise Unscored("there is no episode: call init first")
        self.turns += 1
        written = _CALL.findall(action)
        told = [_answered(self._play, one) for one in written]
        if written and not self._play.progress.is_over and self.turns < self.max_turns:
            observations = [{"role": "user", "content": f"<tool_response>\n{text}\n</tool_response>"} for text in told]
            return BaseTextEnvStepOutput(observations=observations, reward=0.0, done=False, metadata={})
        if not written and self.turns < self.max_turns and is_question(action):
            turn = {"role": "user", "content": self._play.ask(action)}
            return BaseTextEnvStepOutput(observations=[turn], reward=0.0, done=False, metadata={})
        verdict = self._play.verdict("" if written else action)
        self._outcome = verdict.outcome
        if verdict.reward is None:
            raise Unscored(f"{verdict.outcome}: {verdict.explanation}")
        metadata = {"outcome": verdict.outcome, "explanation": verdict.explanation}
        return BaseTextEnvStepOutput(observations=[], reward=verdict.reward, done=True, metadata=metadata)

    def get_metrics(self) -> dict[str, Any]:
        """See SkyRL."""
        calls = self._play.progress.calls if self._play is not None else 0
        return {"calls": calls, "turns": self.turns, "passed": float(self._outcome == "pass")}

    def close(self) -> None:
        """End the episode; twice is fine."""
        if self._play is not None:
            self._play.close()
            self._play = None


def _answered(play: Play, written: str) -> str:
    try:
        call = json.loads(written)
    except (ValueError, RecursionError):
        return NOT_A_CALL
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        return NOT_A_CALL
    arguments = call.get("arguments", {})
    return play.call(call["name"], arguments if isinstance(arguments, dict | str) else json.dumps(arguments))
