"""Other ways to write a true answer: per answer type what `docs/evidence.md` (6) counts as the same, as JSON texts."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from shared.proof.arithmetic import as_number
from shared.proof.canonical import canonical, number_text
from shared.proof.dates import read_date, read_time
from shared.proof.units import units

FEWEST = 12
"""Renderings of every ground truth."""
_PLAIN_DIGITS = 15
"""Digits that the exponent and grouped forms are written for."""
_THIRTEEN = 13


def renderings(truth: Mapping[str, Any], types: Mapping[str, Any]) -> list[str]:
    """Write a ground truth in `FEWEST` ways or more: fields, order, layout and what stands around the object vary."""
    fields = {name: equivalents(types.get(name, {}), value) for name, value in truth.items()}
    many = max(FEWEST, len(_WRAPPERS), *(len(variants) for variants in fields.values()))
    written = []
    for number in range(many):
        pairs = [
            f"{_text(name)}: {variants[(number + at) % len(variants)]}"
            for at, (name, variants) in enumerate(fields.items())
        ]
        ordered = pairs[::-1] if number % 2 else pairs
        written.append(_WRAPPERS[number % len(_WRAPPERS)](ordered))
    return written


def equivalents(answer_type: Mapping[str, Any], value: Any) -> list[str]:
    """Write one value in ways that are right; the first is the value itself, canonical."""
    kind = str(answer_type.get("type", "string"))
    found = [canonical(value), *_BY_TYPE[kind](answer_type, value)]
    return list(dict.fromkeys(found))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


_WRAPPERS: tuple[Callable[[list[str]], str], ...] = (
    lambda pairs: "{" + ", ".join(pairs) + "}",
    lambda pairs: "```json\n{" + ", ".join(pairs) + "}\n```",
    lambda pairs: "The answer is {" + ",".join(pairs) + "}",
    lambda pairs: "{\n  " + ",\n  ".join(pairs) + "\n}\n",
    lambda pairs: "{" + ", ".join(pairs) + "}\n\nThis is what the files say.",
    lambda pairs: 'First I thought {"guess": null}, but it is\n\n```\n{' + ", ".join(pairs) + "}\n```\nas asked.",
    lambda pairs: "  \n\t{" + ", ".join(pairs) + "}  \n",
    lambda pairs: "{" + ", ".join([*pairs, '"note": "looked up"']) + "}",
    lambda pairs: "**Answer:** `{" + ", ".join(pairs) + "}`",
    lambda pairs: "Final answer:\r\n{\r\n" + ",\r\n".join(pairs) + "\r\n}\r\n",
    lambda pairs: "<answer>{" + ", ".join(pairs) + "}</answer>",
    lambda pairs: "{ " + " , ".join(pairs) + " }",
)


def _string(answer_type: Mapping[str, Any], value: Any) -> Iterator[str]:
    text = value if isinstance(value, str) else number_text(as_number(value))
    yield _text(text.upper())
    yield _text(text.lower())
    yield _text(text.title() if text.title().casefold() == text.casefold() else text)
    yield _text(f"  {text} ")
    yield _text(text.replace(" ", "  "))
    yield _text(text.replace(" ", "\u00a0"))
    yield _text(f"{text}.")
    for quote in ("'", '"', "`"):
        yield _text(f"{quote}{text}{quote}")
        yield _text(f"{quote}{text}{quote}.")
    yield _text(unicodedata.normalize("NFD", text))
    yield _text(f"\n{text}\n")
    yield _text("".join(chr(ord(char) + 0xFEE0) if "0" <= char <= "9" else char for char in text))
    yield json.dumps(text)


def _number(answer_type: Mapping[str, Any], value: Any) -> Iterator[str]:
    number = as_number(value)
    plain = f"{number:f}"
    yield plain
    yield _text(plain)
    yield _text(f" {plain} ")
    more = f"{plain}0" if "." in plain else f"{plain}.0"
    yield more
    yield _text(f"{more}0")
    if len(number.as_tuple().digits) <= _PLAIN_DIGITS:
        yield f"{number:e}"
        yield _text(f"{number:,f}")
    yield _text(plain.replace("-", "\u2212"))
    if number >= 0:
        yield _text(f"+{plain}")
    yield from _with_unit(str(answer_type.get("unit", "")), plain)
    yield from (_text(f"{plain}{blank}") for blank in ("\n", "\t", "\u00a0"))
    yield from (_text(f"{blank}{more}") for blank in (" ", "\n"))


def _with_unit(unit: str, plain: str) -> Iterator[str]:
    if not unit:
        return
    yield _text(f"{plain} {unit}")
    yield _text(f"{plain}\u00a0{unit}")
    known = units().get(unit)
    if known is None:
        # A currency: its code may stand before the number.
        yield _text(f"{unit} {plain}")
        return
    yield from (_text(f"{plain} {alias}") for alias in known.aliases)


def _boolean(answer_type: Mapping[str, Any], value: Any) -> Iterator[str]:
    for word in ("true", "yes") if value else ("false", "no"):
        for form in (word, word.upper(), word.title(), f" {word}", f"{word} ", f"\n{word}"):
            yield _text(form)


def _date(answer_type: Mapping[str, Any], value: Any) -> Iterator[str]:
    day = read_date(value)
    if not isinstance(day, date):
        return
    month, short, number, year = f"{day:%B}", f"{day:%b}", day.day, f"{day.year:04d}"
    nth = f"{number}{_nth(number)}"
    for form in (
        f"{year}-{day.month:02d}-{number:02d}",
        f"{year}/{day.month}/{number}",
        f"{number} {month} {year}",
        f"{number} {short} {year}",
        f"{month} {number}, {year}",
        f"{short} {number} {year}",
        f"{nth} of {month} {year}",
        f"{month} {nth}, {year}",
        f"{day:%A}, {number} {month} {year}",
        f"{day:%a} {number} {short} {year}",
        f"{number}-{short}-{year}",
        f" {number} {month.upper()} {year} ",
        f"{year}-{day.month:02d}-{number:02d}T00:00:00",
        f"{year}-{day.month:02d}-{number:02d} 00:00",
    ):
        yield _text(form)
    if number >= _THIRTEEN:
        yield _text(f"{number}/{day.month:02d}/{year}")
        yield _text(f"{day.month:02d}/{number}/{year}")
        yield _text(f"{number}.{day.month:02d}.{year}")


def _nth(number: int) -> str:
    # 11th, 12th and 13th, not 11st.
    return "th" if number // 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _clock_forms(clock: time) -> list[str]:
    half, hour = ("AM" if clock.hour < 12 else "PM"), clock.hour % 12 or 12  # noqa: PLR2004
    seconds = f":{clock:%S}" if clock.second else ""
    return [
        f"{clock:%H:%M}{seconds}",
        f"{clock.hour}:{clock:%M}{seconds}",
        f"{clock:%H:%M:%S}",
        f"{clock:%H:%M:%S}.000",
        *(f"{hour}:{clock:%M}{seconds}{form}" for form in (f" {half}", half, half.lower(), f" {half.lower()}")),
        f"{hour}:{clock:%M}{seconds} {half[0].lower()}.m.",
        f"{hour:02d}:{clock:%M:%S} {half}",
    ]


def _time(answer_type: Mapping[str, Any], value: Any) -> Iterator[str]:
    clock = read_time(value)
    if clock is None or clock.microsecond:
        return
    for form in _clock_forms(clock.replace(tzinfo=None)):
        yield _text(form)
        yield _text(f" {form} ")


def _datetime(answer_type: Mapping[str, Any], value: Any) -> Iterator[str]:
    moment = read_date(value)
    if not isinstance(moment, datetime) or moment.microsecond:
        return
    zone = "" if moment.tzinfo is None else f"{moment:%z}"
    day = f"{moment.year:04d}-{moment:%m-%d}"
    for form in (f"{day}T{moment:%H:%M:%S}", f"{day} {moment:%H:%M:%S}", f"{day} {moment:%H:%M:%S}.000"):
        yield _text(form + zone)
        # Where one side has no offset only the clock counts.
        yield _text(form)
        yield _text(f" {form}{zone} ")
    words = (f"{moment.day} {moment:%B} ", f"{moment.day} {moment:%b} ", f"{moment:%B} {moment.day}, ")
    for form in (f"{text}{moment.year:04d}, {moment:%H:%M:%S}" for text in words):
        yield _text(form)
        yield _text(f"{form}{zone}")
    if moment.tzinfo is not None:
        for hours in (-8, 0, 2, 9):
            try:
                yield _text(moment.astimezone(timezone(timedelta(hours=hours))).isoformat())
            except OverflowError:
                continue


def _items(answer_type: Mapping[str, Any], value: Any) -> list[list[str]]:
    inner = answer_type.get("items", "string")
    kind = inner if isinstance(inner, Mapping) else {**answer_type, "type": inner}
    return [equivalents(kind, item) for item in value]


def _list(answer_type: Mapping[str, Any], value: Any) -> Iterator[str]:
    variants = _items(answer_type, value)
    for number in range(max((len(forms) for forms in variants), default=1)):
        yield "[" + ", ".join(forms[number % len(forms)] for forms in variants) + "]"
    yield from (f"[{blank}{','.join(forms[0] for forms in variants)}{blank}]" for blank in (" ", "\n", "\t"))


def _set(answer_type: Mapping[str, Any], value: Any) -> Iterator[str]:
    variants = _items(answer_type, value)
    yield from _list(answer_type, value)
    for shift in range(len(variants)):
        turned = [*variants[shift:], *variants[:shift]]
        yield "[" + ", ".join(forms[0] for forms in turned) + "]"
        yield "[" + ", ".join(forms[0] for forms in reversed(turned)) + "]"
    yield "[" + ", ".join(forms[0] for forms in [*variants, *variants]) + "]"


_BY_TYPE: Mapping[str, Callable[[Mapping[str, Any], Any], Iterator[str]]] = {
    "string": _string,
    "number": _number,
    "integer": _number,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "list": _list,
    "set": _set,
}


def tolerance(answer_type: Mapping[str, Any], truth: Decimal) -> Decimal:
    """How far a number may be off, read from the answer type alone (`docs/evidence.md`, 6)."""
    if answer_type.get("tolerance") is not None:
        bound = abs(Decimal(str(answer_type["tolerance"])))
    else:
        bound = Decimal(0) if answer_type.get("type") == "integer" else abs(truth) * Decimal("1e-9")
    decimals = answer_type.get("decimals")
    return max(bound, Decimal("0.5").scaleb(-decimals)) if isinstance(decimals, int) else bound
