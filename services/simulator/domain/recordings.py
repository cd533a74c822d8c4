"""Two sightings of one recording become one, in whatever order they come."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from services.simulator.domain.spelling import Spelling, call_of
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


def spelt_forms(recordings: Iterable[Recording], spelling: Spelling) -> Mapping[str, str]:
    """Choose the recording that answers each form: any, where all spellings of it that are recorded say the same."""
    groups: dict[str, list[Recording]] = defaultdict(list)
    for one in recordings:
        form = spelling.key(call_of(one)) if one.effect is Effect.READ_ONLY else None
        if form:
            groups[form].append(one)
    return {
        form: min(one.recording_id for one in found)
        for form, found in groups.items()
        if _are_one(found) and not any(map(spelling.repeats, found))
    }


def _are_one(found: Iterable[Recording]) -> bool:
    """Whether recordings of one form may stand for each other; an error repeats its call's words, so it never may."""
    said = {(one.result_sha256, one.state_after, one.state) for one in found}
    fit = all(
        not one.is_error
        and not one.too_large
        and one.stability is not Stability.UNSTABLE
        and one.state == one.state_after
        for one in found
    )
    return fit and len(said) == 1


def _rank(recording: Recording) -> tuple[bool, int, int, str, str]:
    return (
        # Versions before there were end states said nothing of what a call left.
        not recording.change_json,
        _PROVEN.index(recording.effect),
        _NEARER.index(recording.origin),
        recording.observed_at,
        # To the last: two that differ anywhere need one order on every machine.
        repr(recording),
    )
