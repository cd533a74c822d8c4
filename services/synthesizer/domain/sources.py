"""Where a value stands, where a question would be open without it: marked while a sentence grows, then said in it."""

import random
import re

from services.synthesizer.domain import nouns

MARK = "\x1f"
"""Stands around a source until the sentence is complete: in its middle, it would hang on the nearest noun."""
_SOURCE = re.compile(f"{MARK}([^{MARK}]*){MARK}")
_SHEET = re.compile("under (“.*”) in (.*)")
_LINKS = ("according to", "according to", "going by")
_ASKING = re.compile(r"^(?:What|Which|How|Who)\b")
_HUNG = re.compile(", (?:going by|given|according to) ")
_FRONT = 0.3
_KINDS = ("list", "book", "log", "register", "directory", "catalogue", "workbook")


def aside(source: str) -> str:
    """Note where a value stands; the finished sentence says it."""
    sheet = _SHEET.fullmatch(source)
    named = f"the {sheet[1]} sheet of {sheet[2]}" if sheet else source.removeprefix("in ")
    return f"{MARK}{named}{MARK}" if source else ""


def sourced(text: str, rng: random.Random, before: str = "") -> str:
    """Say the marked sources in the sentence that they belong to.

    Args:
        text: a question of one or a few sentences, the last of which asks.
        rng: chooses the words.
        before: what was said before it: a source that is named there is "the same list".
    """
    found = list(dict.fromkeys(_SOURCE.findall(text)))
    text = _SOURCE.sub("", text)
    if not found:
        return text
    # "Going by the product's weight" may stand there already.
    hung = _HUNG.search(text)
    link = _LINKS[0] if hung else rng.choice(_LINKS)
    said = f"{link} {nouns.listed([_again(one) if one in before else one for one in found])}"
    if _ASKING.match(text) and (hung or rng.random() < _FRONT):
        return f"{said[:1].upper()}{said[1:]}, {text[:1].lower()}{text[1:]}"
    if hung and ". And " in text:
        return text.replace(". And ", f", {said}. And ", 1)
    return f"{text[:-1]}, {said}{text[-1]}"


def _again(source: str) -> str:
    kind = "sheet" if " sheet of " in source else source.rpartition(" ")[2]
    return f"the same {kind}" if kind in (*_KINDS, "sheet") else source
