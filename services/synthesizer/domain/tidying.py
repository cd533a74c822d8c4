"""The last touch on a sentence: what documents say, and where figures stand, is said where it cannot be misread."""

import random
import re

from services.synthesizer.domain.mentions import resolved
from services.synthesizer.domain.sources import sourced

_QUOTED = re.compile("(“[^”]*”)")
_PLEASE = re.compile(r"\bPlease (\w)|, please\b,?")


def tidied(text: str, rng: random.Random, *, led: bool = False) -> str:
    """Say the documents' marks, and the sources in the last sentence; `led` tells that the subject is named already."""
    text = resolved(sourced(text, rng), rng, led=led)
    return text[:1].upper() + text[1:]


def polite(text: str) -> str:
    """Say please once; what is quoted stays as it is."""
    said = False

    def once(match: re.Match[str]) -> str:
        nonlocal said
        kept, said = not said, True
        return match[0] if kept else (match[1] or "").upper()

    parts = _QUOTED.split(text)
    return "".join(part if index % 2 else _PLEASE.sub(once, part) for index, part in enumerate(parts))
