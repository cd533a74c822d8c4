"""Where a cited value stands in a recorded result: a text of the recording and a range in it, for a page to mark."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.locators import locate
from shared.proof.tables import find_tables, key_values

RESULT = "result"
"""The block that is the whole canonical result, as it was recorded."""
_DECODER = json.JSONDecoder()
_BLANK = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Mark:
    """One cited range."""

    block: str
    """JSON pointer of the text in the result, or `RESULT`."""
    text: str
    start: int
    end: int


def mark(result: str, locator_json: str) -> Mark | None:
    """Find a cited value in a canonical result; None where it leads nowhere."""
    steps = parse_canonical(locator_json)
    try:
        located = locate(result, locator_json)
        pointer = steps[0]["pointer"]
        if len(steps) == 1:
            start, end = json_range(result, pointer)
            return Mark(RESULT, result, start, end)
        text = locate(result, canonical(steps[:1])).text
        return Mark(pointer, text, *_range(text, steps[1:], located.text))
    except (Rejected, LookupError, ValueError):
        return None


def json_range(text: str, pointer: str) -> tuple[int, int]:
    """Find the range of the value at a JSON pointer in JSON text.

    Raises:
        LookupError: it leads nowhere.
    """
    at = _skip(text, 0)
    for name in (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]):
        at = _member(text, at, name)
    return at, _DECODER.raw_decode(text, at)[1]


def _member(text: str, at: int, name: str) -> int:
    """Find where the value of a key or index starts."""
    index, opening, at = 0, text[at], _skip(text, at + 1)
    while text[at] not in "]}":
        key = str(index)
        if opening == "{":
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        if key == name:
            return at
        at = _skip(text, _DECODER.raw_decode(text, at)[1])
        at, index = (_skip(text, at + 1) if text[at] == "," else at), index + 1
    raise LookupError(name)


def _skip(text: str, at: int) -> int:
    while text[at] in _BLANK:
        at += 1
    return at


def _range(text: str, steps: Sequence[Any], cited: str) -> tuple[int, int]:
    ((name, argument),) = steps[0].items()
    if name == "span":
        return argument[0], argument[1]
    if name == "key_value":
        line = next(one for one in key_values(text) if one.key == argument)
        return line.start, line.end
    if name == "table":
        return _table_range(text, argument, cited)
    pointer = steps[1]["pointer"] if len(steps) > 1 and "pointer" in steps[1] else ""
    start, end = json_range(text, pointer)
    return start, end


def _table_range(text: str, argument: Any, cited: str) -> tuple[int, int]:
    """Find the rows that are cited; the cell in them where it is one."""
    table = find_tables(text)[argument.get("index", 0)]
    lines = text.split("\n")
    first, last = table.first_line, table.last_line
    if "row" in argument:
        # Rows are counted from the end: a rule or an empty header may stand above them.
        first = last = last - len(table.rows) + 1 + argument["row"]
    start = sum(len(line) + 1 for line in lines[:first])
    end = start + len("\n".join(lines[first : last + 1]))
    found = text.find(cited, start, end) if "row" in argument and "column" in argument else -1
    return (found, found + len(cited)) if found >= 0 else (start, end)
