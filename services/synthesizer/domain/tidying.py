"""The last touch on a sentence: a document is named once, and where figures stand is said at the end."""

import re
from collections.abc import Sequence

from services.synthesizer.domain import nouns
from services.synthesizer.domain.phrases import MARK

_SOURCE = re.compile(f"{MARK}([^{MARK}]*){MARK}")


def tidied(text: str, documents: Sequence[str]) -> str:
    """Say `there` for a document that was named before, and name the sources in a sentence of their own."""
    sources = list(dict.fromkeys(_SOURCE.findall(text)))
    text = _SOURCE.sub("", text)
    for document in documents:
        first, found, rest = text.partition(document)
        text = first + found + rest.replace(f" in {document}", " there")
    return f"{text} Go by {nouns.listed(sources)}." if sources else text
