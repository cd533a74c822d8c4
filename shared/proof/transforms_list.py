"""Transforms that take a list and keep or choose among its items."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.model.errors import Rejected
from shared.proof.arithmetic import as_number
from shared.proof.canonical import canonical
from shared.proof.locators import text_of
from shared.proof.transforms_total import by, items, ordering

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": lambda one, other: bool(one < other),
    "le": lambda one, other: bool(one <= other),
    "gt": lambda one, other: bool(one > other),
    "ge": lambda one, other: bool(one >= other),
    "ne": lambda one, other: bool(one != other),
}


def _sort(value: Any, args: Mapping[str, Any]) -> list[Any]:
    found = items(value)
    keys = ordering([by(item, args) for item in found])
    order = sorted(range(len(found)), key=keys.__getitem__)
    if args.get("descending") is True:
        # Not the reversed list: that would turn equal items round, and `reverse=True` keeps them in order.
        order = sorted(range(len(found)), key=keys.__getitem__, reverse=True)
    return [found[index] for index in order]


def _unique(value: Any, args: Mapping[str, Any]) -> list[Any]:
    kept: dict[str, Any] = {}
    for item in items(value):
        # By canonical JSON, so that 1 and 1.0 are one item.
        kept.setdefault(canonical(by(item, args)), item)
    return list(kept.values())


def _first(value: Any, args: Mapping[str, Any]) -> Any:
    return _at_end(value, 0)


def _last(value: Any, args: Mapping[str, Any]) -> Any:
    return _at_end(value, -1)


def _at_end(value: Any, index: int) -> Any:
    found = items(value)
    if not found:
        raise Rejected("empty", "no values")
    return found[index]


def _filter_eq(value: Any, args: Mapping[str, Any]) -> list[Any]:
    wanted = _wanted(args)
    return [item for item in items(value) if _same(by(item, args), wanted)]


def _filter_compare(value: Any, args: Mapping[str, Any]) -> list[Any]:
    wanted, compare = _wanted(args), _COMPARE.get(str(args.get("op")))
    if compare is None:
        raise Rejected("bad_transform", f"filter_compare knows op {', '.join(_COMPARE)}")
    kept = []
    for item in items(value):
        one, other = ordering([by(item, args), wanted])
        if compare(one, other):
            kept.append(item)
    return kept


def _wanted(args: Mapping[str, Any]) -> Any:
    if "value" not in args:
        raise Rejected("bad_transform", "a filter needs `value`")
    return args["value"]


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON, or as numbers when both read as numbers."""
    if canonical(one) == canonical(other):
        return True
    try:
        return as_number(one) == as_number(other)
    except Rejected:
        return False


def _slice(value: Any, args: Mapping[str, Any]) -> Any:
    start, end = args.get("start", 0), args.get("end")
    # From the end nothing is counted: there a longer list would give another item.
    if not isinstance(start, int) or not (end is None or isinstance(end, int)) or start < 0 or (end or 0) < 0:
        raise Rejected("bad_transform", "slice takes non-negative integers start and end")
    return (value if isinstance(value, str) else items(value))[start:end]


def _concat(value: Any, args: Mapping[str, Any]) -> str:
    separator = args.get("separator", "")
    if not isinstance(separator, str):
        raise Rejected("bad_transform", "separator is a text")
    found = items(value)
    if any(isinstance(item, dict | list) for item in found):
        raise Rejected("type_mismatch", "concat joins texts and numbers")
    prefix, suffix = args.get("prefix", ""), args.get("suffix", "")
    return f"{prefix}{separator.join(map(text_of, found))}{suffix}"


def _pluck(value: Any, args: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [by(item, args) for item in value]
    return by(value, args)


TRANSFORMS: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "sort": _sort,
    "unique": _unique,
    "first": _first,
    "last": _last,
    "filter_eq": _filter_eq,
    "filter_compare": _filter_compare,
    "slice": _slice,
    "concat": _concat,
    "pluck": _pluck,
}
