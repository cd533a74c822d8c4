"""One JSON object per line: keys in the documented order, strangers' and canonical JSON verbatim."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import canonical, parse


@dataclass(frozen=True, slots=True)
class Raw:
    """JSON text that stands in a row as it is."""

    text: str


def write(value: Any) -> str:
    """Write a value on one line, keys in the order given."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{write(key)}: {write(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(write(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def received(text: str) -> Raw | None:
    """Keep JSON as it was received, key order and numbers included; None for no text, canonical where not strict."""
    if not text.strip():
        return None
    try:
        # Python reads `NaN`, other languages refuse the whole line.
        json.loads(text, parse_constant=_refuse)
    except ValueError:
        return _rewritten(text)
    # Between tokens only: inside a JSON string line breaks are escaped.
    return Raw(text.replace("\r", " ").replace("\n", " ").strip())


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _rewritten(text: str) -> Raw:
    try:
        return Raw(canonical(parse(text)))
    except Rejected:
        return Raw(json.dumps(text, ensure_ascii=False))
