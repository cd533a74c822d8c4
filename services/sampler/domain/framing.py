"""Fields of a question: their keys, and how they are rounded."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.model import logical_form as lf

_FUNCTIONS = {
    lf.Function.SUM: "total",
    lf.Function.MEAN: "average",
    lf.Function.MIN: "lowest",
    lf.Function.MAX: "highest",
}
_COMPARED = {lf.Operation.DIFFERENCE: "difference", lf.Operation.PERCENT_CHANGE: "change"}
_PERIODS = {"day": "days", "week": "weeks", "month": "months", "year": "years", "h": "hours", "min": "minutes"}
_OPERATIONS = {lf.Operation.SUM: "total", lf.Operation.PRODUCT: "total", lf.Operation.MEAN: "average"}


def question(family: str, values: Sequence[Any], decimals: Mapping[Any, int] | None = None) -> lf.Question:
    """Make a question of values, with a key for each; `decimals` where a value is rounded otherwise than usual."""
    fields: list[lf.Field] = []
    for value in values:
        key = field_key(value)
        taken = {field.key for field in fields}
        while key in taken:
            key = f"{key}_2"
        fields.append(lf.Field(key, value, (decimals or {}).get(value, _decimals(value))))
    return lf.Question(family, tuple(fields))


def _decimals(value: Any) -> int:
    """Means, and sums of what is not counted in whole things, are rounded; single values stand as they are."""
    if isinstance(value, lf.Aggregate) and value.function is lf.Function.MEAN:
        return 2
    return 2 if isinstance(value, lf.Aggregate) and value.function is lf.Function.SUM and value.unit else -1


def field_key(value: Any) -> str:
    """Name the answer field of a value."""
    match value:
        case lf.Aggregate(function=lf.Function.COUNT):
            return _count_key(value.table.name)
        case lf.Aggregate():
            # A sum of a column that is called `total`.
            return _plain(f"{_FUNCTIONS[value.function]}_{value.column}".replace("total_total", "total"))
        case lf.Converted():
            return _plain(f"{field_key(value.of).removesuffix(f'_{value.from_unit.lower()}')}_in_{value.unit}")
        case lf.LocalTime():
            return "local_time"
        case lf.Computed():
            return _computed_key(value)
    return _plain(getattr(value, "column", "") or getattr(value, "key", "") or getattr(value, "name", ""))


def _computed_key(value: lf.Computed) -> str:
    if value.operation is lf.Operation.DAYS_BETWEEN:
        return "days_between"
    applied = next((operand for operand in value.operands if isinstance(operand, lf.BranchValue)), None)
    if value.operation is lf.Operation.PRODUCT and applied is not None:
        return _plain(f"{applied.label}_{value.unit}")
    stem = _stem(value)
    unit = f"_{_plain(_PERIODS.get(value.unit, value.unit))}" if value.unit else ""
    word = _OPERATIONS.get(value.operation)
    if word is not None:
        return f"{word}_{stem}{unit}".replace("total_total", "total")
    return f"{stem}_{_COMPARED.get(value.operation, str(value.operation))}{unit}"


def _stem(value: lf.Computed) -> str:
    """Name what is calculated with: what all operands have in common, without units."""
    keys = [_bare(operand).split("_") for operand in value.operands]
    if value.operation is lf.Operation.PRODUCT:
        return "value" if "price" in keys[0] else "_".join(keys[0])
    shared = 0
    while shared < min(map(len, keys)) and len({key[-1 - shared] for key in keys}) == 1:
        shared += 1
    return "_".join(keys[0][-shared:] if shared else keys[0])


def _bare(value: Any) -> str:
    if isinstance(value, lf.Converted):
        return _bare(value.of)
    key = value.key.rpartition(",")[2] if isinstance(value, lf.Fact) else field_key(value)
    plain, unit = _plain(key), f"_{getattr(value, 'unit', '').lower()}"
    return plain.removesuffix(unit) if len(unit) > 1 else plain


def _count_key(name: str) -> str:
    """`orders` are counted as orders; the name of a file (`order_book`, `temperature_log`) counts nothing."""
    return f"{_plain(_singular(name))}_count" if name.endswith("s") and "_" not in name else "count"


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _plain(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_").lower() or "value"
