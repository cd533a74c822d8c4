"""Arithmetic over denoted values: units, clocks, operations."""

from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.verifier.domain.evaluating.reading import Value, converted, day_of, number_of
from services.verifier.domain.evaluating.world import NO_REFERENT, Unread
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.proof.arithmetic import CONTEXT
from shared.proof.dates import read_time
from shared.proof.units import units
from shared.proof.zones import BARE_ZONES, ZONES

_PAIR = 2


def in_unit(form: lf.Converted, value: Value) -> Decimal:
    """Say a quantity in another unit.

    Raises:
        Rejected: it is no number, or the units measure different things.
        Unread: a unit is not known.
    """
    if form.from_unit not in units() or form.unit not in units():
        raise Unread(f"{form.from_unit} or {form.unit} is a unit that the evaluator does not know")
    return converted(_number(value), form.from_unit, form.unit)


def local_time(form: lf.LocalTime, from_zone: Value, to_zone: Value, now: str) -> str:
    """Say what clocks in one zone show when those in another show a time, on the world's date: `HH:MM`."""
    shown = read_time(form.time)
    if shown is None:
        raise Rejected(NO_REFERENT, f"{form.time!r} is no time of day")
    source, target = zone(from_zone), zone(to_zone)
    # The day where the time is said: summer time differs between places and days.
    today = datetime.fromisoformat(now).astimezone(source).date()
    moment = datetime.combine(today, time(shown.hour, shown.minute), source)
    return f"{moment.astimezone(target):%H:%M}"


def computed(form: lf.Computed, values: list[Value]) -> Decimal:
    """Compute with several values.

    Raises:
        Rejected: they are not what the operation takes.
        Unread: the operation is not known.
    """
    if form.operation is lf.Operation.DAYS_BETWEEN:
        days = [day_of(value) for value in values]
        if len(days) != _PAIR or days[0] is None or days[1] is None:
            raise Rejected(NO_REFERENT, f"{values} are not two dates")
        return Decimal(abs((days[1] - days[0]).days))
    numbers = [_number(value) for value in values]
    if form.operation in (lf.Operation.SUM, lf.Operation.MEAN, lf.Operation.PRODUCT):
        return _folded(form.operation, numbers)
    if len(numbers) != _PAIR:
        raise Rejected(NO_REFERENT, f"a {form.operation} is made of two values, not of {len(numbers)}")
    return _paired(form.operation, *numbers)


def _folded(operation: lf.Operation, numbers: list[Decimal]) -> Decimal:
    if not numbers:
        raise Rejected(NO_REFERENT, f"a {operation} of nothing")
    total = Decimal(1) if operation is lf.Operation.PRODUCT else Decimal(0)
    for number in numbers:
        total = (CONTEXT.multiply if operation is lf.Operation.PRODUCT else CONTEXT.add)(total, number)
    return CONTEXT.divide(total, Decimal(len(numbers))) if operation is lf.Operation.MEAN else total


def _paired(operation: lf.Operation, first: Decimal, second: Decimal) -> Decimal:
    match operation:
        case lf.Operation.DIFFERENCE:
            return CONTEXT.subtract(first, second)
        case lf.Operation.PERCENT_OF:
            return CONTEXT.divide(CONTEXT.multiply(first, second), Decimal(100))
        case lf.Operation.RATIO if second:
            return CONTEXT.divide(first, second)
        case lf.Operation.PERCENT_CHANGE if first:
            return CONTEXT.divide(CONTEXT.multiply(CONTEXT.subtract(second, first), Decimal(100)), abs(first))
        case lf.Operation.RATIO | lf.Operation.PERCENT_CHANGE:
            raise Rejected(NO_REFERENT, f"a {operation} that divides by zero")
    raise Unread(f"the operation {operation} is not known")


def _number(value: Value) -> Decimal:
    number = number_of(value)
    if number is None:
        raise Rejected(NO_REFERENT, f"{str(value)[:60]!r} is no number")
    return number


def zone(value: Value) -> ZoneInfo:
    """Read a time zone; raises Rejected when the value is none."""
    # Our frozen list, not the machine's: a label must not depend on where it is checked.
    if str(value) not in ZONES | BARE_ZONES:
        raise Rejected(NO_REFERENT, f"{str(value)[:60]!r} is no time zone")
    return ZoneInfo(str(value))
