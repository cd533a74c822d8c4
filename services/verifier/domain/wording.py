"""Does a text hold a value? Word by word, with numbers and dates in one form, so that 129 is not in 1290."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.proof.canonical import number_text
from shared.proof.dates import MONTHS, read_date
from shared.proof.locators import text_of
from shared.proof.numbers import read_number

_MONTH = "|".join((*MONTHS, *(month[:3] for month in MONTHS)))
_DATE = (
    rf"\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})\.?,? \d{{4}}|"
    rf"(?:{_MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
)
_NUMBER = r"[-+\u2212]?[$€£¥]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"
_PIECE = re.compile(
    rf"(?<![\w-])(?:{_DATE})(?=T\d|(?![\w-]))|(?<![\w.])(?:{_NUMBER})(?!\w)|"
    r"[^\s,;()\[\]{}\"'`<>|!?\u201c\u201d\u2018\u2019]+",
    re.I,
)
_UNITED = re.compile(r"([-+\u2212]?)([$€£¥]?)(\d[\d,]*(?:\.\d+)?|\.\d+)(%|°?[a-z]{1,3})?", re.I)
SMALL = 12
"""Integers up to this are in any text, and anybody guesses them."""
_EDGES = ".:\u2026-\u2013\u2014*_#=~"


def words_of(text: str) -> tuple[str, ...]:
    """Cut a text into words; numbers and dates are written in one way, currency signs and units set apart."""
    found: list[str] = []
    for match in _PIECE.finditer(text):
        found += _normal(match[0])
    return tuple(found)


def holds(text_words: Sequence[str], value: Any) -> bool:
    """Tell whether a value's words stand in a row among the words of a text."""
    sought = words_of(text_of(value)) if not isinstance(value, bool) else ()
    if not sought:
        return False
    return any(tuple(text_words[at : at + len(sought)]) == sought for at in range(len(text_words) - len(sought) + 1))


def is_small(value: Any, bound: int = SMALL) -> bool:
    """Tell whether a value is a small integer."""
    number = read_number(text_of(value)) if isinstance(value, int | Decimal | str) else None
    if number is None or isinstance(value, bool):
        return False
    return number.is_finite() and abs(number) <= bound and number == int(number)


def _normal(piece: str) -> list[str]:
    day = read_date(piece)
    if day is not None:
        return [(day.date() if isinstance(day, datetime) else day).isoformat()]
    stripped = piece.strip(_EDGES) if not piece.startswith(("-", "\u2212")) else "-" + piece[1:].strip(_EDGES)
    united = _UNITED.fullmatch(stripped)
    if united:
        sign, currency, digits, unit = united.groups()
        number = read_number(sign + digits) or read_number(sign + digits.replace(",", ""))
        if number is not None:
            return [part for part in (currency, f"#{number_text(number)}", (unit or "").lower()) if part]
    # Folded like answers are compared, so that a value is recognised however the sentence writes it.
    folded = stripped.strip("-").casefold()
    return [folded] if folded else []
