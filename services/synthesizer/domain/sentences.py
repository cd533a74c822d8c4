"""From a question to a sentence: several ways of asking per form, chosen by the task's hash."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.synthesizer.domain import code_sentences, comparing, counting, dossiers, nouns
from services.synthesizer.domain.measures import of, together
from services.synthesizer.domain.phrases import Speaker, asked
from services.synthesizer.domain.result_words import ask_results, is_results
from services.synthesizer.domain.sources import aside
from services.synthesizer.domain.tidying import tidied
from shared.model import logical_form as lf

# The plain question three times, so that it is drawn most.
_ASK = (
    "What {be} {what}?",
    "What {be} {what}?",
    "What {be} {what}?",
    "Could you tell me {what}?",
    "Please find {what}.",
    "I need {what}.",
    "Can you look up {what}?",
    "Please look up {what}.",
    "Could you check {what}?",
    "Please send me {what}.",
    "Can you find out {what}?",
)
_TAKE = (
    "Have a look at {row}. {Rest}?",
    "Please check {row}: {rest}?",
    "For {row}, {rest}?",
)
_SINGLE = (
    "Reply as JSON with the key {key}.",
    "Please answer as JSON with the key {key}.",
    "As JSON, please, with the key {key}.",
    "Just JSON with {key} will do.",
    "Send it back as JSON: {key}.",
    "JSON, please: {key}.",
    "I need it as JSON: {key}.",
    "Put it into JSON under {key}.",
)
_MANY = (
    "Reply as JSON with {keys}.",
    "Please answer as JSON: {keys}.",
    "As JSON, please, with the keys {keys}.",
    "Send it back as one JSON object: {keys}.",
    "JSON, please: {keys}.",
    "I need it as JSON with {keys}.",
    "Put it into one JSON object with {keys}.",
)
_SPELLED = ("Spell names as in the files.", "Keep the spelling of the files.", "Spelling as in the files, please.")
_HEAD = "the name of the head of "
_WHO = (
    "Who is the head of {whom}?",
    "Who heads {whom}?",
    "Could you tell me who heads {whom}?",
    "Please find out who heads {whom}.",
)
_PAIR = 2
Asking = Callable[[Speaker, list[Any], random.Random], str]


def ask(speaker: Speaker, question: lf.Question, rng: random.Random) -> str:
    """Put a question into words."""
    values: list[Any] = [field.value for field in question.fields]
    if dossiers.fits(question.family, values):
        return tidied(dossiers.ask(speaker, values, rng, _worded), rng, led=True)
    return tidied(_worded(speaker, values, rng), rng)


def _worded(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    # The first form that fits; the general one reads stiffly and comes last.
    asking = next((asking for fits, asking in _FORMS if fits(values)), _plain)
    return asking(speaker, values, rng)


def reply(fields: Sequence[tuple[str, str]], rng: random.Random) -> str:
    """State key and form of every answer field; how names are spelled is said once for all."""
    # Said once: with each key it would be half of the text.
    spelled = any(form == FORMATS["string"] for _, form in fields)
    named = [f"“{key}” ({form})" if form and form not in _PLAIN else f"“{key}”" for key, form in fields]
    frame = rng.choice(_SINGLE if len(named) == 1 else _MANY)
    said = frame.format(key=named[0], keys=nouns.listed(named))
    return f"{said} {rng.choice(_SPELLED)}" if spelled else said


def _plain(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    return _frame(nouns.listed([speaker.value(value) for value in values]), len(values) > 1, rng)


def _frame(what: str, is_many: bool, rng: random.Random) -> str:
    if what.startswith(_HEAD) and not is_many:
        return rng.choice(_WHO).format(whom=what.removeprefix(_HEAD))
    return rng.choice(_ASK).format(be="are" if is_many else nouns.verb(what), what=what)


def _take(row: str, rest: str, rng: random.Random) -> str:
    return rng.choice(_TAKE).format(row=row, rest=rest, Rest=rest[:1].upper() + rest[1:])


def _is_one_row(values: list[Any]) -> bool:
    return all(isinstance(v, lf.Attribute) for v in values) and len({v.entity for v in values}) == 1


def _ask_one_row(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    entity = values[0].entity
    source = speaker.source(entity.table)
    listed = aside(source)
    naming = [v for v in values if v.column in speaker.keys.get(entity.table, ())]
    others = [asked(v) for v in values if v not in naming]
    told = isinstance(entity, lf.Keyed) and isinstance(entity.key, lf.Literal)
    # "Which one is it" only where the question does not name it already.
    if not naming or told or len(naming) > 1:
        noun = speaker.noun(entity.table)
        said = together([_asked(v, noun) for v in values])
        names = nouns.listed([f"the {name}" for name in said])
        return _frame(f"{names} {of(said[-1])} {speaker.row(entity)}{listed}", len(values) > 1, rng)
    noun = speaker.noun(entity.table)
    whose = "their" if noun == "employee" else "its"
    rest = f", and what {nouns.be(others)} {nouns.listed([f'{whose} {name}' for name in others])}" if others else ""
    if isinstance(entity, lf.Extreme):
        return _which(speaker, entity, rest, rng)
    if isinstance(entity.key, lf.Fact):
        return _named(speaker, entity, rest + listed, rng)
    return _take(speaker.row(entity) + listed, f"{_identity(noun)}{rest}", rng)


def _named(speaker: Speaker, entity: lf.Keyed, rest: str, rng: random.Random) -> str:
    """Ask which row a document names."""
    fact: Any = entity.key
    role = speaker.role(fact.key, entity.table, entity.column)
    place = nouns.document(fact.path, fact.title, fact.dated)
    return rng.choice(
        (
            f"Which {role} does {place} name{rest}?",
            f"Which {role} is named in {place}{rest}?",
            f"Please look at {place}: which {role} does it name{rest}?",
            f"Can you check which {role} {place} names{rest}?",
        )
    )


def _asked(value: lf.Attribute, noun: str) -> str:
    """What a column is asked for as: a product's product is its name."""
    name = asked(value)
    # "The product of product P-7" is what it would be.
    return f"{noun} name" if name == noun else name


def _identity(noun: str) -> str:
    return "who is it" if noun == "employee" else f"which {noun} is it"


def _which(speaker: Speaker, entity: lf.Extreme, rest: str, rng: random.Random) -> str:
    """Ask for an extreme: which product is the heaviest, which supplier has the longest lead time."""
    noun = speaker.noun(entity.table)
    adjective, fits = nouns.degree(entity.column, entity.direction, noun)
    among = speaker.where(entity.where, entity.table)
    source = speaker.source(entity.table)
    if len(entity.where) > 1 or any(not isinstance(c.value, lf.Literal) for c in entity.where):
        # Said first, so that nothing of the description hangs on what is asked.
        rows = f"the {nouns.plural(noun)}{among}{aside(source)}"
        asked = f"the {adjective}" if fits else f"the {adjective} {nouns.humane(entity.column)}"
        verb = "is" if fits else "has"
        return rng.choice(
            (
                f"Of {rows}, which one {verb} {asked}{rest}?",
                f"Please go through {rows}. Which one {verb} {asked}{rest}?",
                f"Look at {rows}: which one {verb} {asked}{rest}?",
            )
        )
    start = f"{_at_the_start(source)}, which" if source else "Which"
    if fits:
        return f"{start} {noun}{among} is the {adjective}{rest}?"
    return f"{start} {noun}{among} has the {adjective} {nouns.humane(entity.column)}{rest}?"


def _at_the_start(source: str) -> str:
    return f"{source[:1].upper()}{source[1:]}".replace("Under “", "On the sheet “")


def _ask_clock(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    form = values[-1]
    row = speaker.row(form.to_zone.entity) if isinstance(form.to_zone, lf.Attribute) else speaker.value(form.to_zone)
    if isinstance(form.from_zone, lf.Attribute):
        caller = speaker.row(form.from_zone.entity)
        return rng.choice(
            (
                f"{caller} wants to call {row} at {form.time} today, local time for {caller}. "
                "What time is that at the other end?",
                f"When it is {form.time} today for {caller}, what time is it for {row}?",
                f"A call is planned for {form.time} today, local time for {caller}. What time is that for {row}?",
            )
        )
    place = nouns.place_of(form.from_zone.text)
    return rng.choice(
        (
            f"What time is it for {row} when it is {form.time} in {place} today?",
            f"I have to ring {row} at {form.time} today, {place} time. What time is it there then?",
            f"I want to call {row} at {form.time} {place} time today. What will their local time be?",
            f"If we call {row} at {form.time} {place} time today, what time is it for them?",
            f"A call with {row} is set for {form.time} {place} time today. What time is that for them?",
        )
    )


def _ask_conversion(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    form, unit = values[-1], nouns.unit_words(values[-1].unit)
    if len(values) > 1 and isinstance(form.of, lf.Attribute):
        entity, measure = form.of.entity, f"what is its {nouns.humane(form.of.column)} in {unit}"
        if isinstance(entity, lf.Extreme):
            return _which(speaker, entity, f", and {measure}", rng)
        return _take(speaker.row(entity), f"{_identity(speaker.noun(entity.table))}, and {measure}", rng)
    value = speaker.value(form.of)
    return rng.choice(
        (
            # The unit comes first or after a verb: behind a long phrase it would belong to its last noun.
            f"How many {unit} is {value}?",
            f"Please convert {value} to {unit}.",
            f"I need {value}, converted to {unit}.",
            f"In {unit}, what is {value}?",
            f"Could you give me {value}, in {unit}?",
            f"Expressed in {unit}, what is {value}?",
        )
    )


def _is_total(values: list[Any]) -> bool:
    return (
        len(values) > 1
        and all(isinstance(v, lf.Aggregate) for v in values)
        and len({(v.table, v.where) for v in values}) == 1
        and values[0].function is lf.Function.COUNT
    )


def _ask_total(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    rows = speaker.rows(values[0])
    names = nouns.listed([f"their {speaker.made(v)}" for v in values[1:]])
    return rng.choice(
        (
            f"How many {rows} are there, and what is {names}?",
            f"Please count the {rows} and tell me {names}.",
            f"How many {rows} do we have, and what is {names}?",
            f"For the {rows}, how many are there, and what is {names}?",
            f"Can you tell me how many {rows} there are, and {names}?",
        )
    )


def _is_fan_out(values: list[Any]) -> bool:
    return len(values) == _PAIR and None not in map(_via, values) and len(set(map(_via, values))) == 1


def _via(value: Any) -> Any:
    entity = value.entity if isinstance(value, lf.Attribute) else None
    return entity.key.entity if isinstance(entity, lf.Keyed) and isinstance(entity.key, lf.Attribute) else None


def _ask_fan_out(speaker: Speaker, values: list[Any], rng: random.Random) -> str:
    asked = []
    for value in values:
        role = speaker.role(value.entity.key.column, value.entity.table, value.entity.column)
        name = _asked(value, role)
        asked.append(f"the {name} of its {role}{aside(speaker.source(value.entity.table))}")
    return _take(speaker.row(_via(values[0])), f"what are {nouns.listed(asked)}", rng)


_FORMS: tuple[tuple[Callable[[list[Any]], bool], Asking], ...] = (
    (lambda values: isinstance(values[-1], lf.LocalTime), _ask_clock),
    (lambda values: isinstance(values[-1], lf.Converted), _ask_conversion),
    (code_sentences.is_history, code_sentences.ask_history),
    (code_sentences.is_change, code_sentences.ask_change),
    (code_sentences.is_branch, code_sentences.ask_branch),
    (is_results, lambda _, values, rng: ask_results(values, rng)),
    (comparing.is_shipped, comparing.shipped),
    (
        lambda values: len(values) == 1 and isinstance(values[0], lf.Computed),
        lambda speaker, values, rng: comparing.compared(speaker, values[0], rng),
    ),
    (counting.is_counted, counting.ask_counted),
    (_is_total, _ask_total),
    (_is_one_row, _ask_one_row),
    (_is_fan_out, _ask_fan_out),
    (code_sentences.is_code, code_sentences.ask_code),
)

FORMATS: Mapping[str, str] = {
    "time": "24-hour HH:MM",
    "date": "YYYY-MM-DD",
    "datetime": "ISO 8601",
    "string": "as spelled in the files",
    "set": "a list of names",
}
NUMBER = "a number"
_PLAIN = (FORMATS["string"], NUMBER)
"""Forms that need no words beside each key."""
