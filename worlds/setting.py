"""What is settled about a company before anything is drawn for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from worlds.model import Units
from worlds.scale import Scale
from worlds.vocabulary import People, Trade
from worlds.wording import Book


@dataclass(frozen=True, slots=True)
class Setting:
    """The trade with its words and book, the units, the size, the day."""

    words: Trade
    texts: Book
    shared: People
    units: Units
    scale: Scale
    today: date
    near: Mapping[str, tuple[str, str]]
    """By `product` and `customer`: two names that are easily mixed up, both of them drawn."""
