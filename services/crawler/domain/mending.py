"""A second try from what an error says: a value that it refuses, and the values that it offers instead."""

import re
from collections.abc import Mapping
from typing import Any

from shared.proof.canonical import canonical, parse_canonical
from shared.proof.disguise import error_text

_OFFER = re.compile(
    r"(?:\b(?:available|valid|allowed|supported|possible|existing|known|options?)\b[^:\n'\"]{0,40}?(?::|\bare\b)"
    r"|\b(?:one of|choose from)\b:?)\s*(.+)",
    re.I | re.S,
)
_VALUE = re.compile(r"[\"'`]([^\"'`\n]{1,120})[\"'`]|([\w/-]+(?:\.\w+)*)")
_REFUSED = re.compile(r"[\"'`]([^\"'`\n]{1,200})[\"'`]")


def mended(arguments_json: str, result_json: str) -> str:
    """Replace the argument that an error refuses by the first value that it offers; empty when it offers none."""
    text = error_text(result_json)
    offer = _OFFER.search(text)
    if not offer:
        return ""
    # Before the offer: what stands behind it in quotes is what the server would take.
    refused = {found[1] for found in _REFUSED.finditer(text[: offer.start()])}
    values = [found[1] or found[2] for found in _VALUE.finditer(offer[1])]
    # Lists end in "and", and `None` is how Python says that there is no value.
    offered = next((value for value in values if value not in refused and value.lower() not in ("none", "and")), "")
    arguments = parse_canonical(arguments_json)
    changed = _replaced(arguments, refused, offered)
    return canonical(changed) if offered and changed != arguments else ""


def _replaced(value: Any, refused: set[str], offered: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _replaced(item, refused, offered) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, refused, offered) for item in value]
    return offered if isinstance(value, str) and value in refused else value
