"""What documents say: marked while a sentence grows, then said in place or in a sentence of its own.

Nested places ("the team of the traveller named in ...") are what makes a question read as if a machine had asked it, so
a question that hangs on one document may say first what the document holds, and then ask.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.synthesizer.domain.nouns import article, is_plural

# Control characters, because titles and labels may hold anything that can be typed.
_OPEN, _MIDDLE, _CLOSE = "\x1c", "\x1d", "\x1e"
_MARKED = re.compile(f"{_OPEN}([^{_OPEN}]*?){_MIDDLE}([^{_OPEN}]*?){_MIDDLE}([^{_OPEN}]*?){_CLOSE}")
# "The price of the product of that order" is what a machine would say.
_OF_OF = re.compile(r"of the (\w+) of (that \w+)\b")
_OWNED = "of \\2\N{RIGHT SINGLE QUOTATION MARK}s \\1"
_NAMES, _GIVES = "names", "gives"
_THERE = {_NAMES: " named there", _GIVES: " given there"}
_FIRST = 0.8
"""Probability that what the document holds is said before the question."""
_LEADS = (
    "{Doc} {holds}.",
    "{Doc} {holds}.",
    "Please open {doc}, which {holds}.",
    "I have {doc} here, which {holds}.",
    "Start from {doc}, which {holds}.",
)


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


def resolved(text: str, rng: random.Random) -> str:
    """Say every mark: in place, or, where all are of one document, in a sentence before the question."""
    mentions = list(dict.fromkeys(_Mention(*match.groups()) for match in _MARKED.finditer(text)))
    if not mentions:
        return text
    if len({mention.document for mention in mentions}) == 1 and rng.random() < _FIRST:
        asked = _MARKED.sub(lambda match: _again(_Mention(*match.groups()), mentions), text)
        return f"{_lead(mentions, rng)} {_upper(_OF_OF.sub(_OWNED, asked))}"
    return _in_place(text, rng)


def _lead(mentions: Sequence[_Mention], rng: random.Random) -> str:
    names = [_introduced(one) for one in mentions if one.verb == _NAMES]
    values = [_introduced(one) for one in mentions if one.verb == _GIVES]
    parts = [f"{verb} {' and '.join(said)}" for verb, said in ((_NAMES, names), (_GIVES, values)) if said]
    document = mentions[0].document
    return rng.choice(_LEADS).format(doc=document, Doc=_upper(document), holds=" and ".join(parts))


def _introduced(mention: _Mention) -> str:
    if mention.verb == _NAMES or mention.name.startswith("“"):
        return mention.name if _are(mention.name) else article(mention.name)
    return f"the {mention.name}"


def _again(mention: _Mention, mentions: Sequence[_Mention]) -> str:
    """Name what the lead said: that product; two values of one document are the old and the new one."""
    if mention.verb == _GIVES and sum(one.verb == _GIVES for one in mentions) > 1:
        return f"the {mention.name}"
    short = mention.name.partition(" for ")[0]
    short = re.sub(r"^“.*” ", "", short)
    return f"{'those' if _are(short) else 'that'} {short}"


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


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
