"""Agents without a model: the reference, the empty and the constant answer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from firefly_client import AsyncEpisode

from cli.dataset.reading import TaskRow
from shared.model.errors import BadInput, Rejected
from shared.proof.canonical import canonical, parse, parse_canonical
from shared.proof.evidence import derive
from shared.proof.plain import plain_json
from shared.proof.results import canonical_result


class Agent(Protocol):
    """Plays one episode and gives its final answer."""

    async def play(self, episode: AsyncEpisode, task: TaskRow | None) -> str:
        """Play; `task` is the export's row, for the agents that know the answers."""


class ReferenceAgent:
    """Makes the reference calls and derives the answer from what the simulator said, by the evidence."""

    async def play(self, episode: AsyncEpisode, task: TaskRow | None) -> str:
        """See `Agent`.

        Raises:
            BadInput: it is not told the reference.
        """
        if task is None:
            raise BadInput("the reference agent needs the export: give its folder")
        results: dict[str, str] = {}
        for call in task.calls:
            name = task.tool_names[call.server, call.tool]
            reply = await episode.call(name, plain_json(parse_canonical(call.arguments_json)))
            structured = parse(reply.structured_content_json) if reply.structured_content_json else None
            results[call.call_id] = canonical_result(parse(reply.content_json), structured, reply.is_error)
        try:
            return plain_json({field.field: derive(field, results) for field in task.evidence})
        except Rejected as error:
            return f"No answer can be derived: {error}"


class EmptyAgent:
    """Calls nothing and answers an empty object."""

    async def play(self, episode: AsyncEpisode, task: TaskRow | None) -> str:
        """See `Agent`."""
        return "{}"


class ConstantAgent:
    """Calls nothing and answers, per answer type, the most frequent value of the export."""

    def __init__(self, tasks: Sequence[TaskRow]) -> None:
        self._frequent = most_frequent(tasks)

    async def play(self, episode: AsyncEpisode, task: TaskRow | None) -> str:
        """See `Agent`."""
        properties = episode.start.answer_schema.get("properties", {})
        types = task.answer_types if task else {}
        answer = {name: self._frequent.get(_type_of(types.get(name))) for name in properties}
        return plain_json(answer)


def most_frequent(tasks: Sequence[TaskRow]) -> dict[str, Any]:
    """Find the most frequent ground truth per answer type; of equally frequent ones the first in canonical order."""
    counts: dict[str, Counter[str]] = {}
    for task in tasks:
        for name, value in parse_canonical(task.ground_truth_json).items():
            counts.setdefault(_type_of(task.answer_types.get(name)), Counter())[canonical(value)] += 1
    return {
        kind: parse_canonical(min(counted.items(), key=lambda pair: (-pair[1], pair[0]))[0])
        for kind, counted in counts.items()
    }


def _type_of(declared: Any) -> str:
    return str(declared.get("type", "")) if isinstance(declared, Mapping) else ""
