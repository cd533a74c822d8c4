"""What a result is made of: typed values at locators."""

from dataclasses import dataclass
from enum import StrEnum


class ValueKind(StrEnum):
    """What a value is, decided from its text, its key and its column, never from the server's name."""

    IDENTIFIER = "identifier"
    QUANTITY = "quantity"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    TIME_ZONE = "time_zone"
    PATH = "path"
    HASH = "hash"
    CELL = "cell"
    CELL_RANGE = "cell_range"
    NAME = "name"
    EMAIL = "email"
    URL = "url"
    UNIT = "unit"
    CURRENCY = "currency"
    ENUM_MEMBER = "enum_member"
    BOOLEAN = "boolean"
    SYMBOL = "symbol"
    SHEET = "sheet"
    TABLE = "table"
    COLUMN = "column"
    FREE_TEXT = "free_text"


@dataclass(frozen=True, slots=True)
class Value:
    """One value taken out of a canonical result."""

    locator_json: str
    """Canonical JSON list of locator steps (`docs/evidence.md`), applied to the canonical result."""
    key: str
    """The name nearest to it: object key, table header, label before a colon; empty when there is none."""
    kind: ValueKind
    text: str
    """The value as text; for a JSON number its exact literal."""
    json: str
    """The value as canonical JSON."""
    unit: str = ""
    """Unit read from key, header or text (`lb`, `F`, `USD`, `percent`); empty when none is stated."""
    row: str = ""
    """What the record it stands in is called: the row's or object's identifying value, if any."""
