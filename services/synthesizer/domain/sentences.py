"""From a question to a sentence: several ways of asking per form, chosen by the task's hash."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.synthesizer.domain import nouns
from services.synthesizer.domain.phrases import Speaker, listed, summed
from shared.model import logical_form as lf

_ASK = (
    "What {be} {what}?",
    "Could you tell me {what}?",
    "Please find {what}.",
    "I need {what}.",
    "Can you look up {what} for me?",
    "{What}, please.",
)
_TAKE = (
    "Take {row}: {rest}?",
    "Have a look at {row}. {Rest}?",
    "This is about {row}: {rest}?",
    "Please check {row} for me: {rest}?",
)


def ask(speaker: Speaker, question: lf.Question, rng: random.Random) -> str:
    """Put a question into words."""
    values = [field.value for field in question.fields]
    for fits, asking in _FORMS:
        if fits(values):
            return asking(speaker, values, rng)
    return _plain(speaker, values, rng)


def _plain(speaker: Speaker, values: Sequence[Any], rng: random.Random) -> str:
    return _frame(listed([speaker.value(value) for value in values]), len(values) > 1, rng)


def _frame(what: str, is_many: bool, rng: random.Random) -> str:
    return rng.choice(_ASK).format(be="are" if is_many else "is", what=what, What=_upper(what))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _take(row: str, rest: str, rng: random.Random) -> str:
    return rng.choice(_TAKE).format(row=row, rest=rest, Rest=_upper(rest))


def _one_row(values: Sequence[Any]) -> bool:
    return all(isinstance(v, lf.Attribute) for v in values) and len({v.entity for v in values}) == 1


def _ask_one_row(speaker: Speaker, values: Sequence[lf.Attribute], rng: random.Random) -> str:
    entity = values[0].entity
    keys = speaker.keys.get(entity.table, ())
    naming = [v for v in values if v.column in keys]
    others = [nouns.humane(v.column) for v in values if v not in naming]
    row, noun = speaker.row(entity), speaker.noun(entity.table)
    told = isinstance(entity, lf.Keyed) and isinstance(entity.key, lf.Literal)
    whose = "their" if noun == "employee" else "its"
    if naming and not told and others:
        theirs = listed([f"{whose} {name}" for name in others])
        be = "are" if len(others) > 1 else "is"
        if isinstance(entity, lf.Extreme):
            return f"{_which(speaker, entity)}, and what {be} {theirs}?"
        return _take(row, f"{_identity(noun)}, and what {be} {theirs}", rng)
    if naming and not told and len(naming) == 1 and isinstance(entity, lf.Extreme):
        asked = _which(speaker, entity)
        return rng.choice((f"{asked}?", f"Could you tell me {asked[0].lower()}{asked[1:]}?"))
    names = listed([f"the {nouns.humane(v.column)}" for v in values])
    source = speaker.source(entity.table) if isinstance(entity, lf.Keyed) else ""
    return _frame(f"{names}{f' listed{source}' if source else ''} of {row}", len(values) > 1, rng)


def _identity(noun: str) -> str:
    return "who is it" if noun == "employee" else f"which {noun} is it"


def _which(speaker: Speaker, entity: lf.Extreme) -> str:
    """Ask for an extreme: which product is the heaviest, which supplier has the longest lead time."""
    noun, (adjective, fits) = speaker.noun(entity.table), nouns.degree(entity.column, entity.direction)
    among = speaker.where(entity.where, entity.table) + speaker.source(entity.table)
    if fits:
        return f"Which {noun}{among} is the {adjective}"
    return f"Which {noun}{among} has the {adjective} {nouns.humane(entity.column)}"


def _is_history(values: Sequence[Any]) -> bool:
    return (
        isinstance(values[0], lf.LatestCommit)
        and all(isinstance(v, lf.Attribute) for v in values[1:])
        and len(values) > 1
    )


def _ask_history(speaker: Speaker, values: Sequence[Any], rng: random.Random) -> str:
    theirs = listed([f"their {nouns.humane(v.column)}" for v in values[1:]])
    be = "are" if len(values) > 2 else "is"  # noqa: PLR2004
    code = nouns.repository(values[0].path)
    return rng.choice((
        f"Who made the latest commit in {code}, and what {be} {theirs}?",
        f"Who was the last person to commit to {code}, and what {be} {theirs}?",
        f"I want to reach whoever committed last in {code}: who is it, and what {be} {theirs}?",
    ))  # fmt: skip


def _is_clock(values: Sequence[Any]) -> bool:
    return isinstance(values[-1], lf.LocalTime)


def _ask_clock(speaker: Speaker, values: Sequence[Any], rng: random.Random) -> str:
    form: lf.LocalTime = values[-1]
    entity = form.to_zone.entity if isinstance(form.to_zone, lf.Attribute) else None
    row = speaker.row(entity) if entity else speaker.value(form.to_zone)
    place = nouns.place_of(form.from_zone.text) if isinstance(form.from_zone, lf.Literal) else ""
    when = f"when it is {form.time} in {place}"
    if len(values) > 1 and entity is not None:
        if isinstance(entity, lf.Extreme):
            return f"{_which(speaker, entity)}, and what is the local time there {when} today?"
        return _take(
            row, f"{_identity(speaker.noun(entity.table))}, and what is the local time there {when} today", rng
        )
    return rng.choice((
        f"What time is it for {row} {when} today?",
        f"I want to call at {form.time} {place} time today. What is the local time for {row} then?",
        f"When clocks in {place} show {form.time} today, what do they show for {row}?",
        f"If we meet at {form.time} {place} time today, what local time is that for {row}?",
    ))  # fmt: skip


def _is_conversion(values: Sequence[Any]) -> bool:
    return isinstance(values[-1], lf.Converted)


def _ask_conversion(speaker: Speaker, values: Sequence[Any], rng: random.Random) -> str:
    form: lf.Converted = values[-1]
    unit = nouns.unit_words(form.unit)
    if len(values) > 1 and isinstance(form.of, lf.Attribute):
        entity, measure = form.of.entity, f"what is its {nouns.humane(form.of.column)} in {unit}"
        if isinstance(entity, lf.Extreme):
            return f"{_which(speaker, entity)}, and {measure}?"
        return _take(speaker.row(entity), f"{_identity(speaker.noun(entity.table))}, and {measure}", rng)
    return _frame(f"{speaker.value(form.of)}, converted to {unit}", False, rng)


def _is_total(values: Sequence[Any]) -> bool:
    return (
        len(values) > 1
        and all(isinstance(v, lf.Aggregate) for v in values)
        and len({(v.table, v.where) for v in values}) == 1
        and values[0].function is lf.Function.COUNT
    )


def _ask_total(speaker: Speaker, values: Sequence[lf.Aggregate], rng: random.Random) -> str:
    count, *others = values
    rows = (
        nouns.plural(speaker.noun(count.table)) + speaker.where(count.where, count.table) + speaker.source(count.table)
    )
    words = {"sum": "total", "mean": "average", "min": "lowest", "max": "highest"}
    names = listed([
        f"their {words[v.function]} {summed(v.column) if v.function is lf.Function.SUM else nouns.humane(v.column)}" for v in others
    ])  # fmt: skip
    return rng.choice((
        f"How many {rows} are there, and what is {names}?",
        f"Count the {rows} and tell me {names}.",
        f"I need two figures: how many {rows} there are, and {names}.",
    ))  # fmt: skip


def _is_shipped(values: Sequence[Any]) -> bool:
    return (
        len(values) == 2  # noqa: PLR2004
        and isinstance(values[1], lf.Computed)
        and values[1].operation is lf.Operation.PRODUCT
        and values[0] in values[1].operands
    )


def _ask_shipped(speaker: Speaker, values: Sequence[Any], rng: random.Random) -> str:
    total, form = values
    each = next(operand for operand in form.operands if operand != total)
    unit, measure = nouns.unit_words(form.unit), speaker.value(each)
    if form.unit in ("kg", "g", "lb", "oz", "t"):
        second = f"how many {unit} is that altogether, going by {measure}"
    else:
        second = f"what does that come to in {unit} at {measure}"
    return f"What is {speaker.value(total)}, and {second}?"


def _is_compared(values: Sequence[Any]) -> bool:
    return len(values) == 1 and isinstance(values[0], lf.Computed)


def _ask_compared(speaker: Speaker, values: Sequence[lf.Computed], rng: random.Random) -> str:
    form = values[0]
    names = [speaker.value(operand) for operand in form.operands]
    match form.operation:
        case lf.Operation.DIFFERENCE:
            return rng.choice((
                f"How much higher is {names[0]} than {names[1]}? If it is lower, give a negative number.",
                f"Please subtract {names[1]} from {names[0]}.",
                f"What is the difference between {names[0]} and {names[1]} (the first minus the second)?",
            ))  # fmt: skip
        case lf.Operation.PERCENT_CHANGE:
            return rng.choice((
                f"By how many percent do we change if we go from {names[0]} to {names[1]}? A decrease is negative.",
                f"What is the percentage change from {names[0]} to {names[1]}? Give a decrease as a negative number.",
                f"Going from {names[0]} to {names[1]}, what is the change in percent (negative for a decrease)?",
            ))  # fmt: skip
        case lf.Operation.SUM | lf.Operation.MEAN if _alike(form):
            return _frame(_several(speaker, form), False, rng)
        case lf.Operation.SUM:
            return rng.choice((f"What do {listed(names)} add up to?", f"Please add up {listed(names)}."))
        case _:
            return _plain(speaker, values, rng)


def _alike(form: lf.Computed) -> bool:
    """The same label in several documents, or the same measure of several files."""
    facts = (
        all(isinstance(o, lf.Fact) for o in form.operands) and len({getattr(o, "key", "") for o in form.operands}) == 1
    )
    code = (
        all(isinstance(o, lf.CodeMeasure) for o in form.operands)
        and len({getattr(o, "name", "") for o in form.operands}) == 1
    )
    return facts or code


def _several(speaker: Speaker, form: lf.Computed) -> str:
    first = form.operands[0]
    word = "average" if form.operation is lf.Operation.MEAN else "total"
    if isinstance(first, lf.CodeMeasure):
        return f"the {word} of the {nouns.humane(first.name)} over the files {listed([o.path for o in form.operands])}"
    places = listed([nouns.document(o.path, o.title, o.dated) for o in form.operands])
    label = first.key[:1].lower() + first.key[1:]
    return f"the {word} of the {label} figures given in {places}"


def _is_fan_out(values: Sequence[Any]) -> bool:
    return (
        len(values) == 2
        and all(isinstance(v, lf.Attribute) and _via(v) is not None for v in values)
        and len({_via(v) for v in values}) == 1
    )  # noqa: PLR2004


def _via(value: lf.Attribute) -> Any:
    entity = value.entity
    return entity.key.entity if isinstance(entity, lf.Keyed) and isinstance(entity.key, lf.Attribute) else None


def _ask_fan_out(speaker: Speaker, values: Sequence[lf.Attribute], rng: random.Random) -> str:
    asked = []
    for value in values:
        key = value.entity.key
        role = speaker.role(key.column, value.entity.table, value.entity.column)
        asked.append(f"the {nouns.humane(value.column)} of its {role}")
    return _take(speaker.row(_via(values[0])), f"what are {listed(asked)}", rng)


def _is_code(values: Sequence[Any]) -> bool:
    return all(isinstance(v, lf.CodeMeasure) for v in values) and len({v.path for v in values}) == 1 and len(values) > 1


def _ask_code(speaker: Speaker, values: Sequence[lf.CodeMeasure], rng: random.Random) -> str:
    names = listed([f"the {nouns.humane(v.name)}" for v in values])
    return rng.choice(
        (f"For the file {values[0].path}, what are {names}?", f"I’m reviewing {values[0].path}. What are {names}?")
    )


_Form = tuple[Callable[[Sequence[Any]], bool], Callable[[Speaker, Sequence[Any], random.Random], str]]
_FORMS: tuple[_Form, ...] = (
    (_is_clock, _ask_clock),
    (_is_conversion, _ask_conversion),
    (_is_history, _ask_history),
    (_is_shipped, _ask_shipped),
    (_is_compared, _ask_compared),
    (_is_total, _ask_total),
    (_is_fan_out, _ask_fan_out),
    (_is_code, _ask_code),
    (_one_row, _ask_one_row),
)

FORMATS: Mapping[str, str] = {
    "time": "24-hour HH:MM",
    "date": "YYYY-MM-DD",
    "datetime": "as written, ISO 8601",
    "string": "as written there",
    "set": "a list of names",
}


def reply(fields: Sequence[tuple[str, str]], rng: random.Random) -> str:
    """State key and form of every answer field."""
    named = [f"“{key}” ({form})" if form else f"“{key}”" for key, form in fields]
    if len(named) == 1:
        return rng.choice((
            f"Answer with a JSON object whose only key is {named[0]}.",
            f"Please reply as JSON with the key {named[0]}.",
            f"Give the answer as a JSON object with the one key {named[0]}.",
        ))  # fmt: skip
    return rng.choice((
        f"Answer with a JSON object with the keys {listed(named)}.",
        f"Please reply as JSON with {listed(named)}.",
        f"Put the answer into one JSON object: {listed(named)}.",
    ))  # fmt: skip
