"""Sentences about one thing that several sources speak of: it is named once, then asked about in short sentences."""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.synthesizer.domain import nouns
from services.synthesizer.domain.code_phrases import COMMITS, commit
from services.synthesizer.domain.phrases import Speaker, aside, asked, counted
from services.synthesizer.domain.referring import PERSON, identity
from shared.model import logical_form as lf
from shared.model.logical_sources import CHANGED_FILE
from shared.proof.words import words

Asking = Callable[[Speaker, list[Any], random.Random], str]

_ASKED = re.compile(r"^(What|Which|How|Who|By how|Is|Are)\b")
_LINKED, _LATER = 0.45, 0.2
_HEAD = "the name of the head of "
_FIRST = (
    "What {be} {what}?",
    "What {be} {what}?",
    "Could you tell me {what}?",
    "I need {what}.",
    "Please look up {what}.",
    "Can you find out {what}?",
    "Please send me {what}.",
)
_NEXT = (
    "And what {be} {what}?",
    "And what {be} {what}?",
    "I also need {what}.",
    "Also, what {be} {what}?",
    "And {what}, please.",
    "Could you add {what}?",
)


def ask(speaker: Speaker, values: Sequence[Any], rng: random.Random, worded: Asking) -> str:
    """Ask for one thing after the other.

    Args:
        speaker: knows nothing yet.
        values: what is asked for, what belongs together side by side.
        rng: chooses the words.
        worded: puts values of one sort into words.
    """
    said: list[str] = []
    for unit in _units(values):
        said.append(_said(speaker, unit, rng, worded, before=said[-1] if said else ""))
        speaker = replace(speaker, known=speaker.known.after(*_spoken_of(speaker, unit)))
    return " ".join(said)


def _units(values: Sequence[Any]) -> Iterator[list[Any]]:
    """Values that one sentence asks for: of one row, of the same rows, of one commit."""
    unit: list[Any] = []
    for value in values:
        if unit and _subject(value) != _subject(unit[0]):
            yield unit
            unit = []
        unit.append(value)
    yield unit


def _subject(value: Any) -> Any:
    match value:
        case lf.Attribute():
            key = value.entity.key if isinstance(value.entity, lf.Keyed) else None
            return key if isinstance(key, COMMITS) else value.entity
        case lf.Aggregate():
            return (value.table, value.where)
        case lf.FileNames() | lf.FileMeasure():
            return value.file
    return value


def _said(speaker: Speaker, unit: list[Any], rng: random.Random, worded: Asking, *, before: str) -> str:
    first = unit[0]
    if isinstance(first, lf.SheetValue) and "counted" in words(first.column):
        text = _counted(speaker, first, rng)
    elif isinstance(first, COMMITS) and len(unit) == 1:
        made = commit(speaker, first)
        text = f"Which file did {made} change?" if first.name == CHANGED_FILE else f"Who made {made}?"
    elif isinstance(first, lf.Aggregate) and len(unit) == 1:
        return _framed([speaker.value(first)], rng, before)
    elif isinstance(first, lf.Attribute) and _is_plain(speaker, unit):
        return _framed(_owned(speaker, unit), rng, before)
    else:
        text = worded(speaker, unit, rng)
    return _linked(text, rng, before) if before else text


def _is_plain(speaker: Speaker, unit: list[Any]) -> bool:
    """Tell whether columns of a row are asked for, and not which row it is."""
    entity = unit[0].entity
    if not all(isinstance(value, lf.Attribute) for value in unit):
        return False
    naming = any(value.column in speaker.keys.get(entity.table, ()) for value in unit)
    return not naming or bool(speaker.known.owner(speaker.thing_of(entity)))


def _owned(speaker: Speaker, unit: list[Any]) -> list[str]:
    entity = unit[0].entity
    owner = speaker.known.owner(speaker.thing_of(entity))
    listed = aside(speaker.source(entity.table))
    names = [asked(value) for value in unit]
    if owner:
        return [*(f"{owner} {name}" for name in names[:-1]), f"{owner} {names[-1]}{listed}"]
    # Named once, for all of its columns.
    return [
        nouns.listed([f"the {name}" for name in names]) + f" of {speaker.row(entity)}{listed}",
        *[""] * (len(names) - 1),
    ]


def _framed(names: list[str], rng: random.Random, before: str) -> str:
    what = nouns.listed([name for name in names if name])
    be = "are" if len(names) > 1 else nouns.verb(what)
    if what.startswith(_HEAD) and len(names) == 1:
        return ("And who" if before else "Who") + f" heads {what.removeprefix(_HEAD)}?"
    # Three sentences in a row that begin with "And" read like a list.
    frames = [frame for frame in _NEXT if frame.split()[0] != before.split()[0]] if before else _FIRST
    return rng.choice(frames).format(be=be, what=what)


def _counted(speaker: Speaker, form: lf.SheetValue, rng: random.Random) -> str:
    thing = speaker.who(form.key, form.tables[0], form.by)
    if speaker.known.owner(speaker.thing(form.key, form.tables[0], form.by)):
        thing = "it"
    site = speaker.who(form.sheet, form.tables[0], "site")
    if things := counted(form.column):
        return rng.choice(
            (
                f"How many {things} were counted for {thing} at {site}?",
                f"How many {things} did we count for {thing} at {site}?",
            )
        )
    return rng.choice(
        (
            f"How many of {thing} were counted at {site}?",
            f"How many of {thing} did we count at {site}?",
            f"What was the count of {thing} at {site}?",
        )
    )


def _linked(text: str, rng: random.Random, before: str) -> str:
    """Let a further question follow on the last one."""
    if not _ASKED.match(text):
        return text
    start, toss = text[:1].lower() + text[1:], rng.random()
    if toss < _LINKED and not before.startswith("And "):
        return f"And {start}"
    return f"Also, {start}" if toss < _LINKED + _LATER and not before.startswith("Also") else text


def _spoken_of(speaker: Speaker, unit: Sequence[Any]) -> tuple[Mapping[Any, str], Any]:
    """The things that a sentence named, and the one that it was about."""
    found: dict[Any, str] = {}
    for form in (inner for value in unit for inner in lf.walk(value)):
        for key, table, column in _keys(form):
            found[speaker.thing(key, table, column)] = speaker.called(key, table, column)
        if isinstance(form, lf.Extreme):
            found[form] = speaker.noun(form.table)
        if isinstance(form, COMMITS):
            found[identity(form)] = "commit"
            # Asked for or not: whoever made it is one step away.
            found[PERSON, identity(form)] = PERSON
    focus = _focus(speaker, unit[0])
    return found, focus if focus is not None else speaker.known.focus


def _keys(form: Any) -> Iterator[tuple[Any, lf.Table, str]]:
    """What stands for a row, and where."""
    match form:
        case lf.Keyed(table, column, key) if not isinstance(key, lf.Literal):
            yield key, table, column
        case lf.SheetValue():
            yield form.key, form.tables[0], form.by
        case lf.Aggregate() | lf.Extreme():
            for condition in form.where:
                if not isinstance(condition.value, lf.Literal | lf.Several):
                    yield condition.value, form.table, condition.column


def _focus(speaker: Speaker, value: Any) -> Any:
    """What a value is about; nothing for a comparison."""
    match value:
        case lf.Attribute():
            return speaker.thing_of(value.entity)
        case lf.LatestCommit() | lf.Commit() if value.name != CHANGED_FILE:
            return (PERSON, identity(value))
        case lf.Aggregate() | lf.SheetValue():
            return next((speaker.thing(*key) for key in _keys(value)), None)
    return None
