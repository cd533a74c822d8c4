"""The life of an episode: opened, called, forked, scored, closed, expired; every call id answered once.

A frozen value that each call replaces; stores keep it as JSON text under a version, whole or change by change.
"""

import functools
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from services.simulator.domain.arguments import Fault
from services.simulator.domain.replaying import DEFAULT_TIERS, Played, Reply, Tier
from services.simulator.domain.situation import Situation, Step
from services.simulator.domain.toolbox import BoundTool
from shared.model.errors import Rejected
from shared.model.tasks import Limits
from shared.proof.end_state import UNTOUCHED, left

FREE_LIMITS = Limits(max_calls=1000, max_turns=0, max_result_chars=0)
"""Bounds of an episode without a task; 0 is none."""
OVER_BUDGET = Fault("over_budget", "The limit of calls is reached: no further call is answered.")
CLOSED = Fault("episode_closed", "The episode is closed.")
_KEPT_CHARS = 4096
"""Longest arguments whose digest is remembered."""


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
class Turn:
    """One turn that an agent gave back to its user."""

    turn_id: str
    digest: str
    """Of what it said."""
    tells: int = -1
    """Number of the held-back fact that the user told; -1 for none."""


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
    turns: tuple[Turn, ...] = ()
    over_budget: bool = False
    closed: bool = False
    version: int = 0
    """Grows with each change; a writer that saw an older one has to look again."""

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
    digest = _digest if len(arguments_json) <= _KEPT_CHARS else _digest.__wrapped__
    return digest(tool_name, arguments_json)


@functools.lru_cache(maxsize=4096)
def _digest(tool_name: str, arguments_json: str) -> str:
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
    latest = max(expires_at, episode.expires_at)
    return replace(episode, over_budget=over, expires_at=latest, version=episode.version + 1)


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
        called = (tool.server_id, tool.server_digest, tool.name, played.arguments_json)
        steps += (Step(*called, played.situation, played.change_json),)
    return replace(
        episode,
        calls=(*episode.calls, call),
        situation=played.situation,
        steps=steps,
        expires_at=expires_at,
        version=episode.version + 1,
    )


def left_behind(episode: Episode) -> str:
    """Say what the calls made of the opening world, as an end state; empty where nobody knows."""
    if episode.situation.world == episode.opening_world:
        return UNTOUCHED
    # By digest: a call that moved a session alone has left the world of the call before it.
    known = (step.change_json for step in reversed(episode.steps) if step.after.world == episode.situation.world)
    return next(filter(None, (left(change, episode.opening_world) for change in known)), "")


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
    return replace(episode, closed=True, version=episode.version + 1)


def to_json(episode: Episode) -> str:
    """Write an episode for a store."""
    return _dumps(episode)


def from_json(text: str, version: int) -> Episode:
    """Read an episode from a store."""
    return Episode(**{**_read(json.loads(text)), "version": version})


def change_json(before: Episode, after: Episode) -> str:
    """Write what one change of an episode came to; of calls and steps, those that were added."""
    changed: dict[str, Any] = {}
    for name in _FIELDS:
        old, new = getattr(before, name), getattr(after, name)
        # Most fields are the same object: comparing their content would cost more than everything else here.
        if old is not new and old != new:
            changed[name] = new[len(old) :] if name in _GROWING else new
    return _dumps(changed)


def changed(episode: Episode, text: str) -> Episode:
    """Apply what `change_json` wrote."""
    values = _read(json.loads(text))
    for name in _GROWING & values.keys():
        values[name] = getattr(episode, name) + values[name]
    return replace(episode, **values)


def _situation(value: Mapping[str, Any]) -> Situation:
    return Situation(value["world"], tuple((name, chain) for name, chain in value["sessions"]))


_FIELDS = tuple(field.name for field in fields(Episode))
_GROWING = frozenset(("calls", "steps", "turns"))
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "server_ids": tuple,
    "tiers": lambda value: tuple(Tier(tier) for tier in value),
    "limits": lambda value: Limits(**value),
    "situation": _situation,
    "steps": lambda value: tuple(Step(**{**step, "after": _situation(step["after"])}) for step in value),
    "turns": lambda value: tuple(Turn(**turn) for turn in value),
    "calls": lambda value: tuple(AnsweredCall(**{**call, "tier": Tier(call["tier"])}) for call in value),
}


def _read(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _READERS[name](item) if name in _READERS else item for name, item in value.items()}


def _dumps(value: Any) -> str:
    return _ENCODER.encode(value)


def _members(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _names(value.__class__)}


@functools.cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


# One encoder for all, and members as they are: `json.dumps` would make one for every text, `asdict` copy everything.
_ENCODER = json.JSONEncoder(default=_members, ensure_ascii=False, separators=(",", ":"))
