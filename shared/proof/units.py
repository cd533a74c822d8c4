"""Units of measurement: canonical names, aliases, dimensions and exact factors; also what `convert_unit` knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from shared.proof.unit_table import (
    CURRENCIES,
    CURRENCY_SIGNS,
    CURRENCY_WORDS,
    DIMENSION_WORDS,
    UNIT_TEXT,
    WORDS_TOO,
)
from shared.proof.words import words

PERCENT = "percent"
_LONGEST = 40
_STATISTICS = frozenset({"max", "maximum", "min", "minimum", "avg", "average", "mean", "median", "total", "sum"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: `value in base units = value * factor + offset`."""

    name: str
    dimension: str
    factor: Fraction
    offset: Fraction
    aliases: tuple[str, ...]
    short: tuple[str, ...]
    """Read from a key only beside a word of the dimension (`temp_f`)."""


@cache
def units() -> Mapping[str, Unit]:
    """Every unit by its canonical name."""
    return {unit.name: unit for unit in map(_read_row, UNIT_TEXT.strip().splitlines())}


def find_unit(text: str) -> str:
    """Name the unit a text stands for (`kg`, `Kilograms`, `°F`, `$`, `eur`), or an empty string."""
    stripped = text.strip().strip(".,;:")
    if not stripped or len(stripped) > _LONGEST:
        return ""
    # Exact first: mW and MW, Pa and PA differ in case only.
    known = _exact_names().get(stripped) or _folded_names().get(_fold(stripped), "")
    return known or CURRENCY_SIGNS.get(stripped, "") or _currency(stripped)


def unit_of_key(key: str) -> str:
    """Read a unit from a key or header: `weight_lb`, `temp_f`, `Price (USD)`, `lead_time_days`, `seconds`."""
    if not key or len(key) > 2 * _LONGEST:
        return ""
    inside = _bracketed(key)
    if inside and (unit := find_unit(inside)):
        return unit
    last = key.split()[-1] if key.split() else ""
    # `Weight KG`: only in a title, where the writer chose the case; in `temp_f` case means nothing.
    if last != key and not last.islower() and (unit := _exact_names().get(last, "")):
        return unit
    parts = words(key)
    if unit := _at_end(parts):
        return unit
    # `price_usd_max`: what was done with the numbers does not change their unit.
    while parts and parts[-1] in _STATISTICS:
        parts = parts[:-1]
    return _at_end(parts)


def dimension(unit: str) -> str:
    """Name the dimension of a canonical unit; each currency is its own, an unknown unit has none."""
    if unit in CURRENCIES:
        return f"currency {unit}"
    known = units().get(unit)
    return known.dimension if known else ""


def same_dimension(one: str, other: str) -> bool:
    """Tell whether values of two units can be converted into each other."""
    return bool(dimension(one)) and dimension(one) == dimension(other)


def _read_row(row: str) -> Unit:
    name, kind, factor, offset, aliases, short = (cell.strip() for cell in row.split("|"))
    listed = tuple(alias for alias in aliases.split(";") if alias)
    return Unit(name, kind, Fraction(factor), Fraction(offset), listed, tuple(short.split()))


@cache
def _exact_names() -> Mapping[str, str]:
    """Case-sensitive names: `mW` and `MW` differ."""
    return {alias: unit.name for unit in reversed(list(units().values())) for alias in (unit.name, *unit.aliases)}


@cache
def _folded_names() -> Mapping[str, str]:
    """Names without regard to case, where that leaves one meaning."""
    meanings: dict[str, set[str]] = {}
    for alias, name in (*_exact_names().items(), *CURRENCY_WORDS.items()):
        meanings.setdefault(_fold(alias), set()).add(name)
    # Where case alone tells two units apart a folded name says neither.
    return {alias: min(names) for alias, names in meanings.items() if len(names) == 1}


@cache
def _key_names() -> Mapping[str, str]:
    """Names that the last word of a key may be without further context."""
    short = {alias for unit in units().values() for alias in unit.short}
    return {alias: name for alias, name in _folded_names().items() if alias not in short}


@cache
def _short_names() -> Mapping[tuple[str, str], str]:
    """(Short alias, word beside it) to unit."""
    return {
        (alias, beside): unit.name
        for unit in units().values()
        for alias in unit.short
        for beside in DIMENSION_WORDS.get(unit.dimension, "").split()
    }


def _fold(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").replace("\u2011", " ").split())


def _currency(text: str) -> str:
    code = text.upper()
    return code if code in CURRENCIES else ""


def _bracketed(key: str) -> str:
    for opening, closing in (("(", ")"), ("[", "]")):
        start, end = key.rfind(opening), key.rfind(closing)
        if 0 <= start < end:
            return key[start + 1 : end]
    return ""


def _at_end(parts: tuple[str, ...]) -> str:
    if not parts:
        return ""
    for length in (3, 2):
        if len(parts) >= length and (unit := _folded_names().get(" ".join(parts[-length:]), "")):
            return unit
    if "per" in parts[:-1]:
        return _quotient(parts)
    return _last_word(parts) or (PERCENT if {"percent", "pct", "percentage", "%"} & set(parts) else "")


def _quotient(parts: tuple[str, ...]) -> str:
    """Read `price_usd_per_kg` as `USD/kg`; a quotient with an unknown side has no unit."""
    at = parts.index("per")
    above, below = _at_end(parts[:at]), find_unit(" ".join(parts[at + 1 :]))
    return f"{above}/{below}" if above and below else ""


def _last_word(parts: tuple[str, ...]) -> str:
    last = parts[-1]
    for beside in parts[:-1]:
        if unit := _short_names().get((last, beside), ""):
            return unit
    if unit := _key_names().get(last, ""):
        return unit
    # `try`, `pen` and `top` are currencies in capitals and words in keys.
    return "" if last in WORDS_TOO else CURRENCY_SIGNS.get(last, "") or _currency(last)
