"""The last touch on a sentence: what documents say, and where figures stand, is said where it cannot be misread."""

import random
import re

from services.synthesizer.domain import nouns
from services.synthesizer.domain.mentions import resolved
from services.synthesizer.domain.phrases import MARK

_SOURCE = re.compile(f"{MARK}([^{MARK}]*){MARK}")
_GO_BY = ("Go by {sources}.", "Use {sources} for this.", "Please look in {sources}.", "Please go by {sources}.")
_QUOTED = re.compile("(“[^”]*”)")
_PLEASE = re.compile(r"\bPlease (\w)|, please\b,?")


def tidied(text: str, rng: random.Random) -> str:
    """Say the documents' marks, and name the sources in a sentence of their own."""
    sources = list(dict.fromkeys(_SOURCE.findall(text)))
    text = resolved(_SOURCE.sub("", text), rng)
    text = text[:1].upper() + text[1:]
    return f"{text} {rng.choice(_GO_BY).format(sources=nouns.listed(sources))}" if sources else text


def polite(text: str) -> str:
    """Say please once; what is quoted stays as it is."""
    said = False

    def once(match: re.Match[str]) -> str:
        nonlocal said
        kept, said = not said, True
        return match[0] if kept else (match[1] or "").upper()

    parts = _QUOTED.split(text)
    return "".join(part if index % 2 else _PLEASE.sub(once, part) for index, part in enumerate(parts))
