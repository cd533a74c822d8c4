"""How far each tier can be trusted, measured on recorded calls that are held out and answered without themselves."""

import functools
import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.simulator.domain.arguments import check_arguments
from services.simulator.domain.outcomes_agreement import Uses
from services.simulator.domain.recordings import key_of
from services.simulator.domain.replaying import Reply, Tier
from shared.model.calls import Recording
from shared.model.catalogue import ToolRecord
from shared.model.errors import Rejected
from shared.proof.canonical import parse, parse_canonical
from shared.proof.plain import plain_json
from shared.proof.values import extract

FOLDS = 10
"""Each fold holds out a tenth of every tool's calls; over all folds each call is held out once."""
Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Trial:
    """One held-out call and what a tier made of it."""

    server_id: str
    server_digest: str
    tool: str
    key: str
    tier: Tier
    answered: bool
    valid: bool = False
    """The answer has the form that a result of this call has."""
    agreement: float = 0.0
    """Share of fields (name, record, value) that truth and answer have in common, of all that either has."""
    outcomes: tuple[bool, ...] = ()
    """Per task that makes this call: would its reference still pass?"""
    distance: float = 0.0
    calibrates: bool = False
    """It helps to choose the threshold; the others say whether that threshold holds."""

    @property
    def agrees(self) -> bool:
        """Whether nothing was missing, added or otherwise."""
        return self.valid and self.agreement == 1.0


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `of` trials with its 95 % interval."""

    share: float
    low: float
    high: float
    of: int


def share_of(values: Sequence[float]) -> Share:
    """Average values in [0, 1] with Wilson's interval.

    A value between 0 and 1 varies less than a yes or no of the same mean, so the interval is no narrower than it
    should be; and unlike a bootstrap it does not shrink to nothing where a handful of trials agree.
    """
    many = len(values)
    if not many:
        return Share(0.0, 0.0, 1.0, 0)
    mean = sum(values) / many
    centre = (mean + Z95**2 / (2 * many)) / (1 + Z95**2 / many)
    half = Z95 * math.sqrt(mean * (1 - mean) / many + Z95**2 / (4 * many**2)) / (1 + Z95**2 / many)
    # Rounding may push the ends past the scale by an ulp.
    return Share(mean, max(0.0, centre - half), min(1.0, centre + half), many)


def folds(recordings: Iterable[Recording], seed: int) -> list[list[Recording]]:
    """Deal every tool's calls into tenths, in an order that follows from the seed."""
    by_tool: dict[tuple[str, str], list[Recording]] = defaultdict(list)
    for one in recordings:
        by_tool[one.server_digest, one.tool].append(one)
    dealt: list[list[Recording]] = [[] for _ in range(FOLDS)]
    for _, calls in sorted(by_tool.items()):
        for rank, one in enumerate(sorted(calls, key=lambda one: _shuffled(seed, one))):
            dealt[rank % FOLDS].append(one)
    return dealt


class Scale:
    """Weighs answers to held-out calls against what was recorded."""

    def __init__(self, tools: Iterable[ToolRecord], uses: Uses, seed: int) -> None:
        self._schemas = {(tool.server_digest, tool.name): tool.output_schema_json for tool in tools}
        self._uses, self._seed = uses, seed

    def trial(self, truth: Recording, tier: Tier, reply: Reply | None, answering: str = "{}") -> Trial:
        """Weigh one answer; `answering` are the arguments that it was recorded with."""
        # By the digest's last digit: folds follow its first ones, so that every fold has both halves.
        calibrates = _shuffled(self._seed, truth)[-1] in "02468ace"
        common = (truth.server_id, truth.server_digest, truth.tool, key_of(truth), tier)
        if reply is None or reply.tier is not tier:
            return Trial(*common, answered=False, calibrates=calibrates)
        return Trial(
            *common,
            answered=True,
            valid=self._is_valid(truth, reply),
            agreement=agreement(truth, reply.result_json, answering),
            outcomes=tuple(self._uses.outcomes(truth.recording_id, reply.result_json)),
            distance=reply.distance or 0.0,
            calibrates=calibrates,
        )

    def _is_valid(self, truth: Recording, reply: Reply) -> bool:
        """Whether it fails or succeeds as recorded, and has the declared form, or the recorded one where none is."""
        if reply.is_error is not truth.is_error:
            return False
        declared = self._schemas.get((truth.server_digest, truth.tool), "")
        # A declared form is that of successes; errors are texts.
        if not declared or reply.is_error:
            return form(reply.result_json) == form(truth.result_json)
        structured = json.loads(plain_json(parse_canonical(reply.result_json))).get("structuredContent")
        return isinstance(structured, dict) and check_arguments(structured, declared) is None


def agreement(truth: Recording, answer_json: str, answering: str) -> float:
    """Share of fields in common; what merely echoes a call's own arguments is no field."""
    if answer_json == truth.result_json:
        return 1.0
    true, said = _fields(truth.result_json, truth.arguments_json), _fields(answer_json, answering)
    either = (true | said).total()
    return (true & said).total() / either if either else 0.0


@functools.lru_cache(maxsize=8192)
def form(result_json: str) -> frozenset[str]:
    """What kinds of values stand where, positions in lists left out."""
    return frozenset(_form(parse_canonical(result_json), ""))


def threshold(trials: Iterable[Trial], required: float) -> float | None:
    """Choose the distance within which calibrating answers agree best, by the interval's lower end; None: too seldom.

    The largest distance that just suffices would fail on the other half about as often as not.
    """
    near = sorted((one for one in trials if one.answered and one.calibrates), key=lambda one: one.distance)
    ends = [
        place
        for place, one in enumerate(near, 1)
        # Equal distances stand or fall together.
        if place == len(near) or near[place].distance > one.distance
    ]
    lows = [(share_of([float(one.agrees) for one in near[:place]]).low, near[place - 1].distance) for place in ends]
    low, distance = max(lows, default=(0.0, 0.0))
    return distance if low >= required else None


def passes(trials: Iterable[Trial], limit: float, required: float) -> bool:
    """Whether the other held-out answers within a distance agree often enough, and spoil no more tasks than allowed."""
    within = [one for one in trials if one.answered and not one.calibrates and one.distance <= limit]
    ends = [float(same) for one in within for same in one.outcomes]
    fields = share_of([float(one.agrees) for one in within])
    return fields.low >= required and (not ends or share_of(ends).share >= required)


def enabled(trials: Iterable[Trial], required: float) -> Mapping[tuple[str, str], float]:
    """Choose the tools whose nearest tier may be used, each with its threshold."""
    by_tool: dict[tuple[str, str], list[Trial]] = defaultdict(list)
    for one in trials:
        if one.tier is Tier.NEAREST:
            by_tool[one.server_digest, one.tool].append(one)
    limits = {name: threshold(found, required) for name, found in by_tool.items()}
    return {
        name: limit
        for name, limit in sorted(limits.items())
        if limit is not None and passes(by_tool[name], limit, required)
    }


def _shuffled(seed: int, one: Recording) -> str:
    return hashlib.sha256(f"{seed}/{one.recording_id}".encode()).hexdigest()


@functools.lru_cache(maxsize=8192)
def _fields(result_json: str, arguments_json: str) -> Counter[tuple[str, str, str]]:
    return Counter((value.key, value.row, value.json) for value in extract(result_json, arguments_json))


def _form(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield f"{place}:object"
        for key, item in value.items():
            yield from _form(item, f"{place}/{key}")
    elif isinstance(value, list):
        yield f"{place}:array"
        for item in value:
            yield from _form(item, f"{place}/*")
    elif isinstance(value, str):
        inner = _inner(value)
        yield from [f"{place}:text"] if inner is None else _form(inner, f"{place}#")
    else:
        yield f"{place}:{'flag' if isinstance(value, bool) else 'nothing' if value is None else 'number'}"


def _inner(text: str) -> Any:
    """Read JSON inside a string where it holds a list or an object."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return parse(text)
    except Rejected:
        return None
