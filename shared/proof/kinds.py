"""What a value is, decided from its text, its key and its neighbours, never from where it came from."""

from collections.abc import Sequence
from functools import lru_cache

from shared.model.values import ValueKind
from shared.proof import patterns
from shared.proof.numbers import read_number, read_quantity
from shared.proof.unit_table import CURRENCIES
from shared.proof.units import find_unit, unit_of_key
from shared.proof.words import words
from shared.proof.zones import BARE_ZONES, ZONES

_SHORT_TEXT = 64
_ENUM_WORDS = 3
_ENUM_DISTINCT = 12
_ENUM_FEWEST = 4


def classify(text: str, key: str = "", siblings: Sequence[str] = ()) -> tuple[ValueKind, str]:
    """Name the kind of a value and its unit.

    Args:
        text: the value as text; for a JSON number its literal.
        key: the name nearest to it: object key, column header, label.
        siblings: all values under the same key, when known: a short text among few that repeat is an enum member.
    """
    kind, unit = _alone(text.strip(), key)
    if kind is ValueKind.FREE_TEXT and _repeats(text.strip(), siblings):
        return ValueKind.ENUM_MEMBER, ""
    return kind, unit


# The same cells come in thousands of results.
@lru_cache(maxsize=16384)
def _alone(text: str, key: str) -> tuple[ValueKind, str]:
    hints = frozenset(words(key))
    # Strongest evidence first: what the text alone proves, then what the key says, then mere looks.
    for rule in (_numeric, _shaped, _hinted, _structured):
        if found := rule(text, key, hints):
            return found
    return _worded(text, hints), ""


Found = tuple[ValueKind, str] | None


def _numeric(text: str, key: str, hints: frozenset[str]) -> Found:
    """Numbers and quantities; a number that names something is an identifier."""
    if read_number(text) is not None:
        # "id 42" names something: summing or converting it would make sentences nobody asks.
        if hints & patterns.IDENTIFIER_HINTS and not unit_of_key(key) and "." not in text:
            return ValueKind.IDENTIFIER, ""
        unit = unit_of_key(key)
        return (ValueKind.QUANTITY, unit) if unit else (ValueKind.NUMBER, "")
    if quantity := read_quantity(text):
        return ValueKind.QUANTITY, quantity[1]
    return None


def _shaped(text: str, key: str, hints: frozenset[str]) -> Found:
    """Kinds that a text's shape alone decides."""
    if text.casefold() in ("true", "false"):
        return ValueKind.BOOLEAN, ""
    for kind, pattern in patterns.SHAPES:
        if pattern.fullmatch(text):
            return kind, ""
    if text in ZONES or (text in BARE_ZONES and hints & patterns.ZONE_HINTS):
        return ValueKind.TIME_ZONE, ""
    return None


def _hinted(text: str, key: str, hints: frozenset[str]) -> Found:
    """Kinds that the key says and the text bears out."""
    if not text or len(text) > _SHORT_TEXT or "\n" in text:
        return None
    if hints & patterns.HASH_HINTS and patterns.SHORT_HASH.fullmatch(text):
        return ValueKind.HASH, ""
    if hints & patterns.UNIT_HINTS and find_unit(text):
        return ValueKind.UNIT, ""
    # Three capital letters are also words and codes (ALL, TOP): with a key, the key has to say currency.
    if text in CURRENCIES and (not key or hints & patterns.CURRENCY_HINTS):
        return ValueKind.CURRENCY, ""
    last = _head_word(key)
    for kind, names in patterns.LAST_WORD_KINDS:
        if last in names and patterns.LABEL.fullmatch(text) and not patterns.has_extension(text):
            return kind, ""
    return None


def _head_word(key: str) -> str:
    """The word that says what a key names: `sheet` in `sheet`, `target_sheet` and `sheet_name`."""
    parts = words(key)
    return parts[-2] if len(parts) > 1 and parts[-1] in patterns.NAMING_WORDS else parts[-1] if parts else ""


def _structured(text: str, key: str, hints: frozenset[str]) -> Found:
    """Paths, cells, codes and symbols."""
    if _is_path(text, hints):
        return ValueKind.PATH, ""
    if (patterns.CELL if hints & patterns.CELL_HINTS else patterns.PLAIN_CELL).fullmatch(text) and (
        not hints or hints & patterns.CELL_HINTS
    ):
        return ValueKind.CELL, ""
    if _is_identifier(text, hints):
        return ValueKind.IDENTIFIER, ""
    if hints & patterns.ENUM_HINTS and len(text.split()) <= _ENUM_WORDS and patterns.LABEL.fullmatch(text):
        return ValueKind.ENUM_MEMBER, ""
    if patterns.SYMBOL.fullmatch(text) or (hints & patterns.SYMBOL_HINTS and patterns.WORD.fullmatch(text)):
        return ValueKind.SYMBOL, ""
    return None


def _is_path(text: str, hints: frozenset[str]) -> bool:
    if len(text) > patterns.PATH_LENGTH or "\n" in text:
        return False
    if patterns.has_extension(text):
        return bool(patterns.PATH.fullmatch(text)) or bool(hints & patterns.PATH_HINTS)
    if patterns.ROOTED.fullmatch(text):
        return True
    return bool(hints & patterns.PATH_HINTS) and bool(patterns.PATH.fullmatch(text))


def _is_identifier(text: str, hints: frozenset[str]) -> bool:
    if patterns.CODE.fullmatch(text):
        return not patterns.QUARTER.fullmatch(text)
    return bool(hints & patterns.IDENTIFIER_HINTS) and bool(patterns.TOKEN.fullmatch(text))


def _repeats(text: str, siblings: Sequence[str]) -> bool:
    if not text or len(text) > _SHORT_TEXT or len(text.split()) > _ENUM_WORDS:
        return False
    distinct = set(siblings) | {text}
    # Each twice on average: few values that never repeat are names, not members of a set.
    return len(distinct) <= _ENUM_DISTINCT and len(siblings) >= _ENUM_FEWEST and len(siblings) >= 2 * len(distinct)


def _worded(text: str, hints: frozenset[str]) -> ValueKind:
    if hints & patterns.PROSE_HINTS:
        return ValueKind.FREE_TEXT
    if patterns.NAME.fullmatch(text):
        return ValueKind.NAME
    if hints & patterns.NAME_HINTS and patterns.ONE_NAME.fullmatch(text):
        return ValueKind.NAME
    return ValueKind.FREE_TEXT
