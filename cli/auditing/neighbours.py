"""What stands beside a cited value in its recording, derived as the field is: the answers of the rows next to it."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.model.errors import Rejected
from shared.model.tasks import FieldEvidence, Source
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.locators import locate
from shared.proof.tables import key_values
from shared.proof.transforms import apply

_MOST = 8
_KEYS = 20


def neighbours(field: FieldEvidence, results: Mapping[str, str]) -> list[Any]:
    """Derive a field from rows, items and lines next to those that it cites; results by call id."""
    found: list[Any] = []
    for at, source in enumerate(field.sources):
        for locator in _beside(source, results.get(source.call_id, "")):
            if (value := _derived(field, results, at, locator)) is not None and value not in found:
                found.append(value)
            if len(found) >= _MOST:
                return found
    return found


def _derived(field: FieldEvidence, results: Mapping[str, str], changed: int, locator: str) -> Any:
    try:
        values = [
            locate(results[source.call_id], locator if at == changed else source.locator_json).value
            for at, source in enumerate(field.sources)
        ]
        return parse_canonical(canonical(apply(field.transforms_json, values)))
    except (Rejected, LookupError):
        return None


def _beside(source: Source, result: str) -> Iterator[str]:
    """Name the places next to a source: other rows, other items, other labels."""
    steps = parse_canonical(source.locator_json)
    for at, step in enumerate(steps):
        ((name, argument),) = step.items()
        for other in _moved(name, argument, result, steps[:at]):
            yield canonical([*steps[:at], {name: other}, *steps[at + 1 :]])


def _moved(name: str, argument: Any, result: str, before: list[Any]) -> Iterator[Any]:
    if name == "pointer":
        yield from _moved_pointer(argument)
    if name == "table" and "row" in argument:
        yield from ({**argument, "row": row} for row in (argument["row"] - 1, argument["row"] + 1) if row >= 0)
    if name == "key_value":
        text = locate(result, canonical(before)).value
        yield from (line.key for line in key_values(text)[:_KEYS] if line.key != argument)


def _moved_pointer(pointer: str) -> Iterator[str]:
    parts = pointer.split("/")
    for at, part in enumerate(parts):
        if part.isdecimal():
            for index in (int(part) - 1, int(part) + 1):
                if index >= 0:
                    yield "/".join([*parts[:at], str(index), *parts[at + 1 :]])
