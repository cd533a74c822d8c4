"""Transforms that make one value of many: counts, sums, extremes, differences, ratios."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.model.errors import Rejected
from shared.proof.arithmetic import as_number
from shared.proof.dates import read_date
from shared.proof.locators import resolve_pointer, text_of

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
_HUNDRED = Decimal(100)


def items(value: Any) -> list[Any]:
    """Take a value as a list; anything but a list is a list of one."""
    return value if isinstance(value, list) else [value]


def by(item: Any, args: Mapping[str, Any]) -> Any:
    """Take what `by` points at in an item; the item itself without `by`."""
    where = args.get("by", "")
    if not isinstance(where, str):
        raise Rejected("bad_transform", "`by` is a JSON pointer")
    return resolve_pointer(item, where)


def ordering(keys: Sequence[Any]) -> list[Any]:
    """Make keys comparable: as numbers where all are, else as texts by code point.

    Raises:
        Rejected: `type_mismatch` where they are neither.
    """
    try:
        return [as_number(key) for key in keys]
    except Rejected:
        if all(isinstance(key, str) for key in keys):
            return list(keys)
    raise Rejected("type_mismatch", "values to compare must be all numbers or all texts")


def numbers(value: Any, args: Mapping[str, Any]) -> list[Decimal]:
    """Read the items as numbers.

    Raises:
        Rejected: `empty` or `not_a_number`.
    """
    found = [as_number(by(item, args)) for item in items(value)]
    if not found:
        raise Rejected("empty", "no values")
    return found


def pair(value: Any) -> tuple[Any, Any]:
    """Take exactly two values.

    Raises:
        Rejected: `type_mismatch`.
    """
    found = items(value)
    if len(found) != len(("first", "second")):
        raise Rejected("type_mismatch", f"needs exactly two values, not {len(found)}")
    return found[0], found[1]


def _divide(above: Decimal, below: Decimal) -> Decimal:
    if below == 0:
        raise Rejected("division_by_zero", "the divisor is 0")
    return above / below


def _count(value: Any, args: Mapping[str, Any]) -> int:
    return len(items(value))


def _sum(value: Any, args: Mapping[str, Any]) -> Decimal:
    # From Decimal(0): the sum of nothing is a number too.
    return sum((as_number(by(item, args)) for item in items(value)), Decimal(0))


def _mean(value: Any, args: Mapping[str, Any]) -> Decimal:
    found = numbers(value, args)
    return sum(found, Decimal(0)) / len(found)


def _product(value: Any, args: Mapping[str, Any]) -> Decimal:
    result = Decimal(1)
    for number in numbers(value, args):
        result *= number
    return result


def _extreme(choose: Callable[..., int]) -> Callable[[Any, Mapping[str, Any]], Any]:
    def extreme(value: Any, args: Mapping[str, Any]) -> Any:
        keys = ordering([by(item, args) for item in items(value)])
        if not keys:
            raise Rejected("empty", "no values")
        return keys[choose(range(len(keys)), key=keys.__getitem__)]

    return extreme


def _arg_extreme(choose: Callable[..., Any]) -> Callable[[Any, Mapping[str, Any]], Any]:
    def arg_extreme(value: Any, args: Mapping[str, Any]) -> Any:
        labels, keys = _labelled(value, args)
        comparable = ordering(keys)
        best = choose(comparable)
        found = [label for label, key in zip(labels, comparable, strict=True) if key == best]
        if len(found) > 1:
            # No label rather than an arbitrary one: both answers would be right.
            raise Rejected("tie", f"{len(found)} items share the extreme value {text_of(best)}")
        return found[0]

    return arg_extreme


def _labelled(value: Any, args: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Items with `by`, or two parallel lists: labels, then values."""
    if "by" in args:
        labels = items(value)
        keys = [by(item, args) for item in labels]
    else:
        labels, keys = (items(part) for part in pair(value))
    if not labels:
        raise Rejected("empty", "no values")
    if len(labels) != len(keys):
        raise Rejected("type_mismatch", "labels and values must be of one length")
    return labels, keys


def _difference(value: Any, args: Mapping[str, Any]) -> Decimal:
    first, second = map(as_number, pair(value))
    return first - second


def _ratio(value: Any, args: Mapping[str, Any]) -> Decimal:
    first, second = map(as_number, pair(value))
    return _divide(first, second)


def _percent_change(value: Any, args: Mapping[str, Any]) -> Decimal:
    old, new = map(as_number, pair(value))
    # By the size of the old value: from -10 to -5 is a rise.
    return _divide((new - old) * _HUNDRED, abs(old))


def _percent_of(value: Any, args: Mapping[str, Any]) -> Decimal:
    percent, whole = map(as_number, pair(value))
    return percent * whole / _HUNDRED


def _share(value: Any, args: Mapping[str, Any]) -> Decimal:
    part, whole = map(as_number, pair(value))
    return _divide(part * _HUNDRED, whole)


def _date_difference(value: Any, args: Mapping[str, Any]) -> Decimal:
    unit = args.get("unit", "days")
    if unit not in _SECONDS:
        raise Rejected("bad_transform", f"date_difference knows {', '.join(_SECONDS)}")
    first, second = (read_date(item) if isinstance(item, str) else None for item in pair(value))
    if first is None or second is None:
        raise Rejected("not_a_date", "date_difference needs two dates")
    try:
        elapsed = second - first
    # Python refuses to subtract a date from a datetime, and naive from aware.
    except TypeError as error:
        raise Rejected("type_mismatch", "a date and a time, or only one with an offset, have no difference") from error
    micros = (elapsed.days * 86400 + elapsed.seconds) * 1000000 + elapsed.microseconds
    return Decimal(micros) / (1000000 * _SECONDS[unit])


TRANSFORMS: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "identity": lambda value, args: value,
    "count": _count,
    "sum": _sum,
    "mean": _mean,
    "product": _product,
    "min": _extreme(min),
    "max": _extreme(max),
    "argmin": _arg_extreme(min),
    "argmax": _arg_extreme(max),
    "difference": _difference,
    "ratio": _ratio,
    "percent_change": _percent_change,
    "percent_of": _percent_of,
    "share": _share,
    "date_difference": _date_difference,
}
