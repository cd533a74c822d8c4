"""Typed equality between an answer and the ground truth (`docs/evidence.md`, section 6)."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from shared.model.errors import Rejected
from shared.proof.arithmetic import as_number
from shared.proof.dates import read_date, read_time
from shared.proof.locators import text_of
from shared.proof.numbers import read_quantity
from shared.proof.units import find_unit

RELATIVE = Decimal("1e-9")
"""Tolerance, relative to the truth, where a field states none: what a double loses."""
_HALF = Decimal("0.5")
_QUOTES = "'\"`"
# Sets are compared item by item, and the other side is written by a policy under training.
_MOST_ITEMS = 1000
_TRUE, _FALSE = frozenset({"true", "yes"}), frozenset({"false", "no"})


def equal(answer_type: Mapping[str, Any], truth: Any, given: Any) -> bool:
    """Tell whether a given value is the true one under its answer type.

    Args:
        answer_type: `{type, unit?, tolerance?, decimals?, aliases?, items?}`; `type` is `string`, `number`, `integer`,
            `boolean`, `date`, `time`, `datetime`, `set` or `list`.
        truth: the ground truth value, parsed exactly.
        given: the answer's value, parsed exactly.
    """
    compare = _COMPARE.get(str(answer_type.get("type", "string")))
    if compare is None:
        return False
    aliases = answer_type.get("aliases")
    accepted = [truth, *(aliases if isinstance(aliases, list) else ())]
    return any(compare(answer_type, one, given) for one in accepted)


def _string(answer_type: Mapping[str, Any], truth: Any, given: Any) -> bool:
    # Not their text: an agent that answers a list where a text is asked has not answered.
    if isinstance(given, bool | list | dict) or given is None or isinstance(truth, list | dict):
        return False
    return fold(text_of(truth)) == fold(text_of(given))


def fold(text: str) -> str:
    """Fold case, width, white space, quotes around the text and full stops after it, as often as there are any."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    # Until nothing is left to take off: a quoted text may end in a full stop inside or behind its quotes.
    while (peeled := _peeled(folded)) != folded:
        folded = peeled
    return folded


def _peeled(text: str) -> str:
    peeled = text.rstrip(".").strip()
    if len(peeled) > 1 and peeled[0] == peeled[-1] and peeled[0] in _QUOTES:
        peeled = peeled[1:-1].strip()
    return peeled or text


def _number(answer_type: Mapping[str, Any], truth: Any, given: Any) -> bool:
    if not _unit_agrees(answer_type, given):
        return False
    try:
        right, number = as_number(truth), as_number(given)
        # Bounds included, so that the rounded and the exact value are both right.
        return abs(number - right) <= _tolerance(answer_type, right)
    except (Rejected, ArithmeticError):
        return False


def _unit_agrees(answer_type: Mapping[str, Any], given: Any) -> bool:
    """A number alone is in the stated unit; one with another unit is another number."""
    quantity = read_quantity(given) if isinstance(given, str) else None
    return quantity is None or quantity[1] == find_unit(str(answer_type.get("unit", "")))


def _tolerance(answer_type: Mapping[str, Any], truth: Decimal) -> Decimal:
    bounds = [abs(truth) * RELATIVE]
    if answer_type.get("tolerance") is not None:
        bounds = [abs(as_number(answer_type["tolerance"]))]
    decimals = answer_type.get("decimals")
    if isinstance(decimals, int) and not isinstance(decimals, bool):
        # Half a unit of the last decimal asked for: otherwise rounding as told could be wrong.
        bounds.append(_HALF.scaleb(-decimals))
    return max(bounds)


def _integer(answer_type: Mapping[str, Any], truth: Any, given: Any) -> bool:
    return _number({"unit": answer_type.get("unit", ""), "tolerance": answer_type.get("tolerance", 0)}, truth, given)


def _boolean(answer_type: Mapping[str, Any], truth: Any, given: Any) -> bool:
    return _as_boolean(truth) is not None and _as_boolean(truth) is _as_boolean(given)


def _as_boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = value.strip().casefold() if isinstance(value, str) else ""
    return True if word in _TRUE else (False if word in _FALSE else None)


def _date(answer_type: Mapping[str, Any], truth: Any, given: Any) -> bool:
    one, other = _as_date(truth), _as_date(given)
    return one is not None and one == other


def _as_date(value: Any) -> date | None:
    """A date; a date and time counts only at midnight."""
    found = read_date(value) if isinstance(value, str) else None
    if isinstance(found, datetime):
        # Tools write dates as midnight; any other time says something that a date cannot hold.
        return found.date() if found.time() == time() else None
    return found


def _datetime(answer_type: Mapping[str, Any], truth: Any, given: Any) -> bool:
    one, other = (read_date(value) if isinstance(value, str) else None for value in (truth, given))
    if not isinstance(one, datetime) or not isinstance(other, datetime):
        return False
    # With an offset on one side only there is no instant to compare, only what the clock showed.
    if one.tzinfo is None or other.tzinfo is None:
        return one.replace(tzinfo=None) == other.replace(tzinfo=None)
    return one == other


def _time(answer_type: Mapping[str, Any], truth: Any, given: Any) -> bool:
    one, other = (read_time(value) if isinstance(value, str) else None for value in (truth, given))
    return one is not None and other is not None and one.replace(tzinfo=None) == other.replace(tzinfo=None)


def _list(answer_type: Mapping[str, Any], truth: Any, given: Any) -> bool:
    if not _are_lists(truth, given) or len(truth) != len(given):
        return False
    inner = _item_type(answer_type)
    return all(equal(inner, one, other) for one, other in zip(truth, given, strict=True))


def _set(answer_type: Mapping[str, Any], truth: Any, given: Any) -> bool:
    """Equal as sets: each given item is a true one, each true item is given; repeats do not count."""
    if not _are_lists(truth, given):
        return False
    inner = _item_type(answer_type)
    return _covers(inner, truth, given) and all(any(equal(inner, one, other) for one in truth) for other in given)


def _covers(inner: Mapping[str, Any], truth: Sequence[Any], given: Sequence[Any]) -> bool:
    return all(any(equal(inner, one, other) for other in given) for one in truth)


def _are_lists(truth: Any, given: Any) -> bool:
    return isinstance(truth, list) and isinstance(given, list) and len(given) <= _MOST_ITEMS


def _item_type(answer_type: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = answer_type.get("items", "string")
    return inner if isinstance(inner, Mapping) else {**answer_type, "type": inner, "aliases": None}


_COMPARE: Mapping[str, Callable[[Mapping[str, Any], Any, Any], bool]] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "list": _list,
    "set": _set,
}
TYPES = frozenset(_COMPARE)
"""The answer types there are."""
