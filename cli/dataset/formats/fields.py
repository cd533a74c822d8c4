"""The fields of a task row as the JSON text they were written with: no number and no key order is touched."""

import json
from collections.abc import Iterator, Mapping
from json.decoder import WHITESPACE  # type: ignore[attr-defined]  # the decoder's own
from pathlib import Path
from typing import Any

from cli.dataset.digests import TASKS
from cli.dataset.reading import lines
from shared.model.errors import BadInput

Fields = Mapping[str, str]
"""Field -> JSON text."""
_DECODER = json.JSONDecoder()


def read_fields(folder: Path) -> list[Fields]:
    """Read the task rows of an export.

    Raises:
        BadInput: there is none, or a line is no task.
    """
    rows: list[Fields] = []
    for line in lines(folder / TASKS):
        try:
            fields = members(line.data.decode("utf-8"))
            json.loads(fields["task_id"])
        except (ValueError, LookupError) as error:
            raise BadInput(f"{folder / TASKS} line {line.number} is no task ({error}): export again") from error
        rows.append(fields)
    return rows


def members(text: str) -> dict[str, str]:
    """Cut an object into its members; raises ValueError where the text is none."""
    found: dict[str, str] = {}
    at = _after(text, _opened(text, "{"))
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _after(text, _after(text, at) + 1)
        _, at = _DECODER.raw_decode(text, start)
        found[key] = text[start:at]
        at = _next(text, at)
    return found


def elements(text: str) -> list[str]:
    """Cut an array into its elements; raises ValueError where the text is none."""
    return list(_elements(text))


def value(fields: Fields, name: str) -> Any:
    """Read one field."""
    return json.loads(fields[name])


def _elements(text: str) -> Iterator[str]:
    at = _after(text, _opened(text, "["))
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        yield text[at:end]
        at = _next(text, end)


def _opened(text: str, bracket: str) -> int:
    at = _after(text, 0)
    if text[at : at + 1] != bracket:
        raise ValueError(f"{bracket} expected")
    return at + 1


def _next(text: str, at: int) -> int:
    at = _after(text, at)
    return _after(text, at + 1) if text[at] == "," else at


def _after(text: str, at: int) -> int:
    return int(WHITESPACE.match(text, at).end())
