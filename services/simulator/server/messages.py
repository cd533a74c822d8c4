"""Messages of domain values, and the other way."""

import datetime
import functools
import json

from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import task_service_pb2 as task_pb

from services.simulator.domain.episodes import FREE_LIMITS, Episode
from services.simulator.domain.outcomes import Mark, TaskTries
from services.simulator.domain.replaying import Tier
from services.simulator.domain.simulating import Answer, Opened
from services.simulator.domain.task_filters import TaskWish
from shared.model.errors import Rejected

_KEPT_CHARS = 16_384
"""Longest result whose message is remembered."""


def opened(made: Opened, mcp_base_url: str = "") -> pb.CreateEpisodeResponse:
    """Write an opened episode and what its agent needs."""
    episode, task = made.episode, made.task
    messages = [("system", task.system), ("user", task.prompt)] if task else []
    limits = task.limits if task else FREE_LIMITS
    return pb.CreateEpisodeResponse(
        episode_id=episode.episode_id,
        messages_json=json.dumps(
            [{"role": role, "content": text} for role, text in messages if text], ensure_ascii=False
        ),
        tools=[
            pb.EpisodeTool(
                name=tool.offered_name,
                description=tool.description,
                input_schema_json=tool.input_schema_json,
                server_id=tool.server_id,
                original_name=tool.name,
            )
            for tool in made.tools
        ],
        answer_schema_json=task.answer_schema_json if task else "",
        limits=pb.EpisodeLimits(
            max_calls=limits.max_calls, max_turns=limits.max_turns, max_result_chars=limits.max_result_chars
        ),
        expire_time=time(episode.expires_at),
        snapshot_id=episode.snapshot_id,
        mcp_url=f"{mcp_base_url}/episodes/{episode.episode_id}/mcp" if mcp_base_url else "",
    )


def answered(answer: Answer) -> pb.CallToolResponse:
    """Write an answer."""
    reply, shown = answer.reply, answer.shown
    return pb.CallToolResponse(
        content_json=shown.content_json,
        structured_content_json=shown.structured_content_json,
        is_error=reply.is_error,
        tier=f"TIER_{reply.tier.upper()}",
        recording_id=reply.recording_id,
        error_code=reply.error_code,
        schema_path=reply.schema_path,
        truncated=shown.truncated,
        distance=reply.distance,
        text=shown.text,
        reason=reply.reason,
    )


def written(answer: Answer) -> bytes:
    """Write an answer in the bytes that go out; those of a recording's answer are remembered."""
    is_short = len(answer.reply.result_json) <= _KEPT_CHARS
    return _written(answer) if answer.reply.recording_id and is_short else answered(answer).SerializeToString()


@functools.lru_cache(maxsize=1024)
def _written(answer: Answer) -> bytes:
    return answered(answer).SerializeToString()


def tier(number: int) -> Tier:
    """Read a tier; raises Rejected (`bad_request`) when it is none."""
    # Enums of proto3 are open: a number that only a newer client knows arrives all the same.
    name = pb.Tier.Name(number).removeprefix("TIER_").lower() if number in pb.Tier.values() else ""
    if name in ("", "unspecified"):
        raise Rejected("bad_request", f"{number} is no tier")
    return Tier(name)


def tiers(episode: Episode) -> list[pb.TierCount]:
    """Count the tiers that answered."""
    return [
        pb.TierCount(tier=f"TIER_{tier.upper()}", count=count) for tier, count in sorted(episode.tier_counts().items())
    ]


def time(seconds: float) -> str:
    """Write an instant, RFC 3339."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="milliseconds")


def wish(message: task_pb.TaskFilter) -> TaskWish:
    """Read a filter."""
    return TaskWish(message.difficulty, frozenset(message.server_ids), frozenset(message.tags), message.split)


def tries(message: task_pb.TaskOutcome) -> TaskTries:
    """Read what one policy scored on one task."""
    return TaskTries(message.task_id, message.policy, message.tries, message.passed, message.censored)


def mark(number: int) -> Mark:
    """Read a mark.

    Raises:
        Rejected: it is none.
    """
    name = (
        task_pb.TaskMark.Name(number).removeprefix("TASK_MARK_").lower() if number in task_pb.TaskMark.values() else ""
    )
    if name not in (Mark.AUDIT, Mark.MASTERED):
        raise Rejected("bad_request", f"{number} is no mark: give TASK_MARK_AUDIT or TASK_MARK_MASTERED")
    return Mark(name)


def marked(one: TaskTries) -> task_pb.MarkedTask:
    """Write a marked task."""
    return task_pb.MarkedTask(
        task_id=one.task_id,
        mark=f"TASK_MARK_{one.mark.upper()}",
        tries=one.tries,
        passed=one.passed,
        censored=one.censored,
    )
