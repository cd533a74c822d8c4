"""Transforms of single values; over a list they work on each item, or with `at` on the one at that index."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from fractions import Fraction
from typing import Any

from shared.model.errors import Rejected
from shared.proof.arithmetic import as_number, to_json_number
from shared.proof.dates import MONTHS, WEEKDAYS, read_date, read_time
from shared.proof.locators import text_of
from shared.proof.units import find_unit, same_dimension, units

Scalar = Callable[[Any, Mapping[str, Any]], Any]
_ROUNDING = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN, "up": ROUND_UP}
_MAX_DIGITS = 30
_MAX_EXPONENT = 300
_MONTHS_A_QUARTER = 3

_DATE_PARTS: Mapping[str, Callable[[date], Any]] = {
    "year": lambda day: day.year,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "quarter": lambda day: (day.month - 1) // _MONTHS_A_QUARTER + 1,
    "iso_week": lambda day: day.isocalendar().week,
    "day_of_year": lambda day: day.timetuple().tm_yday,
    "weekday": lambda day: WEEKDAYS[day.weekday()],
    "month_name": lambda day: MONTHS[day.month - 1].capitalize(),
    "year_month": lambda day: f"{day.year:04d}-{day.month:02d}",
    "date": lambda day: f"{day.year:04d}-{day.month:02d}-{day.day:02d}",
}
_CLOCK_PARTS = {"hour": "%H", "minute": "%M", "second": "%S", "time": "%H:%M"}


def _each(scalar: Scalar) -> Scalar:
    def over(value: Any, args: Mapping[str, Any]) -> Any:
        inner = {name: item for name, item in args.items() if name != "at"}
        if not isinstance(value, list):
            return _one(scalar, value, inner)
        at = args.get("at")
        if at is None:
            return [_one(scalar, item, inner) for item in value]
        if not isinstance(at, int) or not 0 <= at < len(value):
            raise Rejected("bad_transform", f"no item {at}")
        return [_one(scalar, item, inner) if index == at else item for index, item in enumerate(value)]

    return over


def _one(scalar: Scalar, value: Any, args: Mapping[str, Any]) -> Any:
    result = scalar(value, args)
    return to_json_number(result) if isinstance(result, Decimal) else result


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Rejected("type_mismatch", f"needs text, not {str(value)[:40]!r}")
    return value


def _round(value: Any, args: Mapping[str, Any]) -> Decimal:
    digits, mode = args.get("digits", 0), args.get("mode", "half_up")
    if not isinstance(digits, int) or abs(digits) > _MAX_DIGITS or mode not in _ROUNDING:
        raise Rejected("bad_transform", f"round takes digits and a mode of {', '.join(_ROUNDING)}")
    number = as_number(value)
    # As wide as the number: `quantize` raises where the result does not fit the context's 50 digits.
    wide = Context(prec=max(number.adjusted(), 0) + digits + 2 if digits > 0 else max(number.adjusted(), 0) + 2)
    return number.quantize(Decimal(1).scaleb(-digits), rounding=_ROUNDING[mode], context=wide)


def _convert_unit(value: Any, args: Mapping[str, Any]) -> Decimal:
    source, target = find_unit(str(args.get("from", ""))), find_unit(str(args.get("to", "")))
    if not source or not target:
        raise Rejected("bad_transform", "convert_unit takes known units `from` and `to`")
    number = as_number(value)
    if source == target:
        return number
    if not same_dimension(source, target):
        raise Rejected("unit_mismatch", f"{source} does not convert to {target}")
    # A fraction writes the exponent out in digits.
    if abs(number.adjusted()) > _MAX_EXPONENT:
        raise Rejected("not_a_number", "the number is out of all proportion")
    one, other = units()[source], units()[target]
    # Fractions: 5/9 has no decimal.
    exact = (Fraction(number) * one.factor + one.offset - other.offset) / other.factor
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def _date_part(value: Any, args: Mapping[str, Any]) -> Any:
    part = str(args.get("part"))
    if part in _DATE_PARTS:
        found = read_date(_text(value))
        if found is None:
            raise Rejected("not_a_date", f"{value[:40]!r} is no date of one meaning")
        return _DATE_PARTS[part](found)
    if part in _CLOCK_PARTS:
        return _clock_part(_text(value), part)
    raise Rejected("bad_transform", f"date_part knows {', '.join((*_DATE_PARTS, *_CLOCK_PARTS))}")


def _clock_part(text: str, part: str) -> Any:
    found = read_date(text)
    clock = found.timetz() if isinstance(found, datetime) else read_time(text)
    if clock is None:
        raise Rejected("not_a_date", f"{text[:40]!r} holds no time of day")
    written = clock.strftime(_CLOCK_PARTS[part])
    return written if part == "time" else int(written)


def _split(value: Any, args: Mapping[str, Any]) -> Any:
    separator, index = args.get("separator", ","), args.get("index")
    if not isinstance(separator, str) or not separator or not (index is None or isinstance(index, int)):
        raise Rejected("bad_transform", "split takes a separator and an index")
    parts = [part.strip() for part in _text(value).split(separator)]
    if index is None:
        return parts
    if not -len(parts) <= index < len(parts):
        raise Rejected("no_such_value", f"no part {index} of {len(parts)}")
    return parts[index]


def _affix(value: Any, args: Mapping[str, Any]) -> str:
    """Drop a prefix or a suffix that must be there."""
    text, prefix, suffix = _text(value), str(args.get("prefix", "")), str(args.get("suffix", ""))
    if not (text.startswith(prefix) and text.endswith(suffix) and len(text) >= len(prefix) + len(suffix)):
        raise Rejected("no_such_value", f"{text[:40]!r} does not start with {prefix!r} and end with {suffix!r}")
    return text[len(prefix) : len(text) - len(suffix)]


TRANSFORMS: Mapping[str, Scalar] = {
    "round": _each(_round),
    "convert_unit": _each(_convert_unit),
    "date_part": _each(_date_part),
    "number": _each(lambda value, args: as_number(value)),
    "abs": _each(lambda value, args: abs(as_number(value))),
    "lower": _each(lambda value, args: _text(value).lower()),
    "upper": _each(lambda value, args: _text(value).upper()),
    "strip": _each(lambda value, args: _text(value).strip(args.get("characters"))),
    "drop_affix": _each(_affix),
    "split": _each(_split),
    "sql_quote": _each(lambda value, args: text_of(value).replace("'", "''")),
}
