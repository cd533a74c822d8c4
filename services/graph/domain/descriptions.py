"""What strangers' prose says of a parameter: its own description, its line in the tool's, examples in quotes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import canonical, parse
from shared.proof.numbers import read_number
from shared.proof.schemas import of_type
from shared.proof.words import words

MOST_EXAMPLES = 12
_LONGEST_TEXT = 8000
_LONGEST_EXAMPLE = 120
_QUOTED = re.compile(r"`([^`\n]{1,120})`|\"([^\"\n]{1,120})\"|(?<![\w])'([^'\n]{1,120})'(?!\w)|“([^”\n]{1,120})”")
_AFTER_CUE = re.compile(
    r"(?:e\.g\.,?|for example:?|examples?:|such as|like)\s+(\[[^\]\n]{1,200}\]|[^\s,;()\"'`]{1,80})", re.I
)


def describe(name: str, schema: Mapping[str, Any], tool_description: str) -> str:
    """Join a parameter's own description and the line a docstring-like tool description gives it."""
    own = schema.get("description")
    title = schema.get("title")
    # Generators write the name again as title; that says nothing new.
    told = isinstance(title, str) and words(title) != words(name)
    parts = [part for part in (own, title if told else None) if isinstance(part, str)]
    # Python servers hand over their docstring, with its `Args:` section, as the tool's description.
    line = re.search(
        rf"^[ \t]*(?:[-*•][ \t]*)?[`*]*{re.escape(name)}[`*]*[ \t]*(?:\([^)\n]{{0,80}}\))?"
        r"[ \t]*(?::|-|\u2013)[ \t]+(\S[^\n]*)",
        tool_description[:_LONGEST_TEXT],
        re.MULTILINE,
    )
    return "\n".join([*parts, line.group(1)] if line else parts)[:_LONGEST_TEXT]


def examples(schema: Mapping[str, Any], description: str) -> tuple[str, ...]:
    """List examples as canonical JSON texts: those of the schema first, then those quoted in prose."""
    declared = schema.get("type")
    found: dict[str, None] = {}
    for value in (*_of_schema(schema), *_of_prose(description, declared)):
        text = _canonical(value)
        if text and of_type(value, declared) and len(text) <= 2 * _LONGEST_EXAMPLE:
            found.setdefault(text)
        if len(found) == MOST_EXAMPLES:
            break
    return tuple(found)


def _of_schema(schema: Mapping[str, Any]) -> Iterator[Any]:
    listed = schema.get("examples")
    yield from listed if isinstance(listed, list) else (listed.values() if isinstance(listed, dict) else ())
    if "example" in schema:
        yield schema["example"]


def _of_prose(description: str, declared: Any) -> Iterator[Any]:
    words = [next(filter(None, match.groups())) for match in _QUOTED.finditer(description)]
    words += [match.group(1).rstrip(".:") for match in _AFTER_CUE.finditer(description)]
    for word in words:
        yield from _as_declared(word.strip(), declared)


def _as_declared(word: str, declared: Any) -> Iterator[Any]:
    names = declared if isinstance(declared, list) else [declared]
    if "array" in names or "object" in names:
        # A quoted word of a list's description is an item at most, not the list.
        if word[:1] in ("[", "{"):
            yield from _parsed(word)
    elif "integer" in names or "number" in names:
        number = read_number(word)
        if number is not None:
            yield number
    elif word and "boolean" not in names:
        yield word


def _parsed(word: str) -> Iterator[Any]:
    try:
        yield parse(word)
    except Rejected:
        return


def _canonical(value: Any) -> str:
    try:
        return canonical(value)
    except Rejected:
        return ""
