"""`run_episode`: one rollout in a plain tool loop, for trainers that hand out an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from firefly_client.aio import AsyncClient
from firefly_client.chat import ChatEndpoint, ChatError
from firefly_client.playing import AsyncPlay, Rules, is_question, last_text, open_async_play, unscored
from firefly_client.types import Verdict

Message = dict[str, Any]
ModelCallable = Callable[[Sequence[Message], Sequence[Mapping[str, Any]]], Awaitable[Mapping[str, Any]]]
"""From messages and tools (both in chat-completions form) to the assistant's message."""
ModelAt = str | Sequence[str] | ChatEndpoint | ModelCallable
TURNS = 30
"""Where the task sets no limit."""


@dataclass(frozen=True)
class Rollout:
    """What one episode came to."""

    task_id: str
    verdict: Verdict
    messages: Sequence[Message]
    """The whole conversation, chat-completions form."""
    tools: Sequence[Mapping[str, Any]] = field(default=())
    """What the model was offered."""
    calls: int = 0
    turns: int = 0

    @property
    def reward(self) -> float | None:
        """1.0 or 0.0; None is unscored, never 0."""
        return self.verdict.reward


async def run_episode(
    model_at: ModelAt,
    model: str,
    task: str,
    *,
    simulator: AsyncClient | str,
    mask_misses: bool = False,
    max_turns: int | None = None,
) -> Rollout:
    """Play one task with a model and score it.

    Args:
        model_at: Base URL(s) of OpenAI-compatible servers, a `ChatEndpoint` to share, or a coroutine function.
        model: Name that the servers know the model by.
        task: Task id.
        simulator: A client to share, or `host:port`.
        mask_misses: Leave a wrong answer that followed a miss unscored.
        max_turns: Answers of the model at most; by default what the task says.

    Raises:
        SimulatorError: it will never work, for instance `unknown_task`. What may work later is an unscored rollout.
        ChatError: the endpoint refuses such requests (a status 4xx other than a conversation that grew too long).
    """
    async with AsyncExitStack() as resources:
        client = simulator
        if isinstance(client, str):
            client = await resources.enter_async_context(AsyncClient(client))
        ask = _asking(model_at, model, resources)
        opened = await open_async_play(client, task, Rules(mask_misses=mask_misses))
        if isinstance(opened, str):
            return Rollout(task, unscored(opened), ())
        resources.push_async_callback(opened.close)
        return await _play(ask, task, opened, max_turns or opened.progress.start.max_turns or TURNS)


async def _play(ask: ModelCallable, task: str, play: AsyncPlay, max_turns: int) -> Rollout:
    messages: list[Message] = [dict(message) for message in play.progress.start.messages]
    tools = [tool.openai() for tool in play.progress.tools()]
    turns = 0
    try:
        while turns < max_turns:
            message, calls = _read(await ask(messages, tools))
            turns += 1
            messages.append(message)
            for call_id, name, arguments in calls:
                text = await play.call(name, arguments)
                messages.append({"role": "tool", "tool_call_id": call_id, "content": text})
            said = last_text(messages)
            # Only what asks goes to the user: a policy that says anything else without a call is done.
            asks = turns < max_turns and is_question(said)
            if asks:
                messages.append({"role": "user", "content": await play.ask(said)})
            if play.progress.is_over or not (calls or asks):
                break
    except ChatError as error:
        if 400 <= error.status < 500 and not error.is_too_long:  # noqa: PLR2004
            raise
        if not error.is_too_long:
            return Rollout(task, unscored(str(error)), messages, tools, play.progress.calls, turns)
    verdict = await play.verdict(last_text(messages))
    return Rollout(task, verdict, messages, tools, play.progress.calls, turns)


def _asking(model_at: ModelAt, model: str, resources: AsyncExitStack) -> ModelCallable:
    if callable(model_at):
        return model_at
    if isinstance(model_at, ChatEndpoint):
        return partial(model_at.complete, model)
    endpoint = ChatEndpoint(model_at)
    resources.callback(endpoint.close)
    return partial(endpoint.complete, model)


def _read(message: Mapping[str, Any]) -> tuple[Message, list[tuple[str, str, str]]]:
    """Return the message the way endpoints take it back, and its calls: id, name, arguments as the model wrote them."""
    given = message.get("tool_calls")
    calls: list[tuple[str, str, str]] = []
    for number, call in enumerate(given if isinstance(given, list) else ()):
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            written = function.get("arguments")
            arguments = written if isinstance(written, str) else json.dumps(written or {})
            calls.append((_unique(str(call.get("id") or "call"), number, calls), str(function.get("name")), arguments))
    told: Message = {"role": "assistant", "content": message.get("content") or ""}
    if calls:
        told["tool_calls"] = [
            {"id": name, "type": "function", "function": {"name": tool, "arguments": _json(arguments)}}
            for name, tool, arguments in calls
        ]
    return told, calls


def _unique(name: str, number: int, calls: Sequence[tuple[str, str, str]]) -> str:
    return name if all(name != other for other, _, _ in calls) else f"{name}_{number}"


def _json(arguments: str) -> str:
    """Echo arguments as JSON: endpoints refuse a history that is not."""
    if not arguments.strip():
        return "{}"
    try:
        json.loads(arguments)
    except (ValueError, RecursionError):
        return json.dumps({"invalid": arguments})
    return arguments
