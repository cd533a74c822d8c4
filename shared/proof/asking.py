"""Does an agent ask its user something? The rule by which a user tells what it held back (`docs/simulator.md`)."""

import re

# No language model reads it: whoever asks anything is told what is open, and nobody else.
_ASKS = re.compile(r"[?\uff1f\u061f\u037e]|\b(?:clarify|specify|tell me|let me know)\b", re.IGNORECASE)


def asks(text: str) -> bool:
    """Tell whether a text asks: it holds a question mark, or says clarify, specify, tell me or let me know."""
    return _ASKS.search(text) is not None
