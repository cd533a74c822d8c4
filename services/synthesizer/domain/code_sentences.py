"""Sentences about a repository: who committed, what a commit changed, what a branch proposes, what a file holds."""

import random
from typing import Any

from services.synthesizer.domain import nouns
from services.synthesizer.domain.code_phrases import COMMITS, commit, on_branch
from services.synthesizer.domain.phrases import Speaker
from shared.model import logical_form as lf

_PAIR = 2


def is_history(values: list[Any]) -> bool:
    """Tell whether it is asked who made a commit, and something about them."""
    return (
        len(values) > 1
        and isinstance(values[0], COMMITS)
        and all(isinstance(v, lf.Attribute) and getattr(v.entity, "key", None) == values[0] for v in values[1:])
    )


def ask_history(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    """Ask who made a commit, and something about them."""
    names = [f"their {nouns.humane(v.column)}" for v in values[1:]]
    what, made = f"what {nouns.be(names)} {nouns.listed(names)}", commit(speaker, values[0])
    return rng.choice(
        (
            f"Who made {made}, and {what}?",
            f"I want to reach whoever made {made}. Who is it, and {what}?",
            f"Please find out who made {made}, and give me {nouns.listed(names)}.",
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
        rest = f"which {inside.name} does that file define today"
    else:
        rest = f"what is the {nouns.humane(inside.name)} of that file today"
    path = f"give its path inside {nouns.repository(file.path)}"
    return rng.choice(
        (
            f"Which file did {made} change ({path}), and {rest}?",
            f"Look at {made}: which file did it change ({path}), and {rest}?",
            f"I want to review what {made} touched. Which file is it ({path}), and {rest}?",
            f"Please check which file {made} changed ({path}). And {rest}?",
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
                f"Going by the {name} in {live}, how much is that share of {price} in {form.unit}?",
            )
        )
    said = next(o for o in form.operands if o != value)
    told, name = speaker.value(said), nouns.label(value.label)
    new = rng.choice(
        (f"What is the {name} {on_branch(value)}", f"I am looking at the {name} {on_branch(value)}. What is it")
    )
    if form.operation is lf.Operation.PERCENT_CHANGE:
        return f"{new}, and by how many percent is that above {told}? If it is below, give a negative percentage."
    return f"{new}, and how much higher is that than {told}? If it is lower, give a negative number."


def is_code(values: list[Any]) -> bool:
    """Tell whether several measures of one file are asked for."""
    return len(values) > 1 and all(isinstance(v, lf.CodeMeasure) for v in values) and len({v.path for v in values}) == 1


def ask_code(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    """Ask for measures of one file."""
    names, path = nouns.listed([f"the {nouns.humane(v.name)}" for v in values]), values[0].path
    return rng.choice((f"For the file {path}, what are {names}?", f"I am reviewing {path}. What are {names}?"))
