"""Humane names for columns, rows, units, documents and dates."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import PurePosixPath

from services.synthesizer.domain import vocabulary as voc
from shared.model.logical_form import Direction
from shared.proof.units import dimension, find_unit, unit_of_key, units
from shared.proof.words import words

_MONTH = re.compile(
    rf"({'|'.join((*voc.MONTHS, *(name[:3] for name in voc.MONTHS), 'sept'))})(?: (\d{{4}}))?", re.IGNORECASE
)
"""Written out or cut short; a market or a decision is no month."""
_KEPT = frozenset({"time", "hours"})
_MASS_PLURALS = frozenset(("terms", "sales", "status", "address", "goods", "costs", "hours", "days", "lines", "series"))
_GREEK = ("lyses", "gnoses", "theses", "crises", "bases")
_DONE = frozenset(("held", "run", "met", "open", "left", "due"))
_DAY_LENGTH, _CURRENCY = 10, 3
_LINKS = frozenset(("in", "for", "of", "since", "until", "by", "from", "to", "at", "on"))
_SPENT = (
    (("planned", "budgeted", "expected", "agreed"), "for"),
    (("paid", "spent", "purchased", "ordered", "sold"), "in"),
)
"""What a heading says was done with money, and how a year follows it."""
_LOOSE_ENDS = (" in", " at", " for", " of", " from", " to", " by", " with", " on")
_LETTERS = r"\b(agreement|contract|report|letter|certificate|engagement|check|inspection|review|statement|offer)\b"
_OPEN_ENDS = (" from", " to", " by", " until", " on")


def humane(column: str) -> str:
    """Name a column in words, its unit left out: `weight_lb` is weight, `Price (USD)` is price."""
    bare = _without_unit(re.sub(r"\s*[(\[].*?[)\]]", "", column))
    if match := _MONTH.fullmatch(bare.replace("_", " ")):
        month = next(name for name in voc.MONTHS if name.lower().startswith(match.group(1).lower()))
        measured = "energy use" if dimension(unit_of_key(column) or "") == "energy" else "figure"
        return f"{month} {match.group(2) or ''}".strip() + f" {measured}"
    parts = list(words(bare))
    whole = "_".join(parts)
    if whole in voc.WHOLE:
        return voc.WHOLE[whole]
    name = " ".join(voc.SHORT.get(part, part) for part in parts) or column
    return f"{name} price" if name in ("wholesale", "retail") else _turned(name)


def _turned(name: str) -> str:
    """Put a column's words in the order of speech: `plan 2026` is the 2026 plan, `received on` the received date."""
    if match := re.fullmatch(r"([a-z ]+[a-z]) ((?:19|20)\d\d)", name):
        said = match[1].rpartition(" ")[2]
        linked = next((one for stems, one in _SPENT if said.startswith(stems)), "")
        if linked:
            return f"amount {match[1]} {linked} {match[2]}"
        return name if said in _LINKS else f"{match[2]} {match[1]}"
    return f"{name.removesuffix(' on')} date" if name.endswith(" on") and not name.endswith("based on") else name


def _without_unit(column: str) -> str:
    if not unit_of_key(column):
        return column
    kept, _, last = column.rpartition(" " if " " in column else "_")
    # Hours are a measure's own name, and in `price_usd_max` the last word is no unit.
    if kept and last.lower() not in _KEPT and not unit_of_key(kept):
        return kept
    return column


def row_noun(column: str, table: str) -> str:
    """Name what one row of a table is, from the table's name, else from its key column."""
    named = words(table)
    if set(named) & voc.READINGS:
        return "reading"
    if set(named) & voc.PEOPLE:
        return "employee"
    # The table's name says what its rows are better than the key column does.
    if named[-1:] and named[-1] in voc.PLURALS:
        noun = singular(named[-1])
        return voc.ROWS.get(noun, noun)
    stem = [part for part in words(humane(column)) if part in voc.ROWS or part not in voc.ID_WORDS]
    if stem[-1:] and stem[-1] in ("name", "description", "title", "company", "full"):
        stem = [part for part in stem[:-1] if part != "full"]
    if stem and stem[-1] in voc.ROWS:
        return voc.ROWS[stem[-1]]
    if stem:
        return " ".join(stem)
    return singular(named[-1]) if named else "item"


def singular(word: str) -> str:
    """Make a plural noun singular."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(_GREEK):
        return word[:-2] + "is"
    if word.endswith(("sses", "xes", "ches")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def plural(noun: str) -> str:
    """Make a noun plural."""
    if noun.endswith("sis"):
        return noun[:-2] + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def unit_words(unit: str) -> str:
    """Write a unit in the plural: `lb` is pounds; a currency stays its code."""
    if unit in voc.UNITS:
        return voc.UNITS[unit]
    known = units().get(unit)
    # The last alias is the plural in words.
    return known.aliases[-1] if known and known.aliases else unit


def degree(column: str, direction: Direction, noun: str) -> tuple[str, bool]:
    """Say which end of an order is meant; true when the adjective fits the row itself and not only its measure."""
    named, end = set(words(column)), 0 if direction is Direction.HIGHEST else 1
    for word, rows, ends in voc.DEGREES:
        # "Heaviest" fits the product; with a total or a limit it would be something else that is heavy.
        if word in named and noun in rows and not named & {"total", "minimum", "limit"}:
            return ends[end], True
    if is_plural(humane(column)) or words(column)[-1:] in (("hours",), ("minutes",)):
        return ("most", "fewest")[end], False
    if named & voc.LONG:
        return ("longest", "shortest")[end], False
    if named & voc.LARGE:
        return ("largest", "smallest")[end], False
    return ("highest", "lowest")[end], False


def day(text: str) -> str:
    """Write an ISO date in words; anything else as it stands."""
    try:
        moment = date.fromisoformat(text[:_DAY_LENGTH])
    except ValueError:
        return text
    return f"{moment.day} {voc.MONTHS[moment.month - 1]} {moment.year}"


def place_of(zone: str) -> str:
    """Name the city of a time zone."""
    return zone.rpartition("/")[2].replace("_", " ")


def document(path: str, title: str, dated: str) -> str:
    """Name a document the way a colleague would."""
    suffix = PurePosixPath(path).suffix.lower()
    folder = " ".join(PurePosixPath(path).parts[:-1]).lower()
    kind = {".docx": "document", ".html": "page", ".txt": "file", ".log": "log"}.get(suffix, "note")
    kind = "meeting note" if kind == "note" and re.search("minute|meeting", folder) else kind
    when = f" of {day(dated)}" if dated else ""
    if _is_cut(path, title):
        return f"the {title[:1].lower() + title[1:]} {kind.removeprefix('meeting ')}{when}"
    if suffix == ".docx" and re.search(_LETTERS, title, re.IGNORECASE):
        return f"the {title[0].lower() + title[1:]}{when}"
    if kind == "page" and re.search("policy|rules|limits", title, re.IGNORECASE):
        return f"the “{title}” page{when}"
    return f"the “{title}” {kind}{when}"


def _is_cut(path: str, title: str) -> bool:
    """Tell whether the file's name says more than the title does: then it is no title to put in quotes."""
    said = tuple(word for word in words(PurePosixPath(path).stem) if not word.isdigit())
    short = tuple(word for word in words(title) if not word.isdigit())
    return short != said and bool(short) and said[: len(short)] == short


def repository(path: str) -> str:
    """Name a folder under version control."""
    last = PurePosixPath(path).name
    return "the code repository" if last in ("repo", "repository", "code", "") else f"the {last} repository"


def book(path: str) -> str:
    """Name a workbook after its file."""
    return f"the {' '.join(words(PurePosixPath(path).stem))} workbook"


def listing(path: str, name: str, form: str) -> str:
    """Name a list of rows the way people do, after its file or its table: the orders list, the order book."""
    named = words(PurePosixPath(path).stem if form in ("csv", "json") else name)
    return f"the {' '.join(named)}{'' if named[-1:] and named[-1] in voc.LISTS else ' list'}"


def label(key: str) -> str:
    """A document's label inside a sentence: plain ones in lower case, `Cellar, humidity` as the humidity for Cellar."""
    text = _unmeasured(key.replace("_", " ").strip())
    thing, _, measure = text.rpartition(", ")
    if thing and measure.islower() and "," not in thing:
        return f"{measure} for {thing}"
    inner = text.split()[1:]
    if (
        text.lower().endswith(_OPEN_ENDS)
        or "," in text
        or any(word[:1].isupper() and not word.isupper() for word in inner)
    ):
        return f"“{text}” value"
    return text if text[:2].isupper() else _turned(text[:1].lower() + text[1:])


def role(name: str, noun: str) -> str:
    """What a label or column makes of a row: its customer; `Checked in` says no more than what sort of row it is."""
    spoken = humane(name)
    # "The checked in that it names" is no noun, and `Kit for` is none either.
    if set(words(name)) & voc.ID_WORDS or spoken.endswith(_LOOSE_ENDS):
        doing = re.fullmatch(r"(\w+)ed by", spoken)
        return f"{doing[1]}ing {noun}" if doing else noun
    return label(spoken).removesuffix(" name")


def _unmeasured(text: str) -> str:
    """Leave out a unit at the end, also in brackets: `Purchase price CAD`, `Weight (lb)`."""
    bare = re.sub(r"\s*[(\[][^)\]]{1,12}[)\]]$", "", text)
    kept, _, last = bare.rpartition(" ")
    is_unit = bool(kept) and bool(find_unit(last)) and (last.isupper() or last.lower() not in _KEPT)
    # `Cost per pallet INR` has a unit that no table of units knows; a currency at the end is none of its words.
    is_currency = is_unit and last.isupper() and len(last) == _CURRENCY
    return kept if is_currency or (is_unit and unit_of_key(bare)) else bare


def is_plural(name: str) -> bool:
    """Tell whether a measure is called by what it counts: contractors, open positions."""
    name = re.split(" (?:in|on|at) ", name)[0]
    last = name.rpartition(" ")[2]
    if (" " in name and last in _DONE) or last.endswith("ed"):
        # Visits planned, files counted.
        last = name.split()[-2] if " " in name else last
    counted = last.endswith("s") and not last.endswith(("ss", "sis", "us")) and last not in _MASS_PLURALS
    return counted and " of " not in name and " per " not in name


def article(noun: str) -> str:
    """Put an indefinite article before a noun."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def listed(items: list[str]) -> str:
    """Join phrases with commas and `and`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def summed(column: str) -> str:
    """What is added up: a total of orders is their value."""
    name = humane(column)
    row, _, last = name.rpartition(" ")
    # "The total order of all orders" is what cutting the order total short would say.
    if last in ("total", "amount") and (not row or plural(row) in voc.PLURALS):
        return "value"
    return name.removeprefix("total ").removesuffix(" total")


def be(names: Sequence[str]) -> str:
    """Choose the verb for one thing or several."""
    return "are" if len(names) > 1 else verb(names[0])


def verb(named: str) -> str:
    """Choose the verb for a measure: the payment terms are, the lead time is."""
    # What documents say is marked; its name comes second there.
    plain = re.sub(r"^(?:the|its|their) ", "", re.sub(r"^(?:the )?\x1c\w+\x1d", "", named))
    head = re.split(r"\x1d| (?:of|in|for|among|given|named|on|at) ", plain)[0]
    many = head.endswith("s") and not head.endswith(("ss", "sis", "us"))
    return "are" if many or is_plural(head) else "is"
