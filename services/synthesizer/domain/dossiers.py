"""Sentences about one thing that several sources speak of: it is named once, then asked about in short sentences."""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.synthesizer.domain import nouns
from services.synthesizer.domain.code_phrases import COMMITS, commit
from services.synthesizer.domain.counting import counted, is_counted
from services.synthesizer.domain.measures import of, together
from services.synthesizer.domain.opening import keys, one_thing, opened
from services.synthesizer.domain.phrases import Speaker, asked
from services.synthesizer.domain.referring import PERSON, identity, is_people
from services.synthesizer.domain.sources import aside, sourced
from shared.model import logical_form as lf
from shared.model.logical_sources import CHANGED_FILE

Asking = Callable[[Speaker, list[Any], random.Random], str]
_COMPOSED, _LISTED, _MOST_LISTED = ("dossier", "review"), ("note", "meeting"), 2

_ASKED = re.compile(r"^(What|Which|How|Who|By how|Is|Are)\b")
_TOLD_TO = re.compile(r"^Please ((?:[^.?]|\.(?=\S))*)\.(?=\s|$)")
_WITHIN = ("team", "office", "department")
_LINKED, _LATER = 0.45, 0.2
_HEAD, _PEOPLE, _PAIR = "name of the head", "headcount", 2
_FIRST = (
    "What {be} {what}?",
    "What {be} {what}?",
    "Could you tell me {what}?",
    "I need {what}.",
    "Please look up {what}.",
    "Can you find out {what}?",
)
_NEXT = (
    "What {be} {what}?",
    "And what {be} {what}?",
    "And what {be} {what}?",
    "I also need {what}.",
    "Also, what {be} {what}?",
    "Please also give me {what}.",
)


def ask(speaker: Speaker, values: Sequence[Any], rng: random.Random, worded: Asking) -> str:
    """Ask for one thing after the other.

    Args:
        speaker: knows nothing yet.
        values: what is asked for, what belongs together side by side.
        rng: chooses the words.
        worded: puts values of one sort into words.
    """
    speaker = one_thing(speaker, values)
    lead, things, subject = opened(speaker, values, rng)
    speaker = replace(speaker, known=speaker.known.after(things, subject))
    said: list[str] = [lead] if lead else []
    for unit in _units(values):
        text = _said(speaker, unit, rng, worded, before=said[-1] if said[bool(lead) :] else "")
        if lead and len(said) == 1 and not subject:
            text = text.replace("that commit", "it", 1)
        if any("lease " in one for one in said):
            # Without its second "please", it would be an order.
            text = _TOLD_TO.sub(r"Could you \1?", text)
        said.append(sourced(text, rng, before=" ".join(said)))
        speaker = replace(speaker, known=speaker.known.after(*_spoken_of(speaker, unit)))
    return " ".join(said)


def fits(family: str, values: Sequence[Any]) -> bool:
    """Tell whether a question is asked one thing after the other."""
    if family in _COMPOSED:
        return len(values) > 1
    # A list of more than two things, each with its "of", is hard to follow.
    return family in _LISTED and len(values) > _MOST_LISTED and sum(1 for _ in _units(values)) > 1


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
    # How many there are is asked before what they come to.
    unit = sorted(unit, key=lambda value: getattr(value, "function", None) is not lf.Function.COUNT)
    first = unit[0]
    if is_counted(unit):
        text = counted(speaker, first, rng)
    elif isinstance(first, COMMITS) and len(unit) == 1:
        made = commit(speaker, first)
        text = f"Which file did {made} change?" if first.name == CHANGED_FILE else f"Who made {made}?"
    elif isinstance(first, lf.Aggregate) and len(unit) == 1:
        return _framed(speaker.value(first), nouns.verb(speaker.value(first)) == "are", rng, before)
    elif isinstance(first, lf.Attribute) and _is_plain(speaker, unit):
        return _owned(speaker, unit, rng, before)
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


def _owned(speaker: Speaker, unit: list[Any], rng: random.Random, before: str) -> str:
    entity = unit[0].entity
    owner = speaker.known.owner(speaker.thing_of(entity))
    listed = aside(speaker.source(entity.table))
    names = [asked(value) for value in unit]
    # "Its client" of a client would be another one.
    names = ["name" if name == speaker.noun(entity.table) else name for name in names]
    within = next((name for name in names if name in _WITHIN), "") if owner == "their" else ""
    if within:
        others = [f"their {name}" for name in names if name != within]
        rest = f", and what {nouns.be(others)} {nouns.listed(others)}" if others else ""
        return f"{'And which' if before and before[:3] != 'And' else 'Which'} {within} are they in{rest}{listed}?"
    if names in (["contact"], ["contact person"]):
        whom = f"{owner} {names[0]}" if owner else f"the {names[0]} at {speaker.row(entity)}"
        return f"{'And who' if before and before[:3] != 'And' else 'Who'} is {whom}{listed}?"
    if _HEAD in names:
        return _headed(names, "" if owner else speaker.row(entity), listed, before)
    together_, many = together(names), len(names) > 1 or nouns.verb(names[0]) == "are"
    if owner:
        whom = "them" if owner == "their" else "it"
        what = nouns.listed(
            [f"the {name} {of(name)} {whom}" if name.startswith("amount ") else f"{owner} {name}" for name in together_]
        )
    else:
        # Named once, for all of its columns.
        what = nouns.listed([f"the {name}" for name in together_]) + f" {of(names[-1])} {speaker.row(entity)}"
    return _framed(f"{what}{listed}", many, rng, before)


def _headed(names: list[str], team: str, listed: str, before: str) -> str:
    """Ask who heads a team, and what else there is to know of it."""
    asked_ = [f"who heads {team or 'it'}"]
    for name in names:
        if name == _PEOPLE:
            asked_.append("how many people are in it")
        elif name.startswith("number of "):
            asked_.append(f"how many {name.removeprefix('number of ')} does it have")
        elif name != _HEAD:
            asked_.append(f"what {nouns.be([name])} its {name}")
    start = "And " if before and not before.startswith("And") else ""
    text = start + (", and ".join(asked_) if len(asked_) <= _PAIR else f"{', '.join(asked_[:-1])}, and {asked_[-1]}")
    return f"{text[:1].upper()}{text[1:]}{listed}?"


def _framed(what: str, many: bool, rng: random.Random, before: str) -> str:
    # Three sentences in a row that begin alike read like a list.
    frames = [frame for frame in _NEXT if frame.split()[0] != before.split()[0]] if before else _FIRST
    return rng.choice(frames).format(be="are" if many else "is", what=what)


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
        for key, table, column in keys(form):
            found[speaker.thing(key, table, column)] = speaker.called(key, table, column)
        if isinstance(form, lf.Extreme):
            found[form] = speaker.noun(form.table)
        if isinstance(form, COMMITS):
            found[identity(form)] = "commit"
            # Asked for or not: whoever made it is one step away.
            found[PERSON, identity(form)] = PERSON
    # Behind what a document gives, "its price" would be the document's.
    if isinstance(unit[0], lf.Fact):
        return found, None
    focus = _focus(speaker, unit[0])
    # Behind "all services of that expert", "them" would be the services.
    if isinstance(unit[0], lf.Aggregate) and is_people({**speaker.known.nouns, **found}.get(focus, "")):
        return found, None
    return found, focus if focus is not None else speaker.known.focus


def _focus(speaker: Speaker, value: Any) -> Any:
    """What a value is about; nothing for a comparison."""
    match value:
        case lf.Attribute():
            return speaker.thing_of(value.entity)
        case lf.LatestCommit() | lf.Commit() if value.name != CHANGED_FILE:
            return (PERSON, identity(value))
        case lf.Aggregate() | lf.SheetValue():
            return next((speaker.thing(*key) for key in keys(value)), None)
    return None
