"""Texts read as numbers in a wanted unit, as days, as names."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from services.verifier.domain.evaluating.world import NO_REFERENT
from shared.model.errors import Rejected
from shared.proof.arithmetic import CONTEXT
from shared.proof.dates import read_date
from shared.proof.equality import fold
from shared.proof.numbers import read_number, read_quantity
from shared.proof.units import dimension, same_dimension, units

Value = str | Decimal | tuple[str, ...]
"""What a form denotes: a text as it stands, an exact number, or several names in no order."""


def number_of(text: Value, said_unit: str = "", wanted: str = "") -> Decimal | None:
    """Read a number in the wanted unit; None when the text is none.

    Args:
        text: a cell or labelled value; a unit in it comes before `said_unit`.
        said_unit: the unit that a header or label says; empty: none.
        wanted: the unit that the form says; empty: as it stands.

    Raises:
        Rejected: it is in a unit that does not become the wanted one (`no_such_referent`).
    """
    quantity = read_quantity(text) if isinstance(text, str) else None
    number = quantity[0] if quantity else _number(text)
    # The cell wins over its header: sheets hold "3.2 kg" under a column called weight.
    unit = quantity[1] if quantity else said_unit
    if number is None or not number.is_finite():
        return None
    # Where one side says no unit, the number is taken in the wanted one, as a reader would.
    return converted(number, unit, wanted) if wanted and unit and unit != wanted else number


def converted(number: Decimal, unit: str, wanted: str) -> Decimal:
    """Say the same quantity in another unit; raises as `number_of`."""
    if not same_dimension(unit, wanted) or dimension(unit).startswith("currency"):
        raise Rejected(NO_REFERENT, f"{number} is in {unit or 'no unit'}, which is never {wanted}")
    one, other = units()[unit], units()[wanted]
    # Written again, not shared with the transforms: this evaluator has to be able to disagree with them.
    exact = (Fraction(number) * one.factor + one.offset - other.offset) / other.factor
    return CONTEXT.divide(Decimal(exact.numerator), Decimal(exact.denominator))


def day_of(text: Value) -> date | None:
    """Read the day of a date, or of a date and time."""
    found = read_date(text) if isinstance(text, str) else None
    return found.date() if isinstance(found, datetime) else found


def is_same(cell: str, value: Value) -> bool:
    """Tell whether a cell names the value: as a person reads names, and numbers as numbers."""
    if isinstance(value, str) and fold(cell) == fold(value):
        return True
    one, other = _plain(cell), _plain(value) if isinstance(value, str) else _number(value)
    return one is not None and one == other


def _number(value: Value) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    return read_number(value) if isinstance(value, str) else None


def _plain(text: str) -> Decimal | None:
    """A number that is no code: `007` is not 7."""
    stripped = text.strip()
    # Codes have leading zeros, numbers do not.
    if len(stripped) > 1 and stripped[0] == "0" and stripped[1].isdigit():
        return None
    return read_number(stripped)
