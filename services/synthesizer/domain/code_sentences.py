"""Sentences about a repository: who committed, what a commit changed, what a branch proposes, what a file holds."""

import random
from typing import Any

from services.synthesizer.domain import nouns
from services.synthesizer.domain.code_phrases import COMMITS, commit, on_branch
from services.synthesizer.domain.phrases import Speaker
from services.synthesizer.domain.referring import identity
from shared.model import logical_form as lf

_PAIR = 2
_WITHIN = (["team"], ["office"], ["department"])


def is_history(values: list[Any]) -> bool:
    """Tell whether it is asked who made a commit, and something about them."""
    return (
        len(values) > 1
        and isinstance(values[0], COMMITS)
        and all(isinstance(v, lf.Attribute) and getattr(v.entity, "key", None) == values[0] for v in values[1:])
    )


def ask_history(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    """Ask who made a commit, and something about them."""
    names, made = [f"their {nouns.humane(v.column)}" for v in values[1:]], commit(speaker, values[0])
    columns = [v.column for v in values[1:]]
    within = next((column for column in columns if [column] in _WITHIN), "")
    others = [name for name in names if name != f"their {within}"]
    what = f"what {nouns.be(others)} {nouns.listed(others)}" if others else f"which {within} are they in"
    # "Their team" is what they have; people say which team they are in.
    what = f"which {within} are they in, and {what}" if within and others else f"and {what}"
    give = f"which {columns[0]} they are in" if columns in _WITHIN else f"give me {nouns.listed(names)}"
    # Spoken of before, it needs no reason to be asked about.
    if speaker.known.of(identity(values[0])):
        return rng.choice(
            (
                f"Who made {made}, {what}?",
                f"Please find out who made {made}, and {give}.",
                f"Do you know who made {made}, {what}?",
            )
        )
    return rng.choice(
        (
            f"Who made {made}, {what}?",
            f"I want to reach whoever made {made}. Who is it, {what}?",
            f"Please find out who made {made}, and {give}.",
            f"I have a question about {made}. Who made it, {what}?",
            f"Do you know who made {made}, {what}?",
        )
    )


def is_change(values: list[Any]) -> bool:
    """Tell whether a changed file is asked for, and something in it."""
    return len(values) == _PAIR and getattr(values[1], "file", None) == values[0]


def ask_change(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    """Ask which file a commit changed, and what stands in that file."""
    file, inside = values
    made = commit(speaker, file)
    if isinstance(inside, lf.FileNames):
        # Today: the file has changed since that commit.
        rest, noun = f"which {inside.name} does that file define today", f"which {inside.name} that file defines today"
    else:
        name = nouns.humane(inside.name)
        rest, noun = f"what is the {name} of that file today", f"the {name} of that file today"
        if name.startswith("number of "):
            what = name.removeprefix("number of ")
            rest, noun = f"how many {what} does that file have today", f"how many {what} that file has today"
    if speaker.known.of(identity(file)):
        return rng.choice(
            (
                f"Which file did {made} change, and {rest}?",
                f"Please check which file {made} changed. {rest[:1].upper()}{rest[1:]}?",
                f"Can you tell me which file {made} changed, and {noun}?",
                f"Please find out which file {made} changed, and {noun}.",
            )
        )
    return rng.choice(
        (
            f"Which file did {made} change, and {rest}?",
            f"Look at {made}: which file did it change, and {rest}?",
            f"I want to review {made}. Which file did it change, and {rest}?",
            f"Please check which file {made} changed. {rest[:1].upper()}{rest[1:]}?",
            f"Please tell me which file {made} changed, and {noun}.",
            f"Can you tell me which file {made} changed, and {noun}?",
            f"I am about to review {made}. Which file did it change, and {rest}?",
            f"Please find out which file {made} changed, and {noun}.",
        )
    )


def is_branch(values: list[Any]) -> bool:
    """Tell whether a comparison with what a branch proposes is asked for."""
    return isinstance(values[-1], lf.Computed) and any(isinstance(o, lf.BranchValue) for o in values[-1].operands)


def ask_branch(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    """Ask what a branch sets, and how that compares, or what it comes to for a price."""
    form = values[-1]
    value = next(o for o in form.operands if isinstance(o, lf.BranchValue))
    if form.operation is lf.Operation.PRODUCT:
        price, name = speaker.value(form.operands[0]), nouns.label(value.label)
        live = f"the “{value.branch}” branch of {nouns.repository(value.path)}"
        return rng.choice(
            (
                f"If {live} went live, what would the {name} come to in {form.unit} on {price}?",
                f"We may merge {live}. What would its {name} come to in {form.unit} on {price}?",
                f"How much would the {name} from {live} be in {form.unit} on {price}?",
            )
        )
    told = _told(speaker, next(o for o in form.operands if o != value), value)
    name = nouns.label(value.label)
    new = rng.choice(
        (
            f"What is the {name} {on_branch(value)}",
            f"I am looking at the {name} {on_branch(value)}. What is it",
            f"Before we merge: what is the {name} {on_branch(value)}",
        )
    )
    return f"{new}, and {_moved(form, told, either=speaker.either, rng=rng)}?"


def _told(speaker: Speaker, said: Any, value: lf.BranchValue) -> str:
    """Name what holds now; under the same label it is the one of its page."""
    is_same = isinstance(said, lf.Fact) and said.key == value.label
    return f"the one in {nouns.document(said.path, said.title, said.dated)}" if is_same else speaker.value(said)


def _moved(form: lf.Computed, told: str, *, either: bool, rng: random.Random) -> str:
    """Ask how far a proposal lies from what holds now."""
    percent = form.operation is lf.Operation.PERCENT_CHANGE
    if either:
        return f"how {'many percent' if percent else 'far'} above or below {told} is it"
    if percent:
        return rng.choice((f"how much higher is it in percent than {told}", f"by what percentage is it above {told}"))
    return rng.choice((f"how much higher is it than {told}", f"how far above {told} is it"))


def is_code(values: list[Any]) -> bool:
    """Tell whether several measures of one file are asked for."""
    return len(values) > 1 and all(isinstance(v, lf.CodeMeasure) for v in values) and len({v.path for v in values}) == 1


def ask_code(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    """Ask for measures of one file."""
    path = values[0].path
    counted = nouns.listed([nouns.humane(v.name).removeprefix("number of ") for v in values])
    return rng.choice(
        (
            f"How many {counted} does the file {path} have?",
            f"I am reviewing {path}. How many {counted} does it have?",
            f"Please check the file {path}: how many {counted} does it have?",
            f"Can you tell me how many {counted} there are in {path}?",
        )
    )
