"""OpenEnv's white-box harness over the session."""

from __future__ import annotations

import json
from importlib import metadata
from typing import Any

from firefly_client.adapters.openenv import FireflySessionFactory
from openenv.core.harness import HarnessRunLimits, MCPHarnessAdapter, ModelStepResult
from openenv.core.llm_client import LLMResponse, ToolCall

from conformance.scripts import Script, Seen, Shown


class Trainer:
    """Samples from a script."""

    name, version = "openenv", metadata.version("openenv")
    keeps_schemas = True
    reads_raw_arguments = False

    def play(self, target: str, task_id: str, script: Script, *, mask_misses: bool = False) -> Seen:
        """See `Trainer`."""

        def sample(messages: list[dict[str, Any]], tools: list[Any], sampling: dict[str, Any]) -> ModelStepResult:
            turn = script.turn([Shown(tool.name, tool.description, tool.input_schema) for tool in tools])
            calls = [ToolCall(f"c{at}", name, json.loads(written)) for at, (name, written) in enumerate(turn.calls)]
            return ModelStepResult(LLMResponse(content=turn.text, tool_calls=calls))

        session = FireflySessionFactory(target, mask_misses=mask_misses).create({"task_id": task_id})
        try:
            rollout = MCPHarnessAdapter().run_white_box(sample, session, HarnessRunLimits(max_turns=20))
            verdict = session.verify(rollout.messages)
        finally:
            session.close()
        told = tuple(str(one["content"]) for one in rollout.messages if one["role"] == "tool")
        return Seen(verdict.env_reward, script.shown, told)
