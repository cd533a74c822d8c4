"""Almost right answers: per answer type what must never be rewarded, as JSON texts.

What differs is decided here from the values alone, never by asking the checker that is on trial.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from cli.auditing.renderings import tolerance
from shared.model.errors import Rejected
from shared.proof.arithmetic import as_number
from shared.proof.canonical import canonical
from shared.proof.dates import read_date, read_time

_HEDGED = ("{0} or {1}", "{0}, {1}", "either {0} or {1}", "{0} / {1}", "not {0}", "not sure, maybe {0}")
_OTHER_UNITS = ("kg", "EUR", "percent", "m", "USD", "day")
_NOTHING = ("null", '""', "{}", "[]")


def near_misses(
    truth: Mapping[str, Any], types: Mapping[str, Any], neighbours: Mapping[str, Sequence[Any]]
) -> list[str]:
    """Write answers with one thing wrong each, all other fields right.

    Args:
        truth: the ground truth.
        types: per field its answer type.
        neighbours: per field values that stand beside the right one in the recording.
    """
    right = {name: canonical(value) for name, value in truth.items()}
    written = []
    for name, value in truth.items():
        for miss in wrong_values(types.get(name, {}), value, neighbours.get(name, ())):
            written.append(_object({**right, name: miss}))
        written.append(_object({key: text for key, text in right.items() if key != name}))
        written.append(_object({(f"{key}_" if key == name else key): text for key, text in right.items()}))
    written += [_object(swapped) for swapped in _swapped(right, truth, types)]
    # A list of answers is a hedge, and behind the right object another one counts.
    other = _object(dict.fromkeys(right, "null"))
    written += [f"[{_object(right)}]", f"{_object(right)}\nor rather\n{other}"]
    return list(dict.fromkeys(written))


def wrong_values(answer_type: Mapping[str, Any], truth: Any, neighbours: Iterable[Any] = ()) -> list[str]:
    """Write values that are not the true one."""
    kind = str(answer_type.get("type", "string"))
    beside = [canonical(one) for one in neighbours if differs(answer_type, truth, one)]
    found = [*beside, *_BY_TYPE[kind](answer_type, truth), *_NOTHING]
    same = {canonical(truth)} | ({"[]"} if truth == [] else set())
    return [text for text in dict.fromkeys(found) if text not in same]


def differs(answer_type: Mapping[str, Any], truth: Any, value: Any) -> bool:
    """Tell whether two recorded values mean different things, by numbers, days or letters and digits."""
    kind = str(answer_type.get("type", "string"))
    if kind in ("number", "integer"):
        try:
            right = as_number(truth)
            return bool(abs(as_number(value) - right) > tolerance(answer_type, right))
        except Rejected:
            return True
    if isinstance(truth, list) or isinstance(value, list):
        return sorted(map(_letters, truth if isinstance(truth, list) else [truth])) != sorted(
            map(_letters, value if isinstance(value, list) else [value])
        )
    if kind == "date" and isinstance(value, str):
        return bool(_day(value) != _day(truth))
    return _letters(truth) != _letters(value)


def _day(text: str) -> Any:
    found = read_date(text)
    return (found.year, found.month, found.day) if found else text


def _letters(value: Any) -> str:
    return "".join(char for char in str(value).casefold() if char.isalnum())


def _object(pairs: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_text(name)}: {text}" for name, text in pairs.items()) + "}"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _swapped(
    right: Mapping[str, str], truth: Mapping[str, Any], types: Mapping[str, Any]
) -> Iterator[Mapping[str, str]]:
    names = list(truth)
    for one, other in pairwise(names):
        if differs(types.get(one, {}), truth[one], truth[other]):
            yield {**right, one: right[other], other: right[one]}


def _hedged(right: str, wrong: str) -> Iterator[str]:
    yield from (_text(form.format(right, wrong)) for form in _HEDGED)
    yield json.dumps([right, wrong])
    yield json.dumps({"value": right})


def _string(answer_type: Mapping[str, Any], truth: Any) -> Iterator[str]:
    text = str(truth)
    places = [at for at, char in enumerate(text) if char.isalnum()]
    for at in {*places[:1], *places[-1:], *places[len(places) // 2 :][:1]}:
        yield _text(text[:at] + text[at + 1 :])
        yield _text(
            text[:at] + ("8" if text[at] in "0123456790" else "q" if text[at] not in "qQ" else "w") + text[at + 1 :]
        )
    yield _text(f"{text}1")
    yield _text(f"{text} (old)")
    yield _text(f"the {text}")
    words = text.split()
    if len(words) > 1:
        yield _text(words[0])
        yield _text(words[-1])
    yield _text(f"{text} {text}")
    yield json.dumps([text])
    yield from _hedged(text, "another")


def _number(answer_type: Mapping[str, Any], truth: Any) -> Iterator[str]:
    right = as_number(truth)
    bound = tolerance(answer_type, right)
    step = max(bound * Decimal("1.01"), abs(right) * Decimal("1e-8"), Decimal("1e-9"))
    others = [
        right + 1,
        right - 1,
        right + step,
        right - step,
        right * 10,
        right / 10,
        right * 100,
        right / 100,
        -right,
    ]
    others += [right + 10, right + 2 * step, right * 2, right * Decimal("1.1"), _turned(right)]
    wrong = [other for other in others if abs(other - right) > bound]
    for other in wrong:
        yield canonical(other)
    yield _text(f"{wrong[0]:f}")
    unit = str(answer_type.get("unit", ""))
    for strange in (other for other in _OTHER_UNITS if other != unit):
        yield _text(f"{right:f} {strange}")
    yield _text(f"about {right:f}")
    yield _text(f"{right:f}-{wrong[0]:f}")
    yield json.dumps([float(right)])
    yield "true"
    yield from _hedged(f"{right:f}", f"{wrong[0]:f}")


def _turned(number: Decimal) -> Decimal:
    """Swap the last two digits that differ."""
    sign, digits, exponent = number.as_tuple()
    for at in range(len(digits) - 1, 0, -1):
        if digits[at] != digits[at - 1]:
            turned = (*digits[: at - 1], digits[at], digits[at - 1], *digits[at + 1 :])
            return Decimal((sign, turned, int(exponent)))
    return number + 1


def _boolean(answer_type: Mapping[str, Any], truth: Any) -> Iterator[str]:
    for word in ("false", "no") if truth else ("true", "yes"):
        yield from (_text(form) for form in (word, word.upper(), word.title(), f" {word} "))
    yield "false" if truth else "true"
    yield from ("1", "0", '"1"', '"y"', '"maybe"')
    yield from _hedged("yes", "no")


def _date(answer_type: Mapping[str, Any], truth: Any) -> Iterator[str]:
    found = read_date(truth)
    if not isinstance(found, date):
        return
    day = date(found.year, found.month, found.day)
    for days in (-1, 1, 7, -7, 30, 365):
        yield _text((day + timedelta(days=days)).isoformat())
    if day.day <= 12 and day.day != day.month:  # noqa: PLR2004
        yield _text(f"{day.year:04d}-{day.day:02d}-{day.month:02d}")
        # Nobody knows which is the month.
        yield _text(f"{day.day:02d}/{day.month:02d}/{day.year:04d}")
    iso = f"{day.year:04d}-{day.month:02d}-{day.day:02d}"
    yield from (
        _text(f"{iso}T09:30:00"),
        _text(f"{day:%B} {day.year}"),
        _text(f"{day.day} {day:%B}"),
        _text(str(day.year)),
    )
    yield str(day.toordinal())
    yield from _hedged(iso, (day + timedelta(days=1)).isoformat())


def _time(answer_type: Mapping[str, Any], truth: Any) -> Iterator[str]:
    clock = read_time(truth)
    if clock is None:
        return
    start = datetime.combine(date(2000, 6, 15), clock.replace(tzinfo=None))
    moved = [start + timedelta(minutes=minutes) for minutes in (1, -1, 60, -60, 720, 30, 10)]
    for other in moved:
        yield _text(f"{other:%H:%M:%S}" if other.second else f"{other:%H:%M}")
    yield _text(f"{start + timedelta(seconds=1):%H:%M:%S}")
    yield from (_text(f"{start:%H}"), _text(f"{start:%H.%M}"), _text(f"2026-03-02 {start:%H:%M}"), str(clock.hour))
    yield from _hedged(f"{start:%H:%M}", f"{moved[0]:%H:%M}")


def _datetime(answer_type: Mapping[str, Any], truth: Any) -> Iterator[str]:
    moment = read_date(truth)
    if not isinstance(moment, datetime):
        return
    moved = [moment + timedelta(minutes=minutes) for minutes in (1, -1, 60, -60, 720, 1440, -1440, 10080)]
    for other in (*moved, moment + timedelta(seconds=1)):
        yield _text(other.isoformat())
    yield from (_text(f"{moment:%Y-%m-%d}"), _text(f"{moment:%H:%M:%S}"), str(moment.year))
    yield from _hedged(moment.isoformat(), moved[0].isoformat())


def _several(answer_type: Mapping[str, Any], truth: Any) -> Iterator[str]:
    inner = answer_type.get("items", "string")
    kind = inner if isinstance(inner, Mapping) else {**answer_type, "type": inner}
    items = [canonical(item) for item in truth]
    for at, item in enumerate(truth):
        yield f"[{', '.join(items[:at] + items[at + 1 :])}]"
        for wrong in wrong_values(kind, item)[:6]:
            yield f"[{', '.join([*items[:at], wrong, *items[at + 1 :]])}]"
    yield f"[{', '.join([*items, _text('one more')])}]"
    yield f"[[{', '.join(items)}]]"
    joined = ", ".join(str(item) for item in truth)
    yield from (_text(joined), json.dumps({"items": joined}), json.dumps([joined]) if len(items) > 1 else '["x"]')
    yield from (_text(f"{joined} and others"), str(len(items)), "true", '["another"]', '["one", "two"]', "[null]")


def _list(answer_type: Mapping[str, Any], truth: Any) -> Iterator[str]:
    yield from _several(answer_type, truth)
    if any(differs({}, one, other) for one, other in zip(truth, truth[::-1], strict=True)):
        yield f"[{', '.join(canonical(item) for item in truth[::-1])}]"


_BY_TYPE: Mapping[str, Callable[[Mapping[str, Any], Any], Iterator[str]]] = {
    "string": _string,
    "number": _number,
    "integer": _number,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "list": _list,
    "set": _several,
}
