"""verl's tool agent loop, without tokens: messages in, tool calls by name, a response mask."""

import asyncio
import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from conformance.scripts import Seen, Shown

from stubs.openenv import put


@dataclass
class FunctionTool:
    name: str
    fn: Any
    tool_schema: Any
    is_async: bool = False


@dataclass
class Output:
    response_mask: list
    reward_score: float | None = None
    extra_fields: dict = field(default_factory=dict)


class Schema:
    @staticmethod
    def model_validate(written):
        for one in written["function"]["parameters"]["properties"].values():
            assert isinstance(one["type"], str | list)
        return written


class ToolAgentLoop:
    def __init__(self, script):
        self.script, self.told = script, []

    async def run(self, sampling_params, **kwargs):
        data = SimpleNamespace(messages=list(kwargs["raw_prompt"]))
        while await self._handle_generating_state(data, sampling_params):
            pass
        return Output([1, 0, 1])

    async def _handle_generating_state(self, data, sampling_params):
        functions = [one["function"] for one in self.tool_schemas]
        shown = [Shown(one["name"], one["description"], one["parameters"]) for one in functions]
        turn = await asyncio.to_thread(self.script.turn, shown)
        data.messages.append({"role": "assistant", "content": turn.text, "tool_calls": list(turn.calls)})
        for name, arguments in turn.calls:
            known = self.tools.get(name)
            text = await known.fn(**json.loads(arguments)) if known else f"Unknown function '{name}'."
            self.told.append(text)
            data.messages.append({"role": "tool", "content": text})
        return turn.calls


def install(monkeypatch):
    put(
        monkeypatch,
        "verl.experimental.agent_loop.agent_loop",
        AgentLoopOutput=Output,
        register=lambda name: lambda loop: loop,
    )
    put(monkeypatch, "verl.experimental.agent_loop.tool_agent_loop", ToolAgentLoop=ToolAgentLoop)
    put(monkeypatch, "verl.tools.function_tool", FunctionTool=FunctionTool)
    put(monkeypatch, "verl.tools.schemas", OpenAIFunctionToolSchema=Schema)


class Trainer:
    name, version, keeps_schemas, reads_raw_arguments = "verl", "stub", True, False

    def __init__(self):
        from firefly_client.adapters import verl

        self.adapter = verl

    def play(self, target, task_id, script, *, mask_misses=False):
        return asyncio.run(self._play(target, task_id, script, mask_misses))

    async def _play(self, target, task_id, script, mask_misses):
        loop = self.adapter.FireflyAgentLoop(script, target=target, mask_misses=mask_misses)
        output = await loop.run({}, raw_prompt=[], extra_info={"task_id": task_id})
        if output.extra_fields["firefly_unscored"]:
            assert not any(output.response_mask)
            return Seen(None, script.shown, tuple(loop.told))
        return Seen(output.reward_score, script.shown, tuple(loop.told))
