"""How a question of several parts begins: what it is about, and what somebody wants to know it all for."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.synthesizer.domain import nouns
from services.synthesizer.domain import vocabulary as voc
from services.synthesizer.domain.code_phrases import COMMITS, commit
from services.synthesizer.domain.phrases import Speaker
from services.synthesizer.domain.referring import PERSON, identity, is_people
from shared.model import logical_form as lf
from shared.proof.words import words

_SHARE, _FEWEST, _SHEET = 0.85, 2, 3
_FACTS = (
    "I am putting together a short overview of {x}.",
    "I need a few facts about {x}.",
    "Somebody asked me about {x}.",
    "I am preparing a short note on {x}.",
    "Tomorrow we will talk about {x}.",
    "I am checking our records on {x}.",
    "I was asked for some figures on {x}.",
    "I have a few questions about {x}.",
    "I have to explain {x} to a new colleague.",
    "I am double-checking what we know about {x}.",
    "{x} came up in a call just now.",
)
_DEALINGS = (
    "Tomorrow I have a call with {x}.",
    "I am preparing a meeting with {x}.",
    "I am going over our dealings with {x}.",
    "I want to write to {x}.",
    "Next week we are meeting {x}.",
)
_REACHING = (
    "I want to get in touch with {x}.",
    "I have a question for {x}.",
    "I would like to write to {x}.",
    "I am trying to reach {x}.",
    "I need to talk to {x}.",
)
_BUDGET = (
    "I am preparing a budget talk with {x}.",
    "I want to go over the budget with {x}.",
    "This week I have a meeting about money with {x}.",
    "I have to talk about money with {x}.",
    "I am getting ready for a talk about the budget with {x}.",
)
_HEADED = (
    "I need to reach {x} or whoever heads their team.",
    "I want to talk to {x} and to the head of their team.",
    "I would like to know more about {x} and their team.",
)
_PEOPLE = (
    "I would like to know more about {x}.",
    "I am going to work with {x}.",
    "I am about to meet {x}.",
    "Somebody referred me to {x}.",
)
_HISTORY = (
    "I am going through the history of {place} and got to its {made}.",
    "I am reading up on {place}. Please look at its {made}.",
)
_NEWEST = ("On {place}, I came across the {made}.", "I have just seen the {made} on {place}.")
_BEHIND = (
    "I need a few facts about {x} and about the team behind it.",
    "I want to talk about {x} with its author and their team.",
    "I would like to know who is behind {x}.",
)
_COMMIT = (
    "I have a question about {x}.",
    "I am looking at {x}.",
    "I am reading through {x}.",
    "Somebody asked me about {x}.",
    "This is about {x}.",
    "I want to follow up on {x}.",
)
_CONTACT = frozenset(("mail", "email", "phone", "extension", "timezone", "tz", "zone", "office", "position"))


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a key stands for."""

    key: Any
    table: lf.Table
    column: str


def one_thing(speaker: Speaker, values: Sequence[Any]) -> Speaker:
    """Call what a document names by one noun: its number, its name and its goods are one product there."""
    found: dict[str, list[tuple[int, str]]] = {}
    for subject in _subjects(values):
        if isinstance(subject.key, lf.Fact):
            found.setdefault(subject.key.path, []).append(_noun(speaker, subject))
    return replace(speaker, things={path: min(ranked)[1] for path, ranked in found.items()})


def opened(speaker: Speaker, values: Sequence[Any], rng: random.Random) -> tuple[str, Mapping[Any, str], Any]:
    """Say what a question is about and why it is asked.

    Returns:
        The sentence, empty where the question begins at once; the things that it names, and the one it is about.
    """
    if rng.random() >= _SHARE or len(values) < _FEWEST:
        return "", {}, None
    # A commit is named before what it changed is asked for; where only its author is wanted, the author is.
    made = next((form for form in lf.walk(values[0]) if isinstance(form, COMMITS)), None)
    if made is not None:
        return _on_commit(commit(speaker, made), values, rng), {identity(made): "commit"}, None
    subject = next(_subjects(values), None)
    about = [value for value in values if not isinstance(value, lf.Fact)]
    if subject is None or len(about) < _FEWEST:
        return "", {}, None
    thing = speaker.thing(subject.key, subject.table, subject.column)
    noun = speaker.called(subject.key, subject.table, subject.column)
    said = rng.choice(_leads(noun, values)).format(x=speaker.who(subject.key, subject.table, subject.column))
    return said[:1].upper() + said[1:], {thing: noun}, thing


def _on_commit(said: str, values: Sequence[Any], rng: random.Random) -> str:
    found, _, place = said.removeprefix("the ").partition(" on ")
    asked = [word for value in values if isinstance(value, lf.Attribute) for word in words(value.column)]
    team = "head" in asked or any(form.table.format == "xlsx" for form in _rows(values))
    # Nobody happens upon the last one before a day.
    ways = (*_COMMIT, *_HISTORY, *(_BEHIND if team else ()), *(_NEWEST if found.startswith("latest") else ()))
    return str(rng.choice(ways).format(x=said, made=found, place=place))


def _rows(values: Sequence[Any]) -> Iterator[lf.Keyed]:
    return (form for value in values for form in lf.walk(value) if isinstance(form, lf.Keyed))


def _leads(noun: str, values: Sequence[Any]) -> Sequence[str]:
    asked = {word for value in values if isinstance(value, lf.Attribute) for word in words(value.column)}
    if noun == PERSON:
        months = any(nouns.humane(v.column).endswith(" figure") for v in values if isinstance(v, lf.Attribute))
        # The purpose that all of it serves: an address and a budget are both wanted before a talk about money.
        if months:
            return _BUDGET
        return _HEADED if "head" in asked else _REACHING if asked & _CONTACT else _PEOPLE
    return (*_DEALINGS, *_FACTS[:3]) if is_people(noun) else _FACTS


def _subjects(values: Sequence[Any]) -> Iterator[_Subject]:
    """Walk what documents name, as the keys of rows."""
    for form in (inner for value in values for inner in lf.walk(value)):
        for key, table, column in keys(form):
            if isinstance(key, lf.Fact | lf.DocumentProperty):
                yield _Subject(key, table, column)


def _noun(speaker: Speaker, subject: _Subject) -> tuple[int, str]:
    """Rank what a thing may be called: lists know best, then columns that refer to them, then sheets."""
    key: Any = subject.key
    role = speaker.role(key.key, subject.table, subject.column)
    if subject.column in speaker.keys.get(subject.table, ()) and subject.table.format != "xlsx":
        noun = speaker.noun(subject.table)
        # Of people, the label says what they are to the document: its owner.
        return (0, role if noun == "employee" else noun)
    for rank, named in enumerate((key.key, subject.column), start=1):
        known = nouns.row_noun(named, "")
        # `Service code` names services; a bare `Code` could be of anything.
        if set(words(named)) & voc.ID_WORDS and known not in ("", "row", "item"):
            return (rank, known)
    return (_SHEET, role)


def keys(form: Any) -> Iterator[tuple[Any, lf.Table, str]]:
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
