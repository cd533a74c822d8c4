"""JSON pointers into arguments: read one place, or write it without touching the rest."""

from typing import Any

# Not None: null is a value that an argument may have.
MISSING = object()


def tokens_of(pointer: str) -> tuple[str, ...]:
    """Split a JSON pointer into its unescaped tokens."""
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def value_at(value: Any, pointer: str) -> Any:
    """Read a place; `MISSING` when there is nothing."""
    for token in tokens_of(pointer):
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        else:
            return MISSING
    return value


def with_value(value: Any, pointer: str, new: Any) -> Any:
    """Return a copy with one place written; objects on the way are made, a list grows by one at most."""
    return _written(value, tokens_of(pointer), new)


def _written(value: Any, tokens: tuple[str, ...], new: Any) -> Any:
    if not tokens:
        return new
    head, rest = tokens[0], tokens[1:]
    if isinstance(value, list) and head.isdigit() and int(head) <= len(value):
        index = int(head)
        inner = value[index] if index < len(value) else None
        return [*value[:index], _written(inner, rest, new), *value[index + 1 :]]
    known = value if isinstance(value, dict) else {}
    return {**known, head: _written(known.get(head), rest, new)}
