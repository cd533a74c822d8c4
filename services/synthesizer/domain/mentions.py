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
UNDER = " under "
"""Stands between what is meant and its label, where the label is no noun: the colleague under “Checked by”."""
_PLACES = {_NAMES: " named", _GIVES: " given"}
_KIND = re.compile(
    r"\b(note|document|page|file|log|agreement|contract|report|letter|certificate|engagement|check|inspection|review|statement|offer)\b"
)
_ITS = {_NAMES: " it names", _GIVES: " it gives"}
_FIRST, _PLAIN = 0.6, 0.4
"""Probabilities that the document is named before the question, and that a value is only `in` it."""
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
    return bool(
        re.match(rf"(?:the|that|its|their) {said}(?:e?s)?\b|{_OPEN}{_NAMES}{_MIDDLE}{said}\b|{said} \S*\d", text)
    )


def resolved(text: str, rng: random.Random, *, led: bool = False) -> str:
    """Say every mark: in place, or, where all are of one document and nothing is `led`, in a sentence before."""
    mentions = list(dict.fromkeys(_Mention(*match.groups()) for match in _MARKED.finditer(text)))
    if not mentions:
        return text
    if not led and len({mention.document for mention in mentions}) == 1 and rng.random() < _FIRST:
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
            short = re.sub(r"^“.*” ", "", mention.name.partition(" for ")[0].partition(UNDER)[0])
            return f"{'those' if _are(short) else 'that'} {short}"
        said.append(mention)
        # Behind "the product it names", a price it gives would be that product's.
        if UNDER in mention.name or (mention.verb == _GIVES and any(one.verb == _NAMES for one in mentions)):
            return f"the {mention.name}{_there(mention)}"
        return f"the {mention.name}{_ITS[mention.verb]}"

    return _MARKED.sub(say, text)


def _in_place(text: str, rng: random.Random) -> str:
    """Name the document at its first mention; a second value of it needs no place, a second row is named there."""
    said: list[_Mention] = []
    is_plain = rng.random() < _PLAIN

    def say(match: re.Match[str]) -> str:
        mention = _Mention(*match.groups())
        before = [one for one in said if one.document == mention.document]
        said.append(mention)
        if mention in before:
            return f"that {mention.name.partition(UNDER)[0]}"
        if not before:
            verb = "" if is_plain or UNDER in mention.name else _PLACES[mention.verb]
            return f"the {mention.name}{verb} {_in(mention.document)} {mention.document}"
        bare = all(one.verb == _GIVES for one in (*before, mention))
        return f"the {mention.name}{'' if bare else _there(mention)}"

    return _MARKED.sub(say, text)


def _there(mention: _Mention) -> str:
    """Name a document again, by its kind."""
    kinds = _KIND.findall(re.sub("“.*”", "", mention.document))
    place = f"{_in(kinds[-1])} the {kinds[-1]}" if kinds else "there"
    return f"{'' if UNDER in mention.name else _PLACES[mention.verb]} {place}"


def _in(document: str) -> str:
    return "on" if document.endswith("page") or "” page of " in document else "in"


def _are(name: str) -> bool:
    return is_plural(name) or name.endswith("goods")
