"""One rollout as every trainer adapter plays it: calls by the trainer's names, one answer, one verdict.

Errors are data here: whatever the policy asks for is answered with text, and whatever the simulator cannot do leaves
the rollout unscored. Nothing a policy writes can make its rollout unscored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firefly_client.aio import AsyncClient, AsyncEpisode
from firefly_client.client import Client, Episode
from firefly_client.errors import SimulatorError
from firefly_client.messages import answer_tool
from firefly_client.naming import SUBMIT, Names, api_name
from firefly_client.rewards import FAIL_AFTER_MISS
from firefly_client.types import Reply, Start, Verdict

RECEIVED = "The answer is received. The task is over."
AWAY = "This environment is out of order; the episode is not scored."
MULTI_TURN = "multi_turn"
"""Tag of tasks whose prompt leaves something open, which only the user can tell."""
NO_TURN_LEFT = "Nobody answers any more."
LONGEST_NAME = 1000
LONGEST_TEXT = 1_000_001
"""Characters sent of arguments or an answer: one more than the simulator reads, so that it refuses what is longer."""
# The rule by which the simulator's user tells what a prompt leaves open (docs/simulator.md, Episodes).
_ASKS = re.compile(r"[?\uff1f\u061f\u037e]|\b(?:clarify|specify|tell me|let me know)\b", re.IGNORECASE)


def is_question(text: str) -> bool:
    """Tell whether a message without a call is one for the user: it asks, and holds no JSON object, so no answer."""
    return "{" not in text and _ASKS.search(text) is not None


@dataclass(frozen=True)
class ToolSpec:
    """A tool under the trainer's name."""

    name: str
    description: str
    input_schema: Mapping[str, Any]

    def openai(self) -> dict[str, Any]:
        """Return the function form of chat completions."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.input_schema)}
        return {"type": "function", "function": function}


@dataclass(frozen=True)
class Rules:
    """What a trainer's interface asks for."""

    legal: Callable[[str], str] = api_name
    """From any name to a legal one."""
    taken: frozenset[str] = frozenset()
    """Names no tool may have."""
    mask_misses: bool = False
    """Leave a wrong answer after a miss unscored."""


class Progress:
    """What of a rollout the trainer does not keep: names, the submitted answer, whether the simulator failed."""

    def __init__(self, start: Start, rules: Rules) -> None:
        offered = [*(tool.name for tool in start.tools), SUBMIT]
        self.names = Names(offered, rules.legal, rules.taken)
        self.start, self.rules = start, rules
        self.submitted: str | None = None
        self.failure = ""
        self.calls = 0
        self.reply: Reply | None = None
        """The simulator's last answer, for the trainer's eyes."""

    @property
    def is_over(self) -> bool:
        """Say whether further turns cannot change the score."""
        return self.submitted is not None or bool(self.failure)

    def tools(self) -> list[ToolSpec]:
        """List the tools under the trainer's names, `submit_answer` last."""
        answer = answer_tool(self.start.answer_schema)["function"]
        listed = [(tool.name, tool.description, tool.input_schema) for tool in self.start.tools]
        listed.append((SUBMIT, answer["description"], answer["parameters"]))
        return [ToolSpec(self.names.there(name), text, schema) for name, text, schema in listed]

    def take(self, name: str, arguments: Mapping[str, Any] | str) -> str | tuple[str, str]:
        """Return the answer to a call that needs no simulator, else offered name and arguments to send."""
        offered, text = self.names.back(name), _text(arguments)
        self.reply = None
        if self.submitted is not None:
            return RECEIVED
        if offered == SUBMIT:
            self.submitted = text
            return RECEIVED
        if self.failure:
            return AWAY
        self.calls += 1
        return _sendable(offered)[:LONGEST_NAME], text

    def told(self, reply: Reply) -> str:
        """Remember the simulator's answer; return what the policy sees of it."""
        self.reply = reply
        return reply.text

    def fail(self, error: SimulatorError) -> str:
        """Remember that the simulator failed; return what the policy is told."""
        self.failure = str(error)
        return AWAY

    def answer(self, last_message: str) -> str:
        """Return the answer to score: what was submitted, else the last message."""
        # Of a message that is too long the end is kept: the last JSON object in it is the answer.
        return self.submitted if self.submitted is not None else _sendable(last_message)[-LONGEST_TEXT:]

    def judged(self, verdict: Verdict) -> Verdict:
        """Apply the trainer's wish about wrong answers after a miss."""
        if self.rules.mask_misses and verdict.outcome == FAIL_AFTER_MISS:
            return Verdict(**{**verdict.__dict__, "reward": None})
        return verdict


def unscored(text: str) -> Verdict:
    """Return the verdict of a rollout that infrastructure spoilt."""
    return Verdict(None, "unscored", {}, {}, "", text)


class Play:
    """A rollout, blocking."""

    def __init__(self, episode: Episode, rules: Rules | None = None) -> None:
        self._episode = episode
        self.progress = Progress(episode.start, rules or Rules())

    def call(self, name: str, arguments: Mapping[str, Any] | str) -> str:
        """Answer a call of the policy with text; never raises for what the policy wrote or the simulator lacks."""
        taken = self.progress.take(name, arguments)
        if isinstance(taken, str):
            return taken
        try:
            return self.progress.told(self._episode.call(*taken))
        except SimulatorError as error:
            return self.progress.fail(error)

    def ask(self, text: str) -> str:
        """Let the user answer a message of the policy; never raises for what it wrote or the simulator lacks."""
        try:
            said = self._episode.user_turn(_sendable(text)[:LONGEST_TEXT])
        except SimulatorError as error:
            return self.progress.fail(error)
        return said.text or NO_TURN_LEFT

    def verdict(self, last_message: str = "") -> Verdict:
        """Score what was submitted, else the last message."""
        if self.progress.failure:
            return unscored(self.progress.failure)
        try:
            return self.progress.judged(self._episode.verify(self.progress.answer(last_message)))
        except SimulatorError as error:
            self.progress.fail(error)
            return unscored(str(error))

    def close(self) -> None:
        """End the episode; a simulator that is away ends it by itself."""
        try:
            self._episode.close()
        except SimulatorError as error:
            self.progress.failure = self.progress.failure or str(error)


class AsyncPlay:
    """A rollout, with `await`."""

    def __init__(self, episode: AsyncEpisode, rules: Rules | None = None) -> None:
        self._episode = episode
        self.progress = Progress(episode.start, rules or Rules())

    async def call(self, name: str, arguments: Mapping[str, Any] | str) -> str:
        """See `Play.call`."""
        taken = self.progress.take(name, arguments)
        if isinstance(taken, str):
            return taken
        try:
            return self.progress.told(await self._episode.call(*taken))
        except SimulatorError as error:
            return self.progress.fail(error)

    async def ask(self, text: str) -> str:
        """See `Play.ask`."""
        try:
            said = await self._episode.user_turn(_sendable(text)[:LONGEST_TEXT])
        except SimulatorError as error:
            return self.progress.fail(error)
        return said.text or NO_TURN_LEFT

    async def verdict(self, last_message: str = "") -> Verdict:
        """See `Play.verdict`."""
        if self.progress.failure:
            return unscored(self.progress.failure)
        try:
            return self.progress.judged(await self._episode.verify(self.progress.answer(last_message)))
        except SimulatorError as error:
            self.progress.fail(error)
            return unscored(str(error))

    async def close(self) -> None:
        """See `Play.close`."""
        try:
            await self._episode.close()
        except SimulatorError as error:
            self.progress.failure = self.progress.failure or str(error)


def open_play(client: Client, task_id: str, rules: Rules | None = None, seed: int = 0) -> Play | str:
    """Open a rollout of a task; text instead when the simulator is away or busy: the rollout is unscored.

    Raises:
        SimulatorError: it will never work, for instance `unknown_task`.
    """
    try:
        return Play(client.episode(task_id, seed=seed), rules)
    except SimulatorError as error:
        if not error.is_infrastructure:
            raise
        return str(error)


async def open_async_play(
    client: AsyncClient, task_id: str, rules: Rules | None = None, seed: int = 0
) -> AsyncPlay | str:
    """See `open_play`."""
    try:
        return AsyncPlay(await client.episode(task_id, seed=seed), rules)
    except SimulatorError as error:
        if not error.is_infrastructure:
            raise
        return str(error)


def last_text(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the last message if the assistant wrote it and called nothing with it."""
    if not messages or messages[-1].get("role") != "assistant" or messages[-1].get("tool_calls"):
        return ""
    content = messages[-1].get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _text(arguments: Mapping[str, Any] | str) -> str:
    # ASCII: JSON may hold halves of surrogate pairs, which no message can carry but as escapes.
    # A trainer may hand over values that JSON has no form for.
    written = arguments if isinstance(arguments, str) else json.dumps(dict(arguments), default=str)
    return _sendable(written)[:LONGEST_TEXT]


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
