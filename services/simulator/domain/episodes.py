"""The life of an episode: opened, called, forked, scored, closed, expired; every call id answered once.

A frozen value that each call replaces; stores keep it as JSON text under a version.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from services.simulator.domain.arguments import Fault
from services.simulator.domain.replaying import DEFAULT_TIERS, Played, Reply, Tier
from services.simulator.domain.situation import Situation, Step
from services.simulator.domain.toolbox import BoundTool
from shared.model.errors import Rejected
from shared.model.tasks import Limits

FREE_LIMITS = Limits(max_calls=1000, max_turns=0, max_result_chars=0)
"""Bounds of an episode without a task; 0 is none."""
OVER_BUDGET = Fault("over_budget", "The limit of calls is reached: no further call is answered.")
CLOSED = Fault("episode_closed", "The episode is closed.")


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """One applied call, enough to answer it again."""

    call_id: str
    digest: str
    """Of tool name and arguments text."""
    tier: Tier
    recording_id: str = ""
    error_code: str = ""
    schema_path: str = ""
    is_error: bool = False
    result_json: str = ""
    """Own text of errors, misses and live answers; empty where the recording has it."""
    reason: str = ""
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """State of one episode."""

    episode_id: str
    snapshot_id: str
    task_id: str
    server_ids: tuple[str, ...]
    seed: int
    tiers: tuple[Tier, ...]
    limits: Limits
    situation: Situation
    expires_at: float
    """Seconds since 1970."""
    calls: tuple[AnsweredCall, ...] = ()
    opening_world: str = ""
    """Where it started, for the live tier."""
    steps: tuple[Step, ...] = ()
    """What moved it since, in order."""
    over_budget: bool = False
    closed: bool = False
    version: int = 0
    """Grows with each stored change; a writer that saw an older one has to look again."""

    def tier_counts(self) -> Mapping[Tier, int]:
        """Count the tiers that answered."""
        return Counter(call.tier for call in self.calls)


@dataclass(frozen=True, slots=True)
class EpisodePlan:
    """What was asked for when an episode is created."""

    task_id: str = ""
    server_ids: tuple[str, ...] = ()
    world_digest: str = ""
    seed: int = 0
    tiers: tuple[Tier, ...] = DEFAULT_TIERS
    limits: Limits = FREE_LIMITS


def open_episode(episode_id: str, snapshot_id: str, plan: EpisodePlan, expires_at: float) -> Episode:
    """Start an episode in its world's first state."""
    return Episode(
        episode_id,
        snapshot_id,
        plan.task_id,
        plan.server_ids,
        plan.seed,
        plan.tiers,
        plan.limits,
        Situation(plan.world_digest),
        expires_at,
        opening_world=plan.world_digest,
    )


def call_digest(tool_name: str, arguments_json: str) -> str:
    """Digest a request, to tell a retry from another call under the same id."""
    # As JSON, which keeps apart where the name ends and the arguments begin.
    return hashlib.sha256(json.dumps([tool_name, arguments_json]).encode()).hexdigest()


def answered(episode: Episode, call_id: str, digest: str) -> AnsweredCall | None:
    """Find the first answer to a call id.

    Raises:
        Rejected: the id is missing (`bad_call_id`) or was used for another call (`call_id_reused`).
    """
    if not call_id:
        raise Rejected("bad_call_id", "call_id is empty: give each call of an episode an id of its own")
    found = next((call for call in episode.calls if call.call_id == call_id), None)
    if found and found.digest != digest:
        raise Rejected("call_id_reused", f"call_id {call_id!r:.80} was used for another call of this episode")
    return found


def refusal(episode: Episode) -> Fault | None:
    """Say why no further call is answered."""
    if episode.closed:
        return CLOSED
    limit = episode.limits.max_calls
    return OVER_BUDGET if limit and len(episode.calls) >= limit else None


def refused(episode: Episode, expires_at: float) -> Episode:
    """Note a call that was not answered; only the budget is remembered."""
    # Nothing else is stored for a refused call: a policy that calls on for ever must not grow its episode.
    # A closed episode refuses as well, and that is no budget.
    over = episode.over_budget or not episode.closed
    return replace(episode, over_budget=over, expires_at=max(expires_at, episode.expires_at))


def applied(
    episode: Episode, call_id: str, digest: str, played: Played, tool: BoundTool | None, expires_at: float
) -> Episode:
    """Note an answered call, its state and the new expiry."""
    reply = played.reply
    # Recorded results are read from the snapshot again; episodes in a store stay small.
    kept = "" if reply.tier in (Tier.EXACT, Tier.NORMALISED) else reply.result_json
    call = AnsweredCall(
        call_id,
        digest,
        reply.tier,
        reply.recording_id,
        reply.error_code,
        reply.schema_path,
        reply.is_error,
        kept,
        reply.reason,
        reply.distance,
    )
    steps = episode.steps
    if tool and played.situation != episode.situation:
        steps += (Step(tool.server_id, tool.server_digest, tool.name, played.arguments_json, played.situation),)
    return replace(
        episode, calls=(*episode.calls, call), situation=played.situation, steps=steps, expires_at=expires_at
    )


def repeated_reply(call: AnsweredCall, recorded_json: str) -> Reply:
    """Rebuild the first reply; `recorded_json` is the result of its recording, where it has one."""
    result_json = call.result_json or recorded_json
    return Reply(
        call.tier,
        result_json,
        call.is_error,
        call.recording_id,
        call.error_code,
        call.schema_path,
        call.distance,
        call.reason,
    )


def forked(episode: Episode, episode_id: str, expires_at: float) -> Episode:
    """Copy an episode, its answered calls and its state included."""
    # Call ids included: a forked rollout that retries a call of before the fork gets its answer.
    return replace(episode, episode_id=episode_id, expires_at=expires_at, closed=False, version=0)


def closed(episode: Episode) -> Episode:
    """End an episode."""
    return replace(episode, closed=True)


def to_json(episode: Episode) -> str:
    """Write an episode for a store."""
    return json.dumps(asdict(episode), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str, version: int) -> Episode:
    """Read an episode from a store."""
    value: dict[str, Any] = json.loads(text)
    return Episode(
        **{
            **value,
            "server_ids": tuple(value["server_ids"]),
            "tiers": tuple(Tier(tier) for tier in value["tiers"]),
            "limits": Limits(**value["limits"]),
            "situation": _situation(value["situation"]),
            "steps": tuple(Step(**{**step, "after": _situation(step["after"])}) for step in value["steps"]),
            "calls": tuple(AnsweredCall(**{**call, "tier": Tier(call["tier"])}) for call in value["calls"]),
            "version": version,
        }
    )


def _situation(value: Mapping[str, Any]) -> Situation:
    return Situation(value["world"], tuple((name, chain) for name, chain in value["sessions"]))
