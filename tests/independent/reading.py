"""JSON, numbers, dates and units as `docs/evidence.md` (1, 7, 8) says; nothing of the project is imported."""

import hashlib
import json
import re
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path

UNITS = json.loads((Path(__file__).parents[2] / "shared/proof/vectors/units.json").read_text(encoding="utf-8"))
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
NUMBER = (
    r"[-+\u2212]?(?:\d{1,3}(?:,\d{3}){1,12}(?:\.\d{1,40})?|(?:\d{1,40}(?:\.\d{1,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?)"
)
CLOCK = r"(?P<h>\d{1,2}):(?P<mi>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?)?(?:\s?(?P<half>[ap])\.?m\.?)?"
ZONE = r"(?:\s?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d))?"
WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? )?"
DATES = (
    rf"(?P<y>\d{{4}})[-/](?P<mo>\d{{1,2}})[-/](?P<d>\d{{1,2}})(?:[T ]{CLOCK}{ZONE})?",
    rf"(?P<a>\d{{1,2}})[./-](?P<b>\d{{1,2}})[./-](?P<y>\d{{4}})(?: {CLOCK})?",
    rf"{WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ -](?P<n>[a-z]{{3,9}})\.?,?[ -](?P<y>\d{{4}})"
    rf"(?:,? {CLOCK}{ZONE})?",
    rf"{WEEKDAY}(?P<n>[a-z]{{3,9}})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})(?:,? {CLOCK}{ZONE})?",
    rf"{WEEKDAY}(?P<n>[a-z]{{3,9}})\.? (?P<d>\d{{1,2}}) {CLOCK} (?P<y>\d{{4}}){ZONE}",
)


class Wrong(Exception):
    """There is no answer; the text is the reason's name."""


def need(held, reason="no_such_value"):
    if not held:
        raise Wrong(reason)


# 1. JSON


def read(text):
    def mended(value):
        if isinstance(value, dict):
            return {mended(key): mended(item) for key, item in value.items()}
        if isinstance(value, list):
            return [mended(item) for item in value]
        return re.sub("[\ud800-\udfff]", "\ufffd", value) if isinstance(value, str) else value

    try:
        whole = lambda digits: int(digits) if len(digits) < 4000 else Decimal(digits)  # noqa: E731
        return mended(json.loads(text, parse_float=Decimal, parse_int=whole, parse_constant=Decimal))
    except (RecursionError, ValueError) as error:
        raise Wrong("too_deep" if isinstance(error, RecursionError) else "not_json") from None


def restored(value):
    if isinstance(value, list):
        return [restored(item) for item in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["$number"]:
        return Decimal(value["$number"])
    return {key: restored(item) for key, item in (value["$object"] if list(value) == ["$object"] else value.items())}


def exact(number):
    number = Decimal(number)
    if not number.is_finite():
        return "NaN" if number.is_nan() else f"{'-' * number.is_signed()}Infinity"
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0") or "0"
    high = number.adjusted() if number else 0
    if abs(high) <= 40:
        text = f"{Decimal(f'{digits}e{high - len(digits) + 1}'):f}"
    else:
        text = f"{digits[0]}{'.' * (len(digits) > 1)}{digits[1:]}e{high}"
    return "-" * (number.is_signed() and bool(number)) + text


def number_json(number):
    if number.is_finite() and number.copy_abs() <= 2**53 - 1:
        if number == number.to_integral_value():
            return str(int(number))
        if Decimal(repr(float(number))) == number:
            return repr(float(number)).replace("e-0", "e-") if number.adjusted() < -6 else exact(number)
    return f'{{"$number":"{exact(number)}"}}'


def canonical(value):
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return number_json(Decimal(value))
    if isinstance(value, list):
        return f"[{','.join(map(canonical, value))}]"
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
    if {"$number", "$object"} & set(value):
        return f'{{"$object":[{",".join(f"[{canonical(key)},{canonical(value[key])}]" for key in keys)}]}}'
    return f"{{{','.join(f'{canonical(key)}:{canonical(value[key])}' for key in keys)}}}"


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def text_of(value):
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= 40:
        return f"{value:f}"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return exact(value)
    return value if isinstance(value, str) else canonical(value)


# 7 and 8. Numbers, dates, units


def unit_of(text):
    fold = lambda name: " ".join(re.sub(r"[-_\u2011]", " ", name.casefold()).split())  # noqa: E731
    text = text.strip().strip(".,;:")
    names = [(name, row["name"]) for row in UNITS["units"] for name in (row["name"], *row["aliases"])]
    same = [unit for name, unit in names if name == text]
    folded = {unit for name, unit in [*names, *UNITS["currency_words"].items()] if fold(name) == fold(text)}
    code = text.upper() if text.upper() in UNITS["currencies"] else ""
    return same[0] if same else folded.pop() if len(folded) == 1 else UNITS["currency_signs"].get(text, code)


def number_of(value):
    if isinstance(value, str):
        text = value.strip()
        before = re.fullmatch(rf"([-+\u2212]?)\s*(US\$|[$€£¥₹₩]|[A-Z]{{3}})\s*({NUMBER})", text)
        behind = re.fullmatch(rf"({NUMBER})[\s\u00a0]*([^\d\s.,;:][^\d;:,]{{0,30}}\d?)", text)
        if before and unit_of(before[2]):
            text = before[1] + before[3]
        elif behind and unit_of(behind[2]):
            text = behind[1]
        need(len(value.strip()) <= 60 and re.fullmatch(NUMBER, text), "not_a_number")
        return Decimal(text.replace(",", "").replace("\u2212", "-"))
    need(
        isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite(), "not_a_number"
    )
    return Decimal(value)


def plain(value):
    whole = isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= 40
    return int(value) if whole and value == value.to_integral_value() else value


def clock_of(found):
    hour, half, zone = int(found["h"]), found.get("half"), found.get("zone")
    need(not half or 1 <= hour <= 12, "not_a_date")
    hour = hour % 12 + 12 * (half.lower() == "p") if half else hour
    minutes = int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[-2:])) if zone and zone[0] in "+-" else 0
    offset = timezone(timedelta(minutes=minutes)) if zone else None
    try:
        return time(hour, int(found["mi"]), int(found["s"] or 0), int(((found["f"] or "") + "000000")[:6]), offset)
    except ValueError:
        raise Wrong("not_a_date") from None


def month_and_day(found):
    if found.get("n"):
        name = "sep" if found["n"].lower() == "sept" else found["n"].lower()
        return [(month, int(found["d"])) for month, full in enumerate(MONTHS, 1) if full.startswith(name)]
    if found.get("a"):
        one, two = int(found["a"]), int(found["b"])
        return [(month, day) for month, day in {(one, two), (two, one)} if month <= 12]
    return [(int(found["mo"]), int(found["d"]))]


def date_of(text):
    need(isinstance(text, str), "not_a_date")
    match = next((m for form in DATES if (m := re.fullmatch(form, " ".join(text.split()), re.I))), None)
    need(match, "not_a_date")
    found = match.groupdict()
    readings = month_and_day(found)
    need(len(readings) == 1, "not_a_date")
    try:
        day = date(int(found["y"]), *readings[0])
    except ValueError:
        raise Wrong("not_a_date") from None
    return datetime.combine(day, clock_of(found)) if found["h"] else day
