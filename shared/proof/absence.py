"""Refusals: how an agent says that the files do not hold what is asked, and how recorded rows prove that it is right.

An answer that refuses is an object with two fields of its own instead of those that were asked: the reason class and
the name of what is missing (`docs/evidence.md`, section 6).
"""

from collections.abc import Mapping
from typing import Any

from shared.model.errors import Rejected
from shared.proof.arithmetic import as_number
from shared.proof.equality import fold
from shared.proof.locators import resolve_pointer, text_of

CANNOT, MISSING = "cannot_answer", "missing"
FIELDS = frozenset((CANNOT, MISSING))
"""The fields of a refusal."""
NO_RECORD, NO_VALUE = "no_record", "no_value"
REASONS = (NO_RECORD, NO_VALUE)
"""The reason classes: there is no entry about it; its entry leaves empty what is asked."""
HELD = "held"
"""What an absence derives as where the rows hold what is said to be missing; no reason class."""
_PAIR = 2


def absence(value: Any, args: Mapping[str, Any]) -> str:
    """Tell from a list of rows and a key whether a row about the key, or a value in it, is missing.

    Args:
        value: two located values: the rows, and the key that is looked for.
        args: `by` points at what names a row, `of` at what is asked of it (without it, any row counts), `start` is the
            index of the first row that counts.

    Raises:
        Rejected: `type_mismatch`, `bad_transform`, `no_such_value`, and `empty` where no row counts.
    """
    by, of, start = args.get("by"), args.get("of"), args.get("start", 0)
    if not isinstance(by, str) or not (of is None or isinstance(of, str)) or not isinstance(start, int) or start < 0:
        raise Rejected("bad_transform", "absence takes the pointers `by` and `of` and a non-negative integer `start`")
    if not isinstance(value, list) or len(value) != _PAIR or not isinstance(value[0], list):
        raise Rejected("type_mismatch", "absence takes a list of rows and a key")
    rows, key = value[0][start:], value[1]
    # Of no rows at all nothing can be missing: a result that was cut off would prove anything.
    if not rows:
        raise Rejected("empty", "no rows")
    about = [row for row in rows if _names(resolve_pointer(row, by), key)]
    if not about:
        return NO_RECORD
    return NO_VALUE if of is not None and all(_is_blank(resolve_pointer(row, of)) for row in about) else HELD


def is_refusal(truth: Mapping[str, Any]) -> bool:
    """Tell whether a ground truth is a refusal."""
    return set(truth) == FIELDS


def _names(cell: Any, key: Any) -> bool:
    # As loosely as answers are compared: other case or width must not make an entry count as missing.
    if fold(text_of(cell)) == fold(text_of(key)):
        return True
    try:
        return as_number(cell) == as_number(key)
    except Rejected:
        return False


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


TRANSFORMS = {"absence": absence}
