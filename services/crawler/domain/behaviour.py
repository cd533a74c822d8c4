"""What the answers prove about a tool; annotations and names are hints and prove nothing.

`read_only` takes a success that left the world alone and the same answer from another process; a name that promises a
change keeps a tool from it, because a call that changed nothing seen may have changed what was not looked at.
"""

import re
from dataclasses import dataclass

from services.crawler.domain.ports import Called, ListedTool
from services.crawler.domain.verbs import promises_change, promises_memory
from shared.model.catalogue import Behaviour, Effect, Variation
from shared.proof.disguise import Health, diagnose

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_INSTANT = re.compile(
    rf"\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?"
    rf"(?:{_MONTH} \d{{1,2}},? \d{{4}}|\d{{1,2}} {_MONTH} \d{{4}}|\d{{4}}-\d\d-\d\d)"
    r"(?:[T ,]+\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AP]M)?)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b\d{1,2}:\d\d(?::\d\d)?\b"
    r"|\b1[5-9]\d{8}(?:\d{3})?(?:\.\d+)?\b"
)
"""Dates, with the time that follows them, days of the week, times, seconds since 1970, as programs write them."""


@dataclass(slots=True)
class Trial:
    """What probing saw of one tool."""

    tool: ListedTool
    first: Called | None = None
    """The first success, else the last failure."""
    latest: Called | None = None
    """What it answered when it was last asked the same, to see what other tools change."""
    again: Called | None = None
    """The same call repeated at once, in the same process."""
    elsewhere: Called | None = None
    """The same call in another process over another copy, the clock moved on."""
    in_empty_world: bool = False
    """Whether `elsewhere` had a world without files."""
    same_clock: Called | None = None
    """The same call in a third process, at the first clock; made when `elsewhere` differs."""
    moved_answers: bool = False
    """Whether other tools answered differently afterwards, with the world unmoved."""

    @property
    def succeeded(self) -> bool:
        """Whether a call did what was asked."""
        return self.first is not None and is_success(self.first)

    @property
    def moved_world(self) -> bool:
        """Whether the call wrote files, be it with equal bytes."""
        called = self.first
        return called is not None and (called.wrote or called.state_after.world != called.state.world)


def is_success(called: Called) -> bool:
    """Whether a result is what was asked for: no error, neither flagged nor in disguise."""
    # A result too large to keep was an answer all the same.
    if called.is_error or called.too_large:
        return not called.is_error
    moved = called.state_after.world != called.state.world
    return diagnose(called.result_json, called.arguments_json, moved).health is not Health.FAILED


def decide(trial: Trial) -> Behaviour:
    """Decide a tool's class from what was seen."""
    # What was seen comes before what a name promises.
    for rule in (_writing, _failing, _remembering, _changing, _promising):
        if found := rule(trial):
            return found
    return _reading(trial)


def differs_elsewhere(trial: Trial) -> bool:
    """Whether another process answered differently."""
    return _differs(trial.first, trial.elsewhere)


def differs_in_instants(trial: Trial) -> bool:
    """Whether it differed only where dates and times stand."""
    return bool(trial.first and trial.elsewhere and _only_instants(trial.first, trial.elsewhere))


def _writing(trial: Trial) -> Behaviour | None:
    if not trial.moved_world:
        return None
    return Behaviour(Effect.WORLD, _variation(trial), evidence=f"a call wrote files; {_repeat_text(trial)}")


def _failing(trial: Trial) -> Behaviour | None:
    if trial.succeeded:
        return None
    made = "every call failed" if trial.first else "no call was made"
    return Behaviour(evidence=f"{made}, so nothing is proven")


def _remembering(trial: Trial) -> Behaviour | None:
    if not trial.moved_answers:
        return None
    evidence = "later answers changed while the world did not move"
    return Behaviour(Effect.SESSION, _variation(trial), evidence=evidence)


def _changing(trial: Trial) -> Behaviour | None:
    if not _differs(trial.first, trial.again):
        return None
    if trial.elsewhere and not _differs(trial.first, trial.elsewhere):
        return Behaviour(Effect.SESSION, Variation.STABLE, evidence="its own earlier call changed its answer")
    # A counter and a random answer look alike in one process; only the other process tells them apart.
    return Behaviour(Effect.UNKNOWN, Variation.RANDOM, evidence="two equal calls in one process answered differently")


def _promising(trial: Trial) -> Behaviour | None:
    if promises_memory(trial.tool):
        evidence = "its name promises that the server remembers, and no file moved"
        return Behaviour(Effect.SESSION, _variation(trial), evidence=evidence)
    if promises_change(trial.tool):
        evidence = "its name promises a change, and none was seen"
        return Behaviour(Effect.UNKNOWN, _variation(trial), evidence=evidence)
    return None


def _reading(trial: Trial) -> Behaviour:
    variation = _variation(trial)
    if variation is Variation.STABLE:
        place = "a world without files" if trial.in_empty_world else "a fresh world"
        evidence = f"same answer in another process, {place} and a later time; no file moved"
        return Behaviour(Effect.READ_ONLY, variation, trial.in_empty_world, evidence)
    if variation is Variation.TIME:
        evidence = "answers differ only with the clock; no file moved"
        return Behaviour(Effect.READ_ONLY, variation, evidence=evidence)
    return Behaviour(Effect.UNKNOWN, variation, evidence=f"{_repeat_text(trial)}; no file moved")


def _variation(trial: Trial) -> Variation:
    if trial.first is None or trial.elsewhere is None:
        return Variation.UNKNOWN
    if not _differs(trial.first, trial.elsewhere):
        return Variation.STABLE
    if trial.same_clock is None:
        return Variation.UNKNOWN
    if not _differs(trial.first, trial.same_clock) or _only_instants(trial.first, trial.same_clock):
        return Variation.TIME
    return Variation.RANDOM


def _repeat_text(trial: Trial) -> str:
    if trial.elsewhere is None:
        return "it was not repeated elsewhere"
    return {
        Variation.STABLE: "the same in another process at a later time",
        Variation.TIME: "different in another process at a later time, the same at the same time",
        Variation.RANDOM: "different in another process at the same time",
        Variation.UNKNOWN: "different in another process at a later time",
    }[_variation(trial)]


def _differs(one: Called | None, other: Called | None) -> bool:
    """Whether both were made and answered differently."""
    return one is not None and other is not None and one.result_sha256 != other.result_sha256


def _only_instants(one: Called, other: Called) -> bool:
    """Whether two results differ only where they hold dates and times, such as a file's time of creation."""
    if not one.result_json or not other.result_json:
        return False
    # Line by line, as results write newlines: a date that moves must not hide another difference far away.
    first, second = one.result_json.split("\\n"), other.result_json.split("\\n")
    if len(first) != len(second):
        return False
    pairs = [(left, right) for left, right in zip(first, second, strict=True) if left != right]
    return all(_INSTANT.sub("", left) == _INSTANT.sub("", right) for left, right in pairs)
