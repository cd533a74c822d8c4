"""Dates and times in text: one meaning or none; ambiguous forms are refused rather than guessed."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_CLOCK = r"(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<frac>\d{1,9}))?)?"
_HALF = r"(?:\s?(?P<half>[ap])\.?m\.?)?"
_ZONE = r"(?:\s?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_DAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? )?"
_NTH = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_NAME = r"(?P<name>[a-z]{3,9})\.?"
_FORMS = tuple(
    re.compile(form, re.I)
    for form in (
        rf"(?P<y>\d{{4}})[-/](?P<mo>\d{{1,2}})[-/](?P<d>\d{{1,2}})(?:[T ]{_CLOCK}{_ZONE})?",
        rf"(?P<a>\d{{1,2}})[./-](?P<b>\d{{1,2}})[./-](?P<y>\d{{4}})(?: {_CLOCK})?",
        rf"{_DAY}{_NTH}(?: of)?[ -]{_NAME},?[ -](?P<y>\d{{4}})(?:,? {_CLOCK}{_HALF}{_ZONE})?",
        rf"{_DAY}{_NAME} {_NTH},? (?P<y>\d{{4}})(?:,? {_CLOCK}{_HALF}{_ZONE})?",
        rf"{_DAY}{_NAME} {_NTH} {_CLOCK} (?P<y>\d{{4}}){_ZONE}",
    )
)
_TIME = re.compile(rf"{_CLOCK}{_HALF}{_ZONE}", re.I)
_NOON = 12


def read_date(text: str) -> date | datetime | None:
    """Read a date, or a date and time, from text; `03/04/2026` is ambiguous and None."""
    stripped = " ".join(text.split())
    for form in _FORMS:
        if match := form.fullmatch(stripped):
            try:
                return _date_of(match.groupdict())
            except ValueError:
                return None
    return None


def read_time(text: str) -> time | None:
    """Read a time of day: `03:30`, `3:30 PM`, `09:30:00`; a zone stays with it."""
    match = _TIME.fullmatch(" ".join(text.split()))
    if not match:
        return None
    try:
        return _clock_of(match.groupdict())
    except ValueError:
        return None


def _date_of(parts: dict[str, str | None]) -> date | datetime | None:
    month, day = _month_and_day(parts)
    if not month:
        return None
    found = date(int(parts["y"] or 0), month, day)
    clock = _clock_of(parts) if parts.get("h") else None
    return datetime.combine(found, clock) if clock else found


def _month_and_day(parts: dict[str, str | None]) -> tuple[int, int]:
    if name := parts.get("name"):
        # Abbreviations count where they begin one month only: `ma` could be March or May, and is refused.
        matching = [
            index for index, month in enumerate(MONTHS, 1) if month.startswith(name.lower().replace("sept", "sep"))
        ]
        if name.lower() in MONTHS:
            matching = [MONTHS.index(name.lower()) + 1]
        return (matching[0] if len(matching) == 1 else 0), int(parts["d"] or 0)
    if parts.get("a"):
        return _order(int(parts["a"] or 0), int(parts["b"] or 0))
    return int(parts["mo"] or 0), int(parts["d"] or 0)


def _order(one: int, other: int) -> tuple[int, int]:
    """Read two numbers as (month, day) where only one reading is a date."""
    # `05/05/2026` has one meaning either way; otherwise one of the numbers has to be too large for a month.
    if one == other or one <= len(MONTHS) < other:
        return one, other
    return (other, one) if other <= len(MONTHS) < one else (0, 0)


def _clock_of(parts: dict[str, str | None]) -> time:
    hour = int(parts["h"] or 0)
    if half := parts.get("half"):
        if not 1 <= hour <= _NOON:
            raise ValueError("no such hour")
        # 12 am is midnight, 12 pm is noon.
        hour = hour % _NOON + (_NOON if half.lower() == "p" else 0)
    micros = int(((parts.get("frac") or "") + "000000")[:6])
    return time(hour, int(parts["mi"] or 0), int(parts["s"] or 0), micros, _zone_of(parts.get("zone")))


def _zone_of(zone: str | None) -> timezone | None:
    if not zone:
        return None
    if zone.upper() in ("Z", "UTC", "GMT"):
        return UTC
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))
