"""What differs between two runs of one call, as pointers that may continue into JSON inside strings.

`/content/0/text/rows/3/id` goes to the text of the first part and on into the JSON it holds: a locator's `parse_json`
takes no token of the pointer. A place is volatile when a pointer leads to it, to something around it or inside it.
Where two moments differ in their date alone, the pointer ends in `#0-10`, the date's range: the clock of the second run
stands at another time of day, so a time of day that stayed does not come from it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import parse, parse_canonical

_MOST = 100
"""More differing places than this are reported by what contains them."""
_DEPTH = 64
_RANGE = re.compile(r"#(\d+)-(\d+)$")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
_DATE_LENGTH = 10
Range = tuple[int, int]


def differences(first_json: str, second_json: str) -> tuple[str, ...]:
    """List the places where two canonical results differ, sorted; the empty pointer is the whole result."""
    if first_json == second_json:
        return ()
    places = sorted(set(_differing(_read(first_json), _read(second_json), ())))
    # Two lists of one length that differ throughout: naming every cell would make the record larger than the result.
    while len(places) > _MOST:
        deepest = max(len(place) for place in places)
        places = sorted({place[:-1] if len(place) == deepest else place for place in places})
    return tuple(_pointer(place) for place in _outermost(places))


def is_volatile(locator_json: str, volatile: Sequence[str]) -> bool:
    """Tell whether a locator leads to, into or around a place that differed between runs."""
    path, span = _path(locator_json)
    return any(_meets(path, span, pointer) for pointer in volatile)


def without(result_json: str, volatile: Sequence[str]) -> Any:
    """Parse a result without its volatile members (items become null), JSON inside strings read along the way."""
    value = _read(result_json)
    for pointer in volatile:
        place, cut = _place_and_range(pointer)
        value = _blank(value, _tokens(place), cut)
    return value


def _read(text: str) -> Any:
    try:
        return parse_canonical(text)
    except Rejected:
        return text


def _inner(text: str) -> Any:
    """Parse JSON inside a string when it holds a container; None otherwise."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return parse(text)
    except Rejected:
        return None


def _differing(first: Any, second: Any, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(first, str) and isinstance(second, str) and first != second:
        # One timestamp in a JSON text must not make the whole text volatile.
        first, second = _inner(first) or first, _inner(second) or second
    if len(place) < _DEPTH and isinstance(first, dict) and isinstance(second, dict):
        for key in sorted(first.keys() | second.keys()):
            if key in first and key in second:
                yield from _differing(first[key], second[key], (*place, key))
            else:
                yield (*place, key)
    elif len(place) < _DEPTH and isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for index, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from _differing(one, other, (*place, str(index)))
    # True == 1 in Python, but not in JSON.
    elif isinstance(first, bool) is not isinstance(second, bool) or first != second:
        yield _within_text(first, second, place)


def _within_text(first: Any, second: Any, place: tuple[str, ...]) -> tuple[str, ...]:
    """Narrow a difference to the date of a moment, where nothing else differs."""
    moments = place and all(isinstance(one, str) and _MOMENT.match(one) for one in (first, second))
    if not moments or first[_DATE_LENGTH:] != second[_DATE_LENGTH:]:
        return place
    return (*place[:-1], f"{place[-1]}#0-{_DATE_LENGTH}")


def _outermost(places: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    known = set(places)
    for place in places:
        if not any(place[:length] in known for length in range(len(place))):
            yield place


def _blank(value: Any, tokens: tuple[str, ...], cut: Range | None) -> Any:
    if not tokens:
        return value[: cut[0]] + value[cut[1] :] if cut and isinstance(value, str) else None
    if isinstance(value, str):
        value = _inner(value) or value
    if isinstance(value, dict) and len(tokens) == 1 and not cut:
        return {key: item for key, item in value.items() if key != tokens[0]}
    if isinstance(value, dict) and tokens[0] in value:
        return {**value, tokens[0]: _blank(value[tokens[0]], tokens[1:], cut)}
    if isinstance(value, list) and tokens[0].isdigit() and int(tokens[0]) < len(value):
        index = int(tokens[0])
        return [*value[:index], _blank(value[index], tokens[1:], cut), *value[index + 1 :]]
    return value


def _path(locator_json: str) -> tuple[tuple[str, ...], Range | None]:
    """Read the tokens of a locator up to its first step that is neither pointer nor parse_json, and a span there."""
    tokens: tuple[str, ...] = ()
    for step in parse(locator_json or "[]"):
        if not isinstance(step, Mapping) or not ({"pointer", "parse_json"} & step.keys()):
            return tokens, _span(step)
        tokens += _tokens(step.get("pointer", ""))
    return tokens, None


def _span(step: Any) -> Range | None:
    match step:
        case {"span": [int(start), int(end)]}:
            return start, end
    return None


def _meets(path: tuple[str, ...], span: Range | None, pointer: str) -> bool:
    place, cut = _place_and_range(pointer)
    tokens = _tokens(place)
    if span and cut and path == tokens:
        return span[0] < cut[1] and cut[0] < span[1]
    return _nested(path, tokens)


def _place_and_range(pointer: str) -> tuple[str, Range | None]:
    match = _RANGE.search(pointer)
    return (pointer[: match.start()], (int(match[1]), int(match[2]))) if match else (pointer, None)


def _nested(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _tokens(pointer: str) -> tuple[str, ...]:
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def _pointer(place: tuple[str, ...]) -> str:
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in place)
