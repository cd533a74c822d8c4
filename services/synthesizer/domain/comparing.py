"""Sentences about two or more values: differences, changes, sums, a diamond."""

import random
import re
from typing import Any

from services.synthesizer.domain import nouns
from services.synthesizer.domain.phrases import Speaker, labelled
from services.synthesizer.domain.sources import aside
from shared.model import logical_form as lf

_PAIR = 2
_MASSES = ("kg", "g", "lb", "oz", "t")


def compared(speaker: Speaker, form: lf.Computed, rng: random.Random) -> str:
    """Ask for what comes of several values."""
    names = _names(speaker, form)
    match form.operation:
        case lf.Operation.DIFFERENCE:
            both = all(isinstance(operand, lf.Converted) for operand in form.operands)
            return _converted(speaker, form, rng) if both else _difference(speaker, names[0], names[1], rng)
        case lf.Operation.PERCENT_CHANGE:
            return _change(speaker, names[0], names[1], rng)
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
    """Name the operands; of two alike, the second needs no name of its own measure."""
    operands: tuple[Any, ...] = form.operands
    if _alike(form) and isinstance(operands[0], lf.Fact):
        labels, places = zip(*((labelled(o), nouns.document(o.path, o.title, o.dated)) for o in operands), strict=True)
        return [f"the {label} in {place}" for label, place in zip(labels, places, strict=True)]
    names = [speaker.value(operand) for operand in operands]
    said = {aside(speaker.source(o.entity.table)) if isinstance(o, lf.Attribute) else "" for o in operands}
    # Where all stand in one table, it is named once, at the end.
    ending = said.pop() if len(said) == 1 else ""
    return [*(name.removesuffix(ending) for name in names[:-1]), names[-1]]


def _again(said: str, later: str) -> str:
    """Of two like measures, the one that is said later needs no name: the total of A, and that of B."""
    for link, short, many in ((" in ", "the one", "those"), (" of ", "that", "those")):
        measure = said.partition(link)[0]
        if measure.startswith("the ") and later.startswith(measure + link):
            return f"{many if nouns.verb(measure) == 'are' else short}{later.removeprefix(measure)}"
    return later


_LASTS = re.compile(r"^the [a-z ]*\b(?:period|time|term|duration|warranty)\b")
"""What is long, not high."""


def _difference(speaker: Speaker, one: str, other: str, rng: random.Random) -> str:
    # Whichever is said second is shortened; both orders occur.
    one_later, other_later = _again(other, one), _again(one, other)
    be, does = nouns.verb(one), "do" if nouns.verb(one) == "are" else "does"
    # Neutral words where the answer may be negative: "how much higher" would say that it is not.
    if speaker.either:
        return rng.choice(
            (
                f"How far above or below {other} {be} {one_later}?",
                f"{be.capitalize()} {one} above or below {other_later}, and by how much?",
                f"How {does} {one} compare with {other_later}: how far above or below?",
            )
        )
    if _LASTS.search(one):
        return rng.choice(
            (
                f"How much longer {be} {one} than {other_later}?",
                f"Can you work out how much longer {one} {be} than {other_later}?",
                f"{one[:1].upper()}{one[1:]} {be} longer than {other_later}: by how much?",
            )
        )
    return rng.choice(
        (
            f"How much higher {be} {one} than {other_later}?",
            f"Can you work out how much higher {one} {be} than {other_later}?",
            f"Please work out how far {one} {be} above {other_later}.",
            f"How far above {other} {be} {one_later}?",
        )
    )


def _converted(speaker: Speaker, form: lf.Computed, rng: random.Random) -> str:
    """Ask how far two quantities lie apart in a unit that neither is given in."""
    operands: tuple[Any, ...] = form.operands
    one, other = (speaker.value(operand.of) for operand in operands)
    unit = nouns.unit_words(form.unit)
    if speaker.either:
        return f"In {unit}, how far above or below {other} is {one}?"
    return rng.choice(
        (f"Converted to {unit}, how much higher is {one} than {other}?", f"In {unit}, how far above {other} is {one}?")
    )


def _change(speaker: Speaker, first: str, second: str, rng: random.Random) -> str:
    first_later, second_later = _again(second, first), _again(first, second)
    if speaker.either:
        return rng.choice(
            (
                f"How many percent above or below {first} is {second_later}?",
                f"Is {second} above or below {first_later}, and by how many percent?",
            )
        )
    return rng.choice(
        (
            f"By how many percent is {second} above {first_later}?",
            f"How many percent higher is {second} than {first_later}?",
            f"How much higher is {second} than {first_later}, in percent?",
            f"Can you work out by how many percent {second} is above {first_later}?",
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
    if isinstance(operands[0], lf.CodeMeasure):
        counted = nouns.humane(operands[0].name).removeprefix("number of ")
        files = nouns.listed([o.path for o in operands])
        made = "on average" if form.operation is lf.Operation.MEAN else "together"
        return rng.choice(
            (
                f"How many {counted} do the files {files} have {made}?",
                f"I need to know how many {counted} {files} have {made}.",
                f"Take the files {files}. How many {counted} do they have {made}?",
                f"Please look at {files}: how many {counted} do they have {made}?",
                f"{made.capitalize()}, how many {counted} do {files} have?",
                f"Could you check how many {counted} {files} have {made}?",
                f"How many {counted} are there {made} in {files}?",
            )
        )
    places = nouns.listed([nouns.document(o.path, o.title, o.dated) for o in operands])
    label = nouns.label(operands[0].key)
    word = "average" if form.operation is lf.Operation.MEAN else "sum"
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
    what = speaker.value(total)
    return rng.choice(
        (f"What is {what}, and {second}?", f"I need {what}, and then: {second}?", f"Please find {what}. And {second}?")
    )


def _its(speaker: Speaker, each: lf.Attribute) -> str:
    """Name a measure of the row that the sentence has just named."""
    table = each.entity.table
    owner = f"{speaker.noun(table)}\N{RIGHT SINGLE QUOTATION MARK}s"
    return f"the {owner} {nouns.humane(each.column)}{aside(speaker.source(table))}"
