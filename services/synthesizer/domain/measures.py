"""How measures behave in a sentence: how their row follows, which are told at once."""

import re
from collections.abc import Sequence

from services.synthesizer.domain import nouns

_YEARLY = re.compile(r"\d{4} |amount (\w+) (?:in|for) \d{4}")
_PAID = {"spent": "with", "paid": "to", "purchased": "from", "ordered": "from", "sold": "to"}


def of(name: str) -> str:
    """Link a measure to its row: the price of a product, the 2026 plan for a supplier, the amount paid to one."""
    found = _YEARLY.match(name)
    return _PAID.get(found[1] or "", "for") if found else "of"


def together(names: Sequence[str]) -> list[str]:
    """Say what months have in common once: the May and December budgets."""
    if len(names) > 1 and all(name.endswith(" budget") for name in names):
        return [f"{nouns.listed([name.removesuffix(' budget') for name in names])} budgets"]
    return list(names)
