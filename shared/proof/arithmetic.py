"""Exact reading and writing of numbers for transforms and equality."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from shared.model.errors import Rejected
from shared.proof.numbers import read_number, read_quantity

DIGITS = 50
# A context of our own: the process default may be changed by any library, and labels must not.
CONTEXT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])
_INTEGER_DIGITS = 40


def as_number(value: Any) -> Decimal:
    """Read a value as a finite number: a JSON number, or text that is a number or a number with a unit.

    Raises:
        Rejected: `not_a_number`.
    """
    found: Decimal | None = None
    if isinstance(value, str):
        quantity = read_quantity(value)
        found = quantity[0] if quantity else read_number(value)
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        # Through the shortest literal: Decimal(0.1) has 55 digits.
        found = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if found is None or not found.is_finite():
        raise Rejected("not_a_number", f"{str(value)[:60]!r} is not a number")
    return found


def to_json_number(number: Decimal) -> int | Decimal:
    """Turn an integral Decimal of moderate size into int."""
    if number.is_finite() and abs(number.adjusted()) <= _INTEGER_DIGITS and number == number.to_integral_value():
        return int(number)
    return number
