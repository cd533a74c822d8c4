"""What documents say: marked while a sentence grows, then said in place or in a sentence of its own.

Nested places ("the team of the traveller named in ...") are what makes a question read as if a machine had asked it, so
a question that hangs on one document may say first which document it is about, and then ask for what that one names.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.synthesizer.domain.nouns import is_plural

# Control characters, because titles and labels may hold anything that can be typed.
_OPEN, _MIDDLE, _CLOSE = "\x1c", "\x1d", "\x1e"
_MARKED = re.compile(f"{_OPEN}([^{_OPEN}]*?){_MIDDLE}([^{_OPEN}]*?){_MIDDLE}([^{_OPEN}]*?){_CLOSE}")
_NAMES, _GIVES = "names", "gives"
_THERE = {_NAMES: " named there", _GIVES: " given there"}
_ITS = {_NAMES: " it names", _GIVES: " it gives"}
_FIRST = 0.6
"""Probability that the document is named before the question."""
_LEADS = ("I am looking at {doc}.", "I am going through {doc}.", "This is about {doc}.", "Quick question about {doc}.")


@dataclass(frozen=True, slots=True)
class _Mention:
    verb: str
    name: str
    document: str


def named(role: str, document: str) -> str:
    """Mark a row that a document names: its product, its author."""
    return f"{_OPEN}{_NAMES}{_MIDDLE}{role}{_MIDDLE}{document}{_CLOSE}"


def given(label: str, document: str) -> str:
    """Mark a value that a document gives; the label comes without its article."""
    return f"{_OPEN}{_GIVES}{_MIDDLE}{label}{_MIDDLE}{document}{_CLOSE}"


def is_of(text: str, role: str) -> bool:
    """Tell whether a phrase names a thing of a sort, marked or not: the practice it names, that practice."""
    said = re.escape(role)
    return bool(re.match(rf"(?:the|that|its|their) {said}\b|{_OPEN}{_NAMES}{_MIDDLE}{said}\b|{said} \S*\d", text))


def resolved(text: str, rng: random.Random) -> str:
    """Say every mark: in place, or, where all are of one document, in a sentence before the question."""
    mentions = list(dict.fromkeys(_Mention(*match.groups()) for match in _MARKED.finditer(text)))
    if not mentions:
        return text
    if len({mention.document for mention in mentions}) == 1 and rng.random() < _FIRST:
        lead = rng.choice(_LEADS).format(doc=mentions[0].document)
        asked = _led(text, mentions)
        return f"{lead} {asked[:1].upper()}{asked[1:]}"
    return _in_place(text, rng)


def _led(text: str, mentions: Sequence[_Mention]) -> str:
    """Say the marks of a text behind its lead: the product it names, then that product; its old and its new price."""
    values = sum(mention.verb == _GIVES for mention in mentions)
    said: list[_Mention] = []

    def say(match: re.Match[str]) -> str:
        mention = _Mention(*match.groups())
        if mention.verb == _GIVES and values > 1:
            return f"the {mention.name}"
        if mention in said:
            short = re.sub(r"^“.*” ", "", mention.name.partition(" for ")[0])
            return f"{'those' if _are(short) else 'that'} {short}"
        # Behind "the product it names", a price it gives would be that product's.
        its = _THERE if mention.verb == _GIVES and any(one.verb == _NAMES for one in mentions) else _ITS
        said.append(mention)
        return f"the {mention.name}{its[mention.verb]}"

    return _MARKED.sub(say, text)


def _in_place(text: str, rng: random.Random) -> str:
    """Name the document at its first mention; a second value of it needs no place, a second row is named there."""
    said: list[_Mention] = []
    places = {_NAMES: rng.choice(("named in", "named in", "in")), _GIVES: rng.choice(("given in", "in"))}

    def say(match: re.Match[str]) -> str:
        mention = _Mention(*match.groups())
        before = [one for one in said if one.document == mention.document]
        said.append(mention)
        if mention in before:
            return f"that {mention.name}"
        if not before:
            return f"the {mention.name} {places[mention.verb]} {mention.document}"
        bare = all(one.verb == _GIVES for one in (*before, mention))
        return f"the {mention.name}{'' if bare else _THERE[mention.verb]}"

    return _MARKED.sub(say, text)


def _are(name: str) -> bool:
    return is_plural(name) or name.endswith("goods")
