"""Humane names for columns, rows, units, documents and dates."""

import re
from datetime import date
from pathlib import PurePosixPath

from shared.model.logical_form import Direction
from shared.proof.units import unit_of_key, units
from shared.proof.words import words

_SHORT = {
    "qty": "quantity", "no": "number", "num": "number", "tz": "time zone", "timezone": "time zone", "rh": "relative humidity",
    "temp": "temperature", "mail": "email", "amt": "amount", "avg": "average", "desc": "description", "min": "minimum",
    "max": "maximum", "dept": "department", "addr": "address", "tel": "phone", "sku": "SKU", "id": "ID", "po": "PO",
    "loc": "lines of code",
}  # fmt: skip
_WHOLE = {
    "email": "email address", "supplied_by": "supplier", "created_by": "creator", "managed_by": "manager", "on_hand": "stock on hand",
    "in_stock": "stock", "min_stock": "minimum stock", "full_name": "full name", "ordered_on": "order date",
    "joined_on": "joining date", "opened_on": "opening date", "started_on": "start date", "measured_at": "time of measurement",
    "avg_function_lines": "average number of lines per function", "line_count": "number of lines",
    "code_lines": "number of code lines", "comment_lines": "number of comment lines", "empty_lines": "number of empty lines",
    "function_count": "number of functions", "class_count": "number of classes", "terms": "payment terms", "limit": "credit limit",
}  # fmt: skip
_UNITS = {
    "kg": "kilograms", "g": "grams", "mg": "milligrams", "lb": "pounds", "oz": "ounces", "t": "tonnes", "m": "metres", "cm": "centimetres",
    "mm": "millimetres", "km": "kilometres", "ft": "feet", "in": "inches", "mi": "miles", "yd": "yards", "l": "litres", "ml": "millilitres",
    "gal": "US gallons", "C": "degrees Celsius", "F": "degrees Fahrenheit", "K": "kelvins", "h": "hours", "min": "minutes", "s": "seconds",
    "day": "days", "week": "weeks", "month": "months", "year": "years", "percent": "percent", "m2": "square metres",
    "ft2": "square feet", "kWh": "kilowatt hours", "MJ": "megajoules", "km/h": "kilometres per hour", "mph": "miles per hour",
}  # fmt: skip
_KEPT = frozenset({"time", "hours"})
_ID_WORDS = frozenset({"id", "no", "number", "code", "key", "ref"})
_ROWS = {
    "sku": "product", "article": "product", "item": "product", "po": "purchase order", "staff": "employee", "account": "customer account",
    "vendor": "supplier", "person": "employee", "traveller": "traveller",
}  # fmt: skip
_READINGS = frozenset({"log", "readings", "climate", "measurements", "sensor", "sensors", "temperature"})
_PEOPLE = frozenset({"directory", "staff", "people", "employees", "team"})
_DEGREES = {
    "weight": ("heaviest", "lightest"),
    "price": ("most expensive", "cheapest"),
    "temp": ("warmest", "coldest"),
    "temperature": ("warmest", "coldest"),
    "humidity": ("most humid", "driest"),
}
_LONG = frozenset({"lead", "time", "delivery", "terms", "days"})
_MONTHS = "January February March April May June July August September October November December".split()


def humane(column: str) -> str:
    """Name a column in words, its unit left out: `weight_lb` is weight, `Price (USD)` is price."""
    parts = list(words(re.sub(r"[(\[].*?[)\]]", "", column)))
    while (
        len(parts) > 1
        and unit_of_key("_".join(parts))
        and parts[-1] not in _KEPT
        and not unit_of_key("_".join(parts[:-1]))
    ):
        parts.pop()
    whole = "_".join(parts)
    if whole in _WHOLE:
        return _WHOLE[whole]
    return " ".join(_SHORT.get(part, part) for part in parts) or column


def row_noun(column: str, table: str) -> str:
    """Name what one row of a table is, from its key column, else from the table's name."""
    stem = [part for part in words(column) if part not in _ID_WORDS]
    named = set(words(table))
    if named & _READINGS:
        return "reading"
    if named & _PEOPLE:
        return "employee"
    if stem and stem[-1] in _ROWS:
        return _ROWS[stem[-1]]
    if stem and stem not in (["name"], ["full", "name"], ["description"], ["title"], ["company"], ["product"]):
        return " ".join(stem)
    last = words(table)[-1:] or ("row",)
    return singular(last[0])


def singular(word: str) -> str:
    """Make a plural noun singular."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("ses") or word.endswith("xes") or word.endswith("ches"):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def plural(noun: str) -> str:
    """Make a noun plural."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def unit_words(unit: str) -> str:
    """Write a unit in the plural: `lb` is pounds; a currency stays its code."""
    if unit in _UNITS:
        return _UNITS[unit]
    known = units().get(unit)
    return known.aliases[-1] if known and known.aliases else unit


def degree(column: str, direction: Direction) -> tuple[str, bool]:
    """Say which end of an order is meant: an adjective for the row itself, or one for its measure."""
    named, highest = set(words(column)), direction is Direction.HIGHEST
    for word, (most, least) in _DEGREES.items():
        if word in named and not named & {"total", "minimum", "limit"}:
            return (most if highest else least), True
    if named & _LONG:
        return ("longest" if highest else "shortest"), False
    if named & {"total", "amount", "cost", "budget", "quantity", "qty", "units", "area"}:
        return ("largest" if highest else "smallest"), False
    return ("highest" if highest else "lowest"), False


def day(text: str) -> str:
    """Write an ISO date in words; anything else as it stands."""
    try:
        moment = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


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
    if suffix == ".docx" and re.search("agreement|contract|report|letter", title, re.IGNORECASE):
        return f"the {title[0].lower() + title[1:]}{when}"
    return f"the “{title}” {kind}{when}"


def repository(path: str) -> str:
    """Name a folder under version control."""
    last = PurePosixPath(path).name
    return "the code repository" if last in ("repo", "repository", "code", "") else f"the {last} repository"


def article(noun: str) -> str:
    """Put an indefinite article before a noun."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
