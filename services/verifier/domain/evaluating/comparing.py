"""Is the evaluated value the evidence's answer? Closer than rewards ask for: no tolerance hides another meaning."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from services.verifier.domain.evaluating.reading import Value, number_of
from shared.model import logical_form as lf
from shared.proof.equality import equal
from shared.proof.units import find_unit

_RELATIVE = Decimal("1e-9")
"""What a double loses on its way through a tool."""


def disagreement(field: lf.Field, value: Value, truth: Any, answer_type: Mapping[str, Any]) -> str:
    """Say how the evaluated value of a field differs from the answer; empty when it agrees."""
    unit = str(getattr(field.value, "unit", ""))
    said = str(answer_type.get("unit", ""))
    # By meaning: `kg` and `kilograms` are one unit, an unknown one is compared as it is written.
    if find_unit(said) != find_unit(unit) and unit != said:
        return f"the answer is in {said or 'no unit'}, the question means {unit or 'no unit'}"
    same = _same_number(field, value, truth) if _is_number(truth) else equal(answer_type, truth, _plain(value))
    return "" if same else f"the files say {_shown(value)}, the evidence says {_shown(truth)}"


def _same_number(field: lf.Field, value: Value, truth: int | Decimal) -> bool:
    number = number_of(value)
    if number is None:
        return False
    right, bound = Decimal(truth), abs(number) * _RELATIVE
    if field.decimals >= 0:
        step = Decimal(1).scaleb(-field.decimals)
        # A tool may round before the answer does: both readings of the last digit are right.
        return abs(number - right) <= step / 2 + bound or number.quantize(step, ROUND_HALF_UP) == right
    return abs(number - right) <= bound


def _is_number(truth: Any) -> bool:
    return isinstance(truth, int | Decimal) and not isinstance(truth, bool)


def _plain(value: Value) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value


def _shown(value: Any) -> str:
    return f"{str(value)[:60]!r}" if isinstance(value, str) else str(value)[:60]
