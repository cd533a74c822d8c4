"""What recordings answer to a call in a state, and what state it leaves: exact, normalised, miss or error.

A miss that may have moved something makes the state unknown, and no recording answers in an unknown state: better a
second miss than a stale answer.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from services.simulator.domain.arguments import Fault, check_arguments, coerced_arguments, read_arguments
from services.simulator.domain.ports import Library, Moves, Respelt
from services.simulator.domain.situation import UNKNOWN, Situation
from services.simulator.domain.spelling import Call
from services.simulator.domain.toolbox import BoundTool
from shared.model.calls import Recording, Stability, State
from shared.model.catalogue import Effect
from shared.proof.canonical import parse_canonical
from shared.proof.effects import effect_of
from shared.proof.keys import canonical_arguments, recording_key
from shared.proof.results import canonical_result

NOT_RECORDED = "not_recorded"
"""Miss: no recording of this call in this state is here."""
OTHER_STATE = "other_state"
"""Miss: the recording that was expected is here, and its state is another one than the episode's."""
_KEPT_CHARS = 4096
"""Longest arguments whose reading is remembered: rollouts of one task repeat their calls."""
MISS_TEXT = "No result is available for this call."


class Tier(StrEnum):
    """How an answer was found."""

    EXACT = "exact"
    NORMALISED = "normalised"
    LIVE = "live"
    NEAREST = "nearest"
    MODEL = "model"
    MISS = "miss"
    ERROR = "error"


_REASONS = {Tier.EXACT: "recorded", Tier.NORMALISED: "schema_coercion"}
DEFAULT_TIERS = (Tier.EXACT, Tier.NORMALISED, Tier.LIVE)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and how it was found; only the result is for the agent."""

    tier: Tier
    result_json: str
    """Canonical result."""
    is_error: bool
    recording_id: str = ""
    error_code: str = ""
    schema_path: str = ""
    distance: float | None = None
    reason: str = ""
    """Why this tier answered."""


@dataclass(frozen=True, slots=True)
class Played:
    """A reply and the situation after it."""

    reply: Reply
    situation: Situation
    arguments_json: str = ""
    """Canonical arguments; empty when the call cannot be made at all."""
    change_json: str = ""
    """As in a recording: how the world after it differs from the one its run started from; empty where unknown."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call that can be made: its canonical arguments and the tier a recording of them earns."""

    arguments_json: str
    tier: Tier
    fault: Fault | None = None
    """What was wrong before coercion."""


def replay(
    tool: BoundTool, arguments_json: str, situation: Situation, library: Library, tiers: Sequence[Tier] = DEFAULT_TIERS
) -> Played:
    """Answer one call from recordings alone."""
    asked = _ask(tool, arguments_json, tiers)
    if isinstance(asked, Fault):
        return Played(error_reply(asked), situation)
    # The called server's session only: another server's session is no part of the key (decision 0003).
    state = situation.of(tool.server_id)
    found = _recordings(tool, asked, state, library)
    # A coerced call that is not recorded answers as the real server would: with what is wrong in its arguments.
    if not found and asked.fault:
        return Played(error_reply(asked.fault), situation)
    respelt = None if found else _respelt(tool, asked, state, library, tiers)
    if respelt:
        after = situation.after(tool.server_id, respelt.recording.state_after)
        reason = f"spelling:{','.join(respelt.rules)}"
        reply = replace(recorded_reply(respelt.recording, Tier.NORMALISED), reason=reason)
        return Played(reply, after, asked.arguments_json)
    # Result and state after: two recordings that agree in one of them only are unstable as well.
    if len(_outcomes(found)) == 1 and _is_servable(found, asked.tier, tiers):
        after = situation.after(tool.server_id, found[0].state_after)
        return Played(recorded_reply(found[0], asked.tier), after, asked.arguments_json, _change(found))
    moves = _may_move(tool, asked, library)
    after = _after_miss(tool, situation, found, moves)
    return Played(miss_reply(_miss_code(state, found)), after, asked.arguments_json, _change(found))


def recorded_reply(recording: Recording, tier: Tier) -> Reply:
    """Serve a recording."""
    return Reply(tier, recording.result_json, recording.is_error, recording.recording_id, reason=_REASONS[tier])


def error_reply(fault: Fault) -> Reply:
    """Say what is wrong with a call."""
    return Reply(
        Tier.ERROR,
        text_result(fault.text),
        True,
        error_code=fault.code,
        schema_path=fault.schema_path,
        reason=fault.code,
    )


def miss_reply(code: str) -> Reply:
    """Say honestly that there is no answer; why is for the trainer only."""
    return Reply(Tier.MISS, text_result(MISS_TEXT), True, error_code=code, reason=code)


def text_result(text: str) -> str:
    """Write a failed canonical result of one text."""
    return canonical_result([{"type": "text", "text": text}], None, True)


def _ask(tool: BoundTool, arguments_json: str, tiers: Sequence[Tier]) -> _Asked | Fault:
    # Long arguments are seldom repeated, and 4,096 of a megabyte each would be kept.
    read = _read_call if len(arguments_json) <= _KEPT_CHARS else _read_call.__wrapped__
    return read(arguments_json, tool.input_schema_json, Tier.NORMALISED in tiers)


@functools.lru_cache(maxsize=4096)
def _read_call(arguments_json: str, input_schema_json: str, may_coerce: bool) -> _Asked | Fault:
    arguments = read_arguments(arguments_json)
    if isinstance(arguments, Fault):
        return arguments
    fault = check_arguments(arguments, input_schema_json)
    if fault is None:
        return _Asked(canonical_arguments(arguments_json, input_schema_json), Tier.EXACT)
    coerced = coerced_arguments(arguments_json, input_schema_json) if may_coerce else None
    if coerced is None:
        return fault
    rewritten = read_arguments(coerced)
    # Coerced as the schema says and still wrong: then the first fault is what the agent should hear.
    if isinstance(rewritten, Fault) or check_arguments(rewritten, input_schema_json):
        return fault
    return _Asked(canonical_arguments(coerced, input_schema_json), Tier.NORMALISED, fault)


@functools.lru_cache(maxsize=4096)
def _key(server_digest: str, tool: str, arguments_json: str, state: State) -> str:
    return recording_key(server_digest, tool, arguments_json, state)


def _recordings(tool: BoundTool, asked: _Asked, state: State, library: Library) -> list[Recording]:
    if _is_lost(state):
        return []
    key_of = _key if len(asked.arguments_json) <= _KEPT_CHARS else recording_key
    key = key_of(tool.server_digest, tool.name, asked.arguments_json, state)
    # A mapped server has seen other paths; its answers belong to mapped episodes.
    return [found for found in library.recordings_at(key) if found.path_mode is tool.path_mode]


def _respelt(tool: BoundTool, asked: _Asked, state: State, library: Library, tiers: Sequence[Tier]) -> Respelt | None:
    """Find the call in another spelling, for calls that only read: a write's state after was proven for one text."""
    moves = _may_move(tool, asked, library)
    if Tier.NORMALISED not in tiers or _is_lost(state) or moves.world or moves.session:
        return None
    found = library.respelt(Call(tool.server_digest, tool.name, asked.arguments_json, state, tool.path_mode))
    # An error repeats the words of its call, so it is that spelling's alone.
    if found is None or found.recording.is_error or found.recording.state_after != state:
        return None
    return found if _is_servable([found.recording], Tier.NORMALISED, tiers) else None


def _outcomes(found: Sequence[Recording]) -> set[tuple[str, State]]:
    return {(recording.result_sha256, recording.state_after) for recording in found}


def _change(found: Sequence[Recording]) -> str:
    """What recordings that agree say of the world they left; those of an older version say nothing."""
    said = {recording.change_json for recording in found if recording.change_json}
    return said.pop() if len(said) == 1 and len({recording.state_after for recording in found}) == 1 else ""


def _is_servable(found: Sequence[Recording], tier: Tier, tiers: Sequence[Tier]) -> bool:
    one = found[0]
    return tier in tiers and not one.too_large and one.stability is not Stability.UNSTABLE


def _miss_code(state: State, found: Sequence[Recording]) -> str:
    if _is_lost(state):
        return "unknown_state"
    if not found:
        return NOT_RECORDED
    if len(_outcomes(found)) > 1 or found[0].stability is Stability.UNSTABLE:
        return "unstable"
    return "result_too_large" if found[0].too_large else "tier_not_allowed"


def _after_miss(tool: BoundTool, situation: Situation, found: Sequence[Recording], moves: Moves) -> Situation:
    """Follow the recordings where they agree on the state after; else lose what the call may have moved."""
    # An answer that may not be served still tells what the call moves.
    if len({recording.state_after for recording in found}) == 1:
        return situation.after(tool.server_id, found[0].state_after)
    state = situation.of(tool.server_id)
    if moves.world:
        state = replace(state, world=UNKNOWN)
    if moves.session:
        state = replace(state, session=UNKNOWN)
    return situation.after(tool.server_id, state)


def _may_move(tool: BoundTool, asked: _Asked, library: Library) -> Moves:
    """What was seen to move, what the tool's class allows, and what a statement among the arguments may do."""
    seen = library.moves(tool.server_digest, tool.name)
    effect = effect_of(tool.behaviour, parse_canonical(asked.arguments_json))
    return Moves(
        seen.world or effect in (Effect.WORLD, Effect.UNKNOWN),
        seen.session or effect in (Effect.SESSION, Effect.UNKNOWN),
    )


def _is_lost(state: State) -> bool:
    return UNKNOWN in (state.world, state.session)
