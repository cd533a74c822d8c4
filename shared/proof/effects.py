"""What a call may move: the tool's proven class, held against what this call's arguments say."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.model.catalogue import Behaviour, Effect

# Followed by a word: "update" alone in a search text changes nothing.
_STATEMENT = re.compile(
    r"(?:^|;)\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:explain\s+analyze\s+)?(?:"
    r"(?:create|insert|update|delete|drop|alter|attach|detach|copy|set|use|load|install|import|export|replace|truncate"
    r"|merge|begin|commit|rollback|vacuum|checkpoint|call|grant|revoke|reset|prepare|execute)\s+[\w\"'`\[(]"
    r"|(?:begin|commit|rollback|checkpoint|vacuum)\s*(?:;|$)"
    r"|with\b[^;]*?\b(?:insert\s+into|update\s+\S+\s+set|delete\s+from|merge\s+into)\b"
    r"|pragma\s+\w+\s*=)",
    re.IGNORECASE | re.DOTALL,
)
_LANGUAGE = re.compile(r"sql|query|statement|command|script|code", re.IGNORECASE)


def effect_of(behaviour: Behaviour, arguments: Mapping[str, Any]) -> Effect:
    """The class that a call counts as before it is made."""
    # A tool that takes SQL is proven read-only with a SELECT; the proof says nothing of a DROP.
    if behaviour.effect is Effect.READ_ONLY and not behaviour.pure and writes_in_a_language(arguments):
        return Effect.UNKNOWN
    return behaviour.effect


def writes_in_a_language(arguments: Mapping[str, Any]) -> bool:
    """Whether an argument is a statement that changes something, in a tool proven with a harmless one only."""
    return any(is_language(name) and _STATEMENT.search(text) for name, text in _strings(arguments, ""))


def is_language(name: str) -> bool:
    """Whether an argument's name says that it holds a program."""
    return _LANGUAGE.search(name) is not None


def _strings(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, name)
