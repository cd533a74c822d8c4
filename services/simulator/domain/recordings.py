"""Two sightings of one recording become one, in whatever order they come."""

from dataclasses import replace

from shared.model.calls import Origin, Recording, Stability
from shared.model.catalogue import Effect
from shared.proof.keys import recording_key

_WORSE = (Stability.UNTESTED, Stability.STABLE, Stability.MASKED, Stability.UNSTABLE)
_NEARER = (Origin.EXPLORE, Origin.CANARY, Origin.LIVE)
_PROVEN = (Effect.READ_ONLY, Effect.WORLD, Effect.SESSION, Effect.UNKNOWN)


def key_of(recording: Recording) -> str:
    """Return the key a recording answers."""
    return recording_key(recording.server_digest, recording.tool, recording.arguments_json, recording.state)


def merge(one: Recording, other: Recording) -> Recording:
    """Join two sightings under one id: the better proven effect, the worse stability, every volatile place."""
    # By what they say, not by when they came: two replicas that read in different order must serve the same.
    first, second = sorted((one, other), key=_rank)
    return replace(
        first,
        stability=max(first.stability, second.stability, key=_WORSE.index),
        volatile_mask=tuple(sorted({*first.volatile_mask, *second.volatile_mask})),
    )


def _rank(recording: Recording) -> tuple[int, int, str, str]:
    return (
        _PROVEN.index(recording.effect),
        _NEARER.index(recording.origin),
        recording.observed_at,
        # To the last: two that differ anywhere need one order on every machine.
        repr(recording),
    )
