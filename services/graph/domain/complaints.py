"""What failed calls say: valid values they name, and things that must first be made."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.model.errors import Rejected
from shared.model.explorations import ExecutedCall
from shared.model.graphs import Parameter
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.locators import resolve_pointer, text_of
from shared.proof.words import words

_LONGEST = 4000
_MOST_VALUES = 8
_LONGEST_VALUE = 80
_CUE = re.compile(
    r"\b(?:available|valid|allowed|supported|known|existing|expected|choose from|one of|options|must be|did you mean)"
    r"[^:\[\n'\"`]{0,60}[:\[]?\s*([^\n]{1,800})",
    re.I,
)
_QUOTED = re.compile(r"'([^'\n]{1,80})'|\"([^\"\n]{1,80})\"|`([^`\n]{1,80})`")
_MISSING = re.compile(
    r"\b(?:no|not|unknown|missing|first|before|must|does not|doesn't|has no|without|unregistered|uninitiali[sz]ed)\b",
    re.I,
)


def said(call: ExecutedCall) -> str:
    """Join the texts of a result, at most 4,000 characters."""
    try:
        return "\n".join(_texts(parse_canonical(call.result_json)))[:_LONGEST] if call.result_json else ""
    except Rejected:
        return ""


def named_values(call: ExecutedCall, parameters: Sequence[Parameter]) -> dict[str, tuple[str, ...]]:
    """Read valid values out of an error: canonical JSON texts by the pointer of the parameter at fault."""
    text = said(call)
    values = tuple(dict.fromkeys(_listed(text)))[:_MOST_VALUES]
    at_fault = _at_fault(call, text, parameters) if values else None
    if at_fault is None or at_fault.json_type not in ("string", "array", ""):
        return {}
    return {at_fault.pointer: tuple(canonical(value) for value in values)}


def missing_nouns(call: ExecutedCall) -> frozenset[str]:
    """Words of an error that says that something is not there yet."""
    text = said(call)
    return frozenset(words(text[:_LONGEST])) if _MISSING.search(text) else frozenset()


def refuses(call: ExecutedCall, pointer: str) -> bool:
    """Tell whether a failed call's text names the value at a pointer of its arguments."""
    value = _argument(call, pointer)
    return value is not None and bool(text_of(value)) and text_of(value) in said(call)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)


def _listed(text: str) -> Iterator[str]:
    for match in _CUE.finditer(text):
        rest = match.group(1)
        quoted = [next(filter(None, found.groups())) for found in _QUOTED.finditer(rest)]
        for word in quoted or rest.rstrip(".])").split(","):
            trimmed = word.strip().strip("[]()'\"`")
            # Unquoted lists end in sentences: more than three words are no value.
            if 0 < len(trimmed) <= _LONGEST_VALUE and (quoted or len(trimmed.split()) <= len("abc")):
                yield trimmed


def _at_fault(call: ExecutedCall, text: str, parameters: Sequence[Parameter]) -> Parameter | None:
    """The parameter whose value the error quotes, else the only one whose name it says."""
    for parameter in parameters:
        value = _argument(call, parameter.pointer)
        if isinstance(value, str) and len(value) > 1 and any(f"{mark}{value}{mark}" in text for mark in "'\"`"):
            return parameter
    spoken = set(words(text))
    named = [one for one in parameters if words(one.name) and set(words(one.name)) <= spoken]
    # With two names in the text nothing says which of them was at fault.
    return named[0] if len(named) == 1 else None


def _argument(call: ExecutedCall, pointer: str) -> Any:
    try:
        arguments: Mapping[str, Any] = parse_canonical(call.arguments_json)
        return resolve_pointer(arguments, pointer)
    except Rejected:
        return None
