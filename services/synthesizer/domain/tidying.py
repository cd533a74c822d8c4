"""The last touch on a sentence: what documents say, and where figures stand, is said where it cannot be misread."""

import random
import re

from services.synthesizer.domain import nouns
from services.synthesizer.domain.mentions import resolved
from services.synthesizer.domain.phrases import MARK

_SOURCE = re.compile(f"{MARK}([^{MARK}]*){MARK}")
_GO_BY = ("Go by {sources}.", "Use {sources} for this.", "Take it from {sources}.", "The source is {sources}.")


def tidied(text: str, rng: random.Random) -> str:
    """Say the documents' marks, and name the sources in a sentence of their own."""
    sources = list(dict.fromkeys(_SOURCE.findall(text)))
    text = resolved(_SOURCE.sub("", text), rng)
    text = text[:1].upper() + text[1:]
    return f"{text} {rng.choice(_GO_BY).format(sources=nouns.listed(sources))}" if sources else text
