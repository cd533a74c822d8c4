"""Agents without a model: the reference, the answer alone, the empty and the constant answer."""

from collections.abc import Sequence
from typing import Protocol

from firefly_client import AsyncEpisode

from cli.constant_answers import most_frequent, type_of
from cli.dataset.reading import TaskRow
from shared.model.errors import BadInput, Rejected
from shared.proof.absence import FIELDS
from shared.proof.canonical import parse, parse_canonical
from shared.proof.evidence import derive
from shared.proof.plain import plain_json
from shared.proof.results import canonical_result


class Agent(Protocol):
    """Plays one episode and gives its final answer."""

    async def play(self, episode: AsyncEpisode, task: TaskRow | None) -> str:
        """Play; `task` is the export's row, for the agents that know the answers."""

    async def close(self) -> None:
        """Give back what it holds, in the event loop that it played in."""


class WithoutModel:
    """An agent that holds nothing."""

    async def close(self) -> None:
        """See `Agent`."""


class ReferenceAgent(WithoutModel):
    """Asks for what the prompt leaves open, makes the reference calls and derives the answer by the evidence."""

    async def play(self, episode: AsyncEpisode, task: TaskRow | None) -> str:
        """See `Agent`.

        Raises:
            BadInput: it is not told the reference.
        """
        if task is None:
            raise BadInput("the reference agent needs the export: give its folder")
        if missing := await _ask(episode, task):
            return missing
        results: dict[str, str] = {}
        for call in task.calls:
            name = task.tool_names[call.server, call.tool]
            reply = await episode.call(name, plain_json(parse_canonical(call.arguments_json)))
            structured = parse(reply.structured_content_json) if reply.structured_content_json else None
            results[call.call_id] = canonical_result(parse(reply.content_json), structured, reply.is_error)
        try:
            return plain_json({field.field: derive(field, results) for field in task.evidence})
        except Rejected as error:
            # A wrong answer, not an unscored one: a reference that fails has to show in the mean reward.
            return f"No answer can be derived: {error}"


async def _ask(episode: AsyncEpisode, task: TaskRow) -> str:
    """Ask for every fact that the prompt holds back; say which one the user did not tell, empty where it told all."""
    for fact in task.held_back:
        said = await episode.user_turn(f"Which {fact.about} do you mean?")
        # It knows the calls either way: only so does a user that says something else show in the mean reward.
        if said.text != fact.said:
            return f"The user does not tell the {fact.about}: {said.text!r:.200}"
    return ""


class TellingAgent(WithoutModel):
    """Knows every answer and calls nothing: right where the answer alone is graded, else wrong."""

    async def play(self, episode: AsyncEpisode, task: TaskRow | None) -> str:
        """See `Agent`; raises as the reference agent."""
        if task is None:
            raise BadInput("the telling agent needs the export: give its folder")
        return plain_json(parse_canonical(task.ground_truth_json))


class EmptyAgent(WithoutModel):
    """Calls nothing and answers an empty object."""

    async def play(self, episode: AsyncEpisode, task: TaskRow | None) -> str:
        """See `Agent`."""
        return "{}"


class ConstantAgent(WithoutModel):
    """Calls nothing and answers, per answer type, the most frequent value of the export."""

    def __init__(self, tasks: Sequence[TaskRow]) -> None:
        self._frequent = most_frequent((task.answer_types, parse_canonical(task.ground_truth_json)) for task in tasks)

    async def play(self, episode: AsyncEpisode, task: TaskRow | None) -> str:
        """See `Agent`."""
        properties = episode.start.answer_schema.get("properties", {})
        types = task.answer_types if task else {}
        answer = {name: self._frequent.get(type_of(types.get(name))) for name in properties if name not in FIELDS}
        return plain_json(answer)
