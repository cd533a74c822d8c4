"""A model behind an OpenAI-compatible endpoint, in a plain tool loop."""

import json
from typing import Any

import openai
from firefly_client import AsyncEpisode, is_question

from cli.dataset.reading import TaskRow
from shared.model.errors import Unavailable

SUBMIT = "submit_answer"
TURNS = 30
"""Where the task sets no limit."""


class OpenAiAgent:
    """Gives the model the tools and `submit_answer`, until it submits, stops calling, or its turns are over."""

    def __init__(self, client: openai.AsyncOpenAI, model: str) -> None:
        self._client, self._model = client, model

    async def play(self, episode: AsyncEpisode, task: TaskRow | None) -> str:
        """See `Agent`.

        Raises:
            Unavailable: the endpoint does not answer.
        """
        messages, tools = list(episode.messages), episode.openai_tools(with_submit_answer=True)
        for _ in range(episode.start.max_turns or TURNS):
            message = await self._ask(messages, tools)
            calls = message.tool_calls or []
            submitted = next((call for call in calls if call.function.name == SUBMIT), None)
            if submitted is not None:
                return str(submitted.function.arguments)
            said = message.content or ""
            if not calls and is_question(said):
                turn = await episode.user_turn(said)
                messages += [{"role": "assistant", "content": said}, {"role": "user", "content": turn.text}]
                continue
            if not calls:
                return said
            messages.append(_as_request(message, calls))
            for number, call in enumerate(calls):
                reply = await episode.call(call.function.name, call.function.arguments or "")
                messages.append({"role": "tool", "tool_call_id": _id(call, number), "content": reply.text})
        return ""

    async def close(self) -> None:
        """Close the endpoint's connections, which the client keeps open for the next request."""
        await self._client.close()

    async def _ask(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> Any:
        try:
            completion: Any = await self._client.chat.completions.create(
                model=self._model,
                messages=messages,  # type: ignore[arg-type]  # plain dictionaries are what travels
                tools=tools,  # type: ignore[arg-type]
            )
        except openai.OpenAIError as error:
            raise Unavailable(f"the model endpoint does not answer: {error}") from error
        if not completion.choices:
            raise Unavailable("the model endpoint answered without a choice")
        return completion.choices[0].message


def _as_request(message: Any, calls: list[Any]) -> dict[str, Any]:
    made = [
        {
            "id": _id(call, number),
            "type": "function",
            "function": {"name": call.function.name, "arguments": _arguments(call.function.arguments)},
        }
        for number, call in enumerate(calls)
    ]
    return {"role": "assistant", "content": message.content or "", "tool_calls": made}


def _id(call: Any, number: int) -> str:
    return call.id or f"call_{number}"


def _arguments(text: str | None) -> str:
    """Echo arguments as valid JSON: endpoints refuse a history that is not."""
    try:
        json.loads(text or "")
    except ValueError:
        return json.dumps({"invalid": text or ""})
    return text or ""
