"""Numbers in text: exact reading of literals, thousands separators, and quantities such as `3.5 kg` or `$129.00`."""

import re
from decimal import Decimal

from shared.proof.units import find_unit

# Digits are capped: a text of a million digits would make every later step pay for it.
_LITERAL = re.compile(r"[-+\u2212]?(?:\d{1,40}(?:\.\d{1,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?")
# Groups of exactly three: `1,5` is a European decimal to half of its readers, so it is no number here.
_GROUPED = re.compile(r"[-+\u2212]?\d{1,3}(?:,\d{3}){1,12}(?:\.\d{1,40})?")
_BEFORE = re.compile(r"([-+\u2212]?)\s*(US\$|[$€£¥₹₩]|[A-Z]{3})\s*([-+\u2212]?[\d.,]+)")
_AFTER = re.compile(r"([-+\u2212]?[\d.,]+(?:[eE][-+]?\d{1,3})?)[\s\u00a0]*([^\d\s.,;:][^\d;:,]{0,30}\d?)")
_LONGEST = 60


def read_number(text: str) -> Decimal | None:
    """Read a text that is one number, exactly; `1,234.50` is grouped by thousands; anything else is None."""
    stripped = text.strip()
    if len(stripped) > _LONGEST:
        return None
    if _LITERAL.fullmatch(stripped):
        return Decimal(stripped.replace("\u2212", "-"))
    if _GROUPED.fullmatch(stripped):
        return Decimal(stripped.replace(",", "").replace("\u2212", "-"))
    return None


def read_quantity(text: str) -> tuple[Decimal, str] | None:
    """Read a text that is one number with a unit: (number, canonical unit), or None."""
    stripped = text.strip()
    if len(stripped) > _LONGEST:
        return None
    if match := _BEFORE.fullmatch(stripped):
        sign, sign_or_code, digits = match.groups()
        return _pair(sign + digits, sign_or_code)
    if match := _AFTER.fullmatch(stripped):
        return _pair(match.group(1), match.group(2))
    return None


def _pair(digits: str, unit_text: str) -> tuple[Decimal, str] | None:
    number, unit = read_number(digits), find_unit(unit_text)
    return (number, unit) if number is not None and unit else None
