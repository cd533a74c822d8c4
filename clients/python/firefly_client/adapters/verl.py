"""verl >= 0.9: an agent loop. Rows carry `agent_name: firefly_agent` and `extra_info.task_id`.

Its YAML (`actor_rollout_ref.rollout.agent.agent_loop_config_path`):

    - name: firefly_agent
      _target_: firefly_client.adapters.verl.FireflyAgentLoop
      target: 127.0.0.1:50051

verl's own tool schema drops nested JSON Schema, so the real one goes straight to the chat template. verl has no
unscored rollouts: such a one gets a response mask of zeros, so that nothing is learnt from it, and
`extra_fields["firefly_unscored"]`; its 0 still stands in the group's mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from verl.experimental.agent_loop.agent_loop import AgentLoopOutput, register
from verl.experimental.agent_loop.tool_agent_loop import ToolAgentLoop
from verl.tools.function_tool import FunctionTool
from verl.tools.schemas import OpenAIFunctionToolSchema

from firefly_client.adapters.connections import async_client_of
from firefly_client.playing import AsyncPlay, Rules, ToolSpec, last_text, open_async_play
from firefly_client.types import Verdict

NAME = "firefly_agent"
LONGEST_RESULT = 1_000_000
"""Characters; the simulator caps results itself, and verl would cut what is over 256 out of the middle."""


@register(NAME)
class FireflyAgentLoop(ToolAgentLoop):
    """One rollout; verl makes a loop for each."""

    def __init__(self, *args: Any, target: str = "127.0.0.1:50051", mask_misses: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._target, self._rules = target, Rules(mask_misses=mask_misses)
        self._messages: list[Mapping[str, Any]] = []
        self._turn = asyncio.Lock()
        self.max_tool_response_length = LONGEST_RESULT

    async def run(self, sampling_params: dict[str, Any], **kwargs: Any) -> AgentLoopOutput:
        """Play the row's task.

        Raises:
            ConnectionError: no episode could be opened; verl retries or stops.
        """
        opened = await open_async_play(async_client_of(self._target), kwargs["extra_info"]["task_id"], self._rules)
        if isinstance(opened, str):
            raise ConnectionError(opened)
        tools = opened.progress.tools()
        self.tools = {tool.name: self._tool(opened, tool) for tool in tools}
        self.tool_schemas = [tool.openai() for tool in tools]
        try:
            output = await super().run(sampling_params, **kwargs)
            return _scored(output, await opened.verdict(last_text(self._messages)))
        finally:
            await opened.close()

    async def _handle_generating_state(self, agent_data: Any, *args: Any, **kwargs: Any) -> Any:
        self._messages = agent_data.messages
        return await super()._handle_generating_state(agent_data, *args, **kwargs)

    def _tool(self, play: AsyncPlay, tool: ToolSpec) -> FunctionTool:
        async def call(**arguments: Any) -> str:
            # Parallel calls of one turn move the same state: they are made in the order they were written.
            async with self._turn:
                return await play.call(tool.name, arguments)

        return FunctionTool(tool.name, call, _schema(tool), is_async=True)


def _schema(tool: ToolSpec) -> OpenAIFunctionToolSchema:
    """Write what verl's output parsers need to know of a tool."""
    properties = tool.input_schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    parameters = {
        "type": "object",
        "properties": {name: _property(one) for name, one in properties.items()},
        "required": [name for name in tool.input_schema.get("required", ()) if name in properties],
    }
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return OpenAIFunctionToolSchema.model_validate({"type": "function", "function": function})


def _property(schema: Any) -> dict[str, Any]:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    parts = schema.get("anyOf", schema.get("oneOf", ())) if isinstance(schema, Mapping) else ()
    kinds = [part["type"] for part in parts if isinstance(part, Mapping) and isinstance(part.get("type"), str)]
    return {"type": kind or kinds or "string"}


def _scored(output: AgentLoopOutput, verdict: Verdict) -> AgentLoopOutput:
    output.reward_score = verdict.reward or 0.0
    if verdict.reward is None:
        output.response_mask = [0] * len(output.response_mask)
    # Every row has every field: verl stacks them.
    output.extra_fields["firefly_unscored"] = verdict.reward is None
    output.extra_fields["firefly_outcome"] = verdict.outcome
    return output
