"""A fact of a question that its prompt leaves open: the words in its place, and how the user tells it when asked.

A product, a site, a day that the question names itself becomes "that product" behind "this is about one of our
products"; what the question means stays what it was, and so does the task's id.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from services.synthesizer.domain import nouns
from services.synthesizer.domain import vocabulary as voc
from services.synthesizer.domain.phrases import Speaker
from shared.model import logical_form as lf
from shared.model.tasks import HeldBack
from shared.model.values import ValueKind
from shared.proof.words import words

SHARE = 0.4
"""Of the questions that could leave something open: of the verified ones, every sixth to every third, by the worlds."""
_BLANK = "\x1a"
"""Stands in a question for what is left open until it has words: no rule of wording can take it for a name."""
_LEADS = (
    "This is about one of our {many}.",
    "I have a question about one of our {many}.",
    "Somebody asked me about one of our {many}.",
    "I need to know something about one of our {many}.",
    "I am looking into one of our {many}.",
    "One of our {many} came up just now.",
)
_CALLS = ("I was just on the phone with one of our {many}.", "One of our {many} has just written to me.")
_CALLING = frozenset(("customer", "supplier"))
_SAID = ("I mean {full}.", "It is {full}.", "Sorry, I mean {full}.", "That would be {full}.")
_SAID_OF = ("The {about} is {full}.", "Our {about} is {full}.")
_CALLED = {"employee": "colleague"}
_PLURALS = {"shelf": "shelves", "person": "people"}
_DAY, _LIMIT = "cut-off date", "limit"
_DAYS, _BOUNDS = (lf.Operator.SINCE, lf.Operator.BEFORE), (lf.Operator.OVER, lf.Operator.UNDER)
_BARE = re.compile(r"[a-z]+(?: [a-z]+)?")
"""Nouns that read well behind `that`; a table of a stranger may call its rows anything."""
_SORTS = frozenset(("category", "group", "type", "department", "team", "region", "country", "territory"))
"""Columns whose values are called by them: the North region, the tyres product group."""

Ask = Callable[[lf.Question], str]
"""Puts a question into words, with the same draws each time."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A text that leaves something open."""

    text: str
    fact: HeldBack


def opened(speaker: Speaker, question: lf.Question, ask: Ask, rng: random.Random) -> Opened | None:
    """Leave something open that a question states itself; None for most tasks, and where nothing can be."""
    if rng.random() >= SHARE:
        return None
    full, places = ask(question), list(dict.fromkeys(_places(speaker, question.fields)))
    rng.shuffle(places)
    for place in places:
        asked = place.worded(ask, question)
        # Said elsewhere too, it is not open; said of something else as well, nobody could tell which is asked about.
        if asked and place.literal.text.casefold() not in asked.casefold() and place.phrase not in full:
            lead = place.lead(asked, rng)
            return Opened(f"{lead} {asked}".strip(), HeldBack(place.about, place.literal.text, place.told(rng)))
    return None


@dataclass(frozen=True, slots=True)
class _Place:
    """A literal that a question names something by."""

    literal: lf.Literal
    noun: str
    """What wording puts around it: the product Lamp, the Logistics department."""
    about: str
    full: str

    @property
    def phrase(self) -> str:
        """What stands in its place."""
        return f"{'the' if self.about in (_DAY, _LIMIT) else 'that'} {self.about}"

    def worded(self, ask: Ask, question: lf.Question) -> str:
        """Word the question without it; empty where that is no English."""
        blank = replace(self.literal, text=_BLANK)
        text = ask(lf.replaced(question, self.literal, blank))
        noun = f"(?:{re.escape(self.noun)}|{re.escape(self.noun.rpartition(' ')[2])})" if self.noun else "(?!)"
        text = re.sub(f"(?:\\bthe )?(?:\\b{noun} )?{_BLANK}(?: {noun}\\b)?", self.phrase, text)
        text = re.sub(r"((?:^|[.?!:] )that )", lambda found: found[1].capitalize(), text)
        is_clumsy = re.search(
            rf"\bth(?:at|ose) of that \b|\b(?:the|a|an) that \b|\b{self.about} of that {self.about}\b", text
        )
        return "" if is_clumsy or _BLANK in text or self.phrase.lower() not in text.lower() else text

    def lead(self, asked: str, rng: random.Random) -> str:
        """Say what kind of thing it is about, before the question."""
        if self.about in (_DAY, _LIMIT):
            return ""
        leads = (*_LEADS, *_CALLS) if self.about in _CALLING else _LEADS
        # Not "this is about ..." twice: some questions begin with the document they are about.
        return rng.choice([lead for lead in leads if lead[:5] != asked[:5]]).format(
            many=_PLURALS.get(self.about) or nouns.plural(self.about)
        )

    def told(self, rng: random.Random) -> str:
        """Tell it."""
        frames = _SAID_OF if self.about in (_DAY, _LIMIT) else _SAID
        return rng.choice(frames).format(about=self.about, full=self.full)


def _places(speaker: Speaker, fields: Any) -> Iterator[_Place]:
    for form in (inner for one in fields for inner in lf.walk(one)):
        if isinstance(form, lf.Keyed) and isinstance(form.key, lf.Literal):
            noun = speaker.noun(form.table)
            if _BARE.fullmatch(noun):
                yield _Place(form.key, noun, _CALLED.get(noun, noun), speaker.row(form))
        elif isinstance(form, lf.Extreme | lf.Aggregate):
            days = [condition for condition in form.where if condition.operator in _DAYS]
            for condition in form.where:
                # Two bounds are a period, and "between the cut-off date and 3 May" is none that people speak of.
                if isinstance(condition.value, lf.Literal) and (condition not in days or len(days) == 1):
                    yield from _of_condition(condition, condition.value)


def _of_condition(condition: lf.Condition, value: lf.Literal) -> Iterator[_Place]:
    if condition.operator in _DAYS:
        yield _Place(value, "", _DAY, nouns.day(value.text))
    elif condition.operator in _BOUNDS:
        yield _Place(value, "", _LIMIT, f"{value.text} {nouns.unit_words(value.unit)}".strip())
    elif condition.operator is lf.Operator.EQUAL:
        column = nouns.humane(condition.column)
        belongs = any(named & set(words(column)) for named, _ in voc.BY_ROLE)
        sorts = set(words(column)) & _SORTS
        noun = column if sorts or not belongs else nouns.row_noun(condition.column, "")
        if _BARE.fullmatch(noun) and (sorts or belongs):
            yield _Place(value, noun, noun, _named(noun, value, sorts=bool(sorts)))


def _named(noun: str, value: lf.Literal, *, sorts: bool) -> str:
    if sorts or noun in voc.UNITS_OF_PEOPLE:
        return f"the {value.text} {noun}"
    if noun in _CALLING and value.kind is not ValueKind.IDENTIFIER:
        return value.text
    return f"{noun} {value.text}" if value.kind is ValueKind.IDENTIFIER else f"the {noun} {value.text}"
