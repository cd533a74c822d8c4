"""Sentences about two or more values: differences, changes, sums, a diamond."""

import random
from typing import Any

from services.synthesizer.domain import nouns
from services.synthesizer.domain.phrases import Speaker, aside, labelled
from shared.model import logical_form as lf

_PAIR = 2
_MASSES = ("kg", "g", "lb", "oz", "t")


def compared(speaker: Speaker, form: lf.Computed, rng: random.Random) -> str:
    """Ask for what comes of several values."""
    names = _names(speaker, form)
    match form.operation:
        case lf.Operation.DIFFERENCE:
            both = all(isinstance(operand, lf.Converted) for operand in form.operands)
            return _converted(speaker, form, rng) if both else _difference(names[0], names[1], rng)
        case lf.Operation.PERCENT_CHANGE:
            return _change(names[0], names[1], rng)
        case lf.Operation.DAYS_BETWEEN:
            return _days(names[0], names[1], rng)
        case lf.Operation.SUM | lf.Operation.MEAN if _alike(form):
            return _figures(speaker, form, rng)
        case lf.Operation.MEAN:
            return f"What is the average of {nouns.listed(names)}?"
        case _:
            together = nouns.listed(names)
            return rng.choice(
                (f"What do {together} add up to?", f"Please add up {together}.", f"How much are {together} together?")
            )


def _names(speaker: Speaker, form: lf.Computed) -> list[str]:
    """Name the operands; what one document says twice is named with the document once."""
    operands: tuple[Any, ...] = form.operands
    if all(isinstance(o, lf.Fact) for o in operands) and len({o.path for o in operands}) == 1:
        where = nouns.document(operands[0].path, operands[0].title, operands[0].dated)
        labels = [labelled(o) for o in operands]
        return [*labels[:-1], f"{labels[-1]} in {where}"]
    names = [speaker.value(operand) for operand in operands]
    if _alike(form) and isinstance(operands[-1], lf.Fact):
        names[1:] = [f"the one in {nouns.document(o.path, o.title, o.dated)}" for o in operands[1:]]
    said = {aside(speaker.source(o.entity.table)) if isinstance(o, lf.Attribute) else "" for o in operands}
    ending = said.pop() if len(said) == 1 else ""
    return [*(name.removesuffix(ending) for name in names[:-1]), names[-1]]


def _difference(one: str, other: str, rng: random.Random) -> str:
    return rng.choice(
        (
            f"How much higher is {one} than {other}? If it is lower, give a negative number.",
            f"By how much does {one} exceed {other}? (Negative if it is the smaller one.)",
            f"What is the difference between {one} and {other}, the first minus the second?",
        )
    )


def _converted(speaker: Speaker, form: lf.Computed, rng: random.Random) -> str:
    """Ask how far two quantities lie apart in a unit that neither is given in."""
    operands: tuple[Any, ...] = form.operands
    one, other = (speaker.value(operand.of) for operand in operands)
    unit = nouns.unit_words(form.unit)
    fact = operands[1].of
    if isinstance(fact, lf.Fact) and nouns.document(fact.path, fact.title, fact.dated) in one:
        other = f"{labelled(fact)} given there"
    return rng.choice(
        (
            f"Converted to {unit}, how much higher is {one} than {other}? If it is lower, give a negative number.",
            f"In {unit}, by how much does {one} exceed {other}? (Negative if it stays below.)",
        )
    )


def _change(first: str, second: str, rng: random.Random) -> str:
    return rng.choice(
        (
            f"By how many percent is {second} above {first}? If it is below, give a negative number.",
            f"What is the percentage change from {first} to {second}? Give a decrease as a negative number.",
            f"How much higher is {second} than {first}, in percent? Give a decrease as a negative number.",
        )
    )


def _days(one: str, other: str, rng: random.Random) -> str:
    return rng.choice(
        (
            f"How many days lie between {one} and {other}?",
            f"What is the number of days between {one} and {other}?",
            f"Please work out how many days there are between {one} and {other}.",
            f"How many days apart are {one} and {other}?",
        )
    )


def _alike(form: lf.Computed) -> bool:
    """The same label in several documents, or the same measure of several files."""
    operands: tuple[Any, ...] = form.operands
    facts = all(isinstance(o, lf.Fact) for o in operands) and len({getattr(o, "key", "") for o in operands}) == 1
    code = all(isinstance(o, lf.CodeMeasure) for o in operands) and len({getattr(o, "name", "") for o in operands}) == 1
    return facts or code


def _figures(speaker: Speaker, form: lf.Computed, rng: random.Random) -> str:
    operands: tuple[Any, ...] = form.operands
    word = "average" if form.operation is lf.Operation.MEAN else "sum"
    if isinstance(operands[0], lf.CodeMeasure):
        name, files = nouns.humane(operands[0].name), nouns.listed([o.path for o in operands])
        return rng.choice(
            (
                f"Over the files {files}, what is the {word} of the {name}?",
                f"I need the {word} of the {name} over {files}.",
            )
        )
    places = nouns.listed([nouns.document(o.path, o.title, o.dated) for o in operands])
    label = nouns.label(operands[0].key)
    return rng.choice(
        (
            f"What is the {word} of the {label} figures given in {places}?",
            f"Please look at {places} and give me the {word} of their {label} figures.",
        )
    )


def is_shipped(values: list[Any]) -> bool:
    """A total, and the product of that total with something."""
    return (
        len(values) == _PAIR
        and isinstance(values[1], lf.Computed)
        and values[1].operation is lf.Operation.PRODUCT
        and values[0] in values[1].operands
    )


def shipped(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    """Ask for a total and what it weighs or costs."""
    total, form = values
    each = next(operand for operand in form.operands if operand != total)
    unit, measure = nouns.unit_words(form.unit), _its(speaker, each)
    if form.unit in _MASSES:
        second = rng.choice(
            (
                f"how many {unit} is that altogether, going by {measure}",
                f"what do they weigh together in {unit}, given {measure}",
            )
        )
    else:
        second = f"what would that come to in {unit} at {measure}"
    return f"What is {speaker.value(total)}, and {second}?"


def _its(speaker: Speaker, each: lf.Attribute) -> str:
    """Name a measure of the row that the sentence has just named."""
    table = each.entity.table
    owner = f"{speaker.noun(table)}\N{RIGHT SINGLE QUOTATION MARK}s"
    return f"the {owner} {nouns.humane(each.column)}{aside(speaker.source(table))}"
