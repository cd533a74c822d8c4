"""A tool call, its result, and the recording of both."""

from dataclasses import dataclass
from enum import StrEnum

from shared.model.catalogue import Effect, PathMode


@dataclass(frozen=True, slots=True)
class State:
    """What a call starts from or leaves behind: the world now, and the called server's session."""

    world: str
    """World digest: sorted (path, mode, bytes) plus `now`."""
    session: str = ""
    """Chain over (tool, canonical arguments, result digest) of session-mutating calls; empty when none happened."""


class Origin(StrEnum):
    """Who made the call that a recording holds."""

    EXPLORE = "explore"
    CANARY = "canary"
    LIVE = "live"


class Stability(StrEnum):
    """What repeating a call in a fresh world, another process and at a later time showed."""

    UNTESTED = "untested"
    STABLE = "stable"
    MASKED = "masked"
    """Stable but for the places in `volatile_mask`."""
    UNSTABLE = "unstable"


@dataclass(frozen=True, slots=True)
class Recording:
    """(server digest, tool, canonical arguments, state) -> (canonical result, state after)."""

    recording_id: str
    """hash(key, canonical result)."""
    server_id: str
    server_digest: str
    tool: str
    arguments_json: str
    """Canonical, schema defaults applied."""
    # Both states, though only the first is in the key: a replay has to know where the call leaves the episode.
    state: State
    state_after: State
    result_json: str
    """Canonical `{content, structuredContent, isError}`; empty when `too_large`."""
    result_sha256: str
    """Of the canonical result's UTF-8 bytes."""
    is_error: bool
    effect: Effect
    """Behaviour class used when it was recorded; later reclassification never re-keys it."""
    stability: Stability = Stability.UNTESTED
    volatile_mask: tuple[str, ...] = ()
    """JSON pointers into the canonical result that differed between runs."""
    path_mode: PathMode = PathMode.MOUNTED
    origin: Origin = Origin.EXPLORE
    too_large: bool = False
    result_length: int = 0
    """Length of the canonical result in bytes."""
    # In no id: the same call made tomorrow must be the same recording.
    observed_at: str = ""
    """RFC 3339, wall clock; outside every id."""
    change_json: str = ""
    """How the world that it left differs from the one its run started from (`shared.proof.end_state.change`); empty
    where it moved no world of ours. In no id: key and result say which call it is."""


@dataclass(frozen=True, slots=True)
class DataFlow:
    """Where one argument of a call came from."""

    call_id: str
    """The earlier call."""
    locator_json: str
    """Locator steps into that call's canonical result."""
    transforms_json: str
    """Canonical JSON list of `{name, args}` applied to the located value."""
    argument: str
    """JSON pointer into this call's arguments."""
    sha256: str
    """Digest of the located value, as in evidence."""
    # A range, not only the value: the same text may stand in the argument for other reasons.
    slot_start: int | None = None
    """Start of the character range (Unicode code points) when the value went inside a string."""
    slot_end: int | None = None
    edge_id: str = ""
    """The graph edge that proposed it; empty when the explorer found it itself."""
