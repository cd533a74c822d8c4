"""Wrong calls made of recorded ones: dropped, retyped, misspelt, out of range, swapped; always the same ones."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.proof.canonical import parse_canonical
from shared.proof.plain import plain_json

KINDS = ("dropped", "retyped", "misspelt", "out_of_range", "swapped", "unknown_tool")
_FAR = (-1, 10**12)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong call."""

    kind: str
    server_id: str
    tool: str
    arguments_json: str


def mutants(server_id: str, tool: str, arguments_json: str) -> Iterator[Mutant]:
    """Spoil one call (canonical arguments) in every way, each way once per argument or pair."""
    arguments: Mapping[str, Any] = parse_canonical(arguments_json)
    original = plain_json(arguments)
    for kind, changed in _changed(arguments):
        text = plain_json(changed)
        if text != original:
            yield Mutant(kind, server_id, tool, text)
    yield Mutant("unknown_tool", server_id, _misspelt(tool), original)


def _changed(arguments: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in arguments.items():
        yield "dropped", {key: item for key, item in arguments.items() if key != name}
        yield "retyped", {**arguments, name: _retyped(value)}
        yield "retyped", {**arguments, name: [value]}
        yield "misspelt", {_misspelt(key) if key == name else key: item for key, item in arguments.items()}
        for far in _far(value):
            yield "out_of_range", {**arguments, name: far}
    for one, other in itertools.combinations(arguments, 2):
        yield "swapped", {**arguments, one: arguments[other], other: arguments[one]}


def _misspelt(word: str) -> str:
    """Change places of two letters in the middle, or double the only one."""
    middle = len(word) // 2
    for place in (*range(middle, len(word) - 1), *range(middle)):
        if word[place] != word[place + 1]:
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word + word


def _retyped(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return plain_json(value)
    if isinstance(value, str):
        return len(value)
    return json.loads("7") if value is None else plain_json(value)


def _far(value: Any) -> Iterator[Any]:
    if isinstance(value, str):
        yield _misspelt(value)
        yield ""
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        yield from _FAR
