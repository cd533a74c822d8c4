"""Whether a value stands where a data flow says that it went: in an argument, or in a part of its text."""

import re
from decimal import Decimal
from typing import Any

from shared.proof.canonical import canonical
from shared.proof.locators import text_of

_PLAIN = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?")


def stands_in(argument: Any, slot: tuple[int, int] | None, value: Any) -> bool:
    """Tell whether `argument`, or its code points start <= i < end where there is a `slot`, hold `value`."""
    if slot is not None:
        if not isinstance(argument, str):
            return False
        argument = argument[slice(*slot)]
    elif canonical(argument) == canonical(value):
        return True
    if not isinstance(argument, str):
        return False
    return argument == text_of(value) or _is_the_number(argument, value)


def _is_the_number(text: str, value: Any) -> bool:
    # Who writes an expression writes 3.3 where a price list says 3.30: the same number went in.
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return is_number and bool(_PLAIN.fullmatch(text)) and Decimal(text) == value
