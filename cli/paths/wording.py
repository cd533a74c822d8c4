"""A prompt taken apart: what is asked, by which sources, under which keys; and words made comparable."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from cli.paths.rewording import reworded, without_opening

_TAIL = re.compile(r" (?:Answer with|Put the answer|Give the answer) .*$|(?<=[.?]) [^.?“]*\bJSON\b.*$", re.DOTALL)
_KEY = re.compile(r"“([^”]+)”(?: \(([^)]*)\))?")
_BY = re.compile(
    r"(?: (?:(?:Please )?(?:[Gg]o by|[Ll]ook in)|Going by|Use) |, (?:according to|going by) )"
    r"(the (?!product’s)[^.?,]+?)(?: for this)?[.?]$"  # noqa: RUF001 - as prompts write it
)
_BY_FIRST = re.compile(r"(?:^|(?<=\. ))(?:According to|Going by) (the [^,?]+?), (\w)")
_SIDE = re.compile(r" ?(?:\(Negative if[^)]*\)|If it is (?:lower|below), give [^.]*\.|Give a decrease as [^.]*\.)")
_SHORT = {
    "january": "jan", "february": "feb", "march": "mar", "april": "apr", "june": "jun", "july": "jul",
    "august": "aug", "september": "sep", "october": "oct", "november": "nov", "december": "dec",
    "min": "minimum", "amount": "total", "qty": "quantity", "each": "unit", "rh": "humidity", "temp": "temperature",
    "cost": "cost", "on": "date", "measured": "time", "timestamp": "time", "room": "site", "location": "site",
}  # fmt: skip
_IDLE = frozenset(
    ["the", "of", "a", "an", "its", "their", "and", "in", "per", "given", "value", "date", "name", "relative", "air"]
)


@dataclass(frozen=True, slots=True)
class Field:
    """One key of the answer and the note behind it."""

    key: str
    note: str

    @property
    def is_number(self) -> bool:
        """Whether a number is expected."""
        return not re.match(r"as (?:spelled|written)|YYYY|24-hour|a list", self.note)


@dataclass(frozen=True, slots=True)
class Question:
    """What a prompt asks."""

    body: str
    """Without its opening, its last mark and what is said about sign and form."""
    full: str
    by: str
    """The sources that it names, in its words."""
    about: str
    """The document that it says it is about."""
    fields: tuple[Field, ...]


def read_question(prompt: str) -> Question:
    """Take a prompt apart."""
    tail = _TAIL.search(prompt)
    fields = tuple(Field(*match) for match in _KEY.findall(tail.group(0))) if tail else ()
    body = _SIDE.sub("", _TAIL.sub("", prompt)).strip()
    by = _BY.search(body) or _BY_FIRST.search(body)
    full, about = reworded(_BY_FIRST.sub(lambda found: found[2].upper(), _BY.sub("", body)))
    return Question(without_opening(full), full, by.group(1) if by else "", about, fields)


def slug(text: str) -> str:
    """Write a label as a key: lower case, words joined by `_`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")


def words(text: str) -> frozenset[str]:
    """Words of a label or a phrase that say something, months and common short forms made one."""
    found = slug(text).split("_")
    return frozenset(_SHORT.get(word, word) for word in found if word and word not in _IDLE)


def number(text: str) -> Decimal | None:
    """Read the number that a cell or fact begins with."""
    match = re.match(r"-?\d+(?:\.\d+)?(?![\d-])", text.strip())
    return Decimal(match.group(0)) if match else None


def same(one: str, other: str) -> bool:
    """Whether two cells say the same."""
    first, second = one.strip(), other.strip()
    if first == second:
        return True
    plain = re.compile(r"-?\d+(?:\.\d+)?")
    return bool(plain.fullmatch(first) and plain.fullmatch(second)) and Decimal(first) == Decimal(second)


def rounded(value: Decimal, note: str) -> Decimal:
    """Round as a field's note says."""
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP) if "two decimals" in note else value
