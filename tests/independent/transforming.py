"""Transforms as `docs/evidence.md` (4) says."""

import decimal
import re
import unicodedata
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.independent.locating import point
from tests.independent.reading import (  # fmt: skip
    CLOCK,
    UNITS,
    ZONE,
    Wrong,
    canonical,
    clock_of,
    date_of,
    need,
    number_of,
    plain,
    text_of,
    unit_of,
)

SECONDS = {"days": 86400, "weeks": 604800, "hours": 3600, "minutes": 60, "seconds": 1}
WAYS = {"half_up": "ROUND_HALF_UP", "half_even": "ROUND_HALF_EVEN", "down": "ROUND_DOWN", "up": "ROUND_UP"}
COMPARE = {"lt": "__lt__", "le": "__le__", "gt": "__gt__", "ge": "__ge__", "ne": "__ne__"}
FORMATS = {"weekday": "%A", "month_name": "%B", "year_month": "%Y-%m", "date": "%Y-%m-%d", "day_of_year": "%j"}


def ordered(values):
    try:
        return [number_of(value) for value in values]
    except Wrong:
        need(all(isinstance(value, str) for value in values), "type_mismatch")
        return values


def at(item, args):
    return point(item, args["by"]) if "by" in args else item


def items_of(value):
    return value if isinstance(value, list) else [value]


def some(value, args):
    need(items_of(value), "empty")
    return [at(item, args) for item in items_of(value)]


def fold(name, value, args):
    total, numbers = Decimal(name == "product"), [number_of(at(item, args)) for item in items_of(value)]
    need(numbers or name == "sum", "empty")
    for number in numbers:
        total = total * number if name == "product" else total + number
    return total / len(numbers) if name == "mean" else total


def pair(name, value, args):
    need(len(items_of(value)) == 2, "type_mismatch")
    one, two = map(number_of, value)
    below = {"ratio": two, "percent_change": abs(one), "share": two}.get(name, 1)
    need(below, "division_by_zero")
    above = {"difference": one - two, "ratio": one, "percent_change": (two - one) * 100, "share": one * 100}
    return above.get(name, one * two / 100) / below


def date_difference(name, value, args):
    unit = args.get("unit", "days")
    need(len(items_of(value)) == 2, "type_mismatch")
    need(unit in SECONDS, "bad_transform")
    try:
        return Decimal((date_of(value[1]) - date_of(value[0])) // timedelta(microseconds=1)) / (10**6 * SECONDS[unit])
    except TypeError:
        raise Wrong("type_mismatch") from None


def arg_extreme(name, value, args):
    need("by" in args or len(items_of(value)) == 2, "type_mismatch")
    labels, keys = (items_of(value), some(value, args)) if "by" in args else map(items_of, value)
    need(labels, "empty")
    need(len(labels) == len(keys), "type_mismatch")
    keys = ordered(keys)
    best = [label for label, key in zip(labels, keys, strict=True) if key == (min if name == "argmin" else max)(keys)]
    need(len(best) == 1, "tie")
    return best[0]


def select(name, value, args):
    def kept(item):
        if name == "filter_compare":
            one, two = ordered([item, args["value"]])
            return getattr(one, COMPARE[args["op"]])(two)
        try:
            return canonical(item) == canonical(args["value"]) or number_of(item) == number_of(args["value"])
        except Wrong:
            return False

    need("value" in args and (name == "filter_eq" or args.get("op") in COMPARE), "bad_transform")
    return [item for item in items_of(value) if kept(at(item, args))]


def sort(name, value, args):
    items = items_of(value)
    keys = ordered([at(item, args) for item in items])
    order = sorted(range(len(items)), key=keys.__getitem__, reverse=args.get("descending") is True)
    return [items[index] for index in order]


def cut(name, value, args):
    start, end = args.get("start", 0), args.get("end")
    need(isinstance(start, int) and start >= 0, "bad_transform")
    need(end is None or (isinstance(end, int) and end >= 0), "bad_transform")
    return (value if isinstance(value, str) else items_of(value))[start:end]


def pluck(name, value, args):
    need(isinstance(args.get("by"), str), "bad_transform")
    return [at(item, args) for item in value] if isinstance(value, list) else at(value, args)


def concat(name, value, args):
    need(isinstance(args.get("separator", ""), str), "bad_transform")
    need(not any(isinstance(item, list | dict) for item in items_of(value)), "type_mismatch")
    return (
        args.get("prefix", "") + args.get("separator", "").join(map(text_of, items_of(value))) + args.get("suffix", "")
    )


def absence(name, value, args):
    by, of, start = args.get("by"), args.get("of") or "", args.get("start", 0)
    need(isinstance(by, str) and isinstance(of, str) and isinstance(start, int) and start >= 0, "bad_transform")
    need(isinstance(value, list) and len(value) == 2 and isinstance(value[0], list), "type_mismatch")
    need(value[0][start:], "empty")
    about = [row for row in value[0][start:] if same_name(point(row, by), value[1])]
    cells = [point(row, of) for row in about]
    blank = args.get("of") is not None and all(cell is None or str(cell).isspace() or cell == "" for cell in cells)
    return ("no_value" if blank else "held") if about else "no_record"


def same_name(one, other):
    try:
        return folded(one) == folded(other) or number_of(one) == number_of(other)
    except Wrong:
        return False


def folded(value):
    text = " ".join(unicodedata.normalize("NFKC", text_of(value)).casefold().split())
    while True:
        bare = text.rstrip(".").strip()
        if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"`":
            bare = bare[1:-1].strip()
        if not bare or bare == text:
            return text
        text = bare


def unique(name, value, args):
    found = {}
    for item in items_of(value):
        found.setdefault(canonical(at(item, args)), item)
    return list(found.values())


def round_(value, args):
    digits, mode = args.get("digits", 0), args.get("mode", "half_up")
    need(isinstance(digits, int) and abs(digits) <= 30 and mode in WAYS, "bad_transform")
    return number_of(value).quantize(Decimal(1).scaleb(-digits), WAYS[mode], decimal.Context(prec=10000))


def convert_unit(value, args):
    units = {row["name"]: row for row in UNITS["units"]}
    one, two = unit_of(str(args.get("from", ""))), unit_of(str(args.get("to", "")))
    need(one and two, "bad_transform")
    number = number_of(value)
    if one == two:
        return number
    need(one in units and two in units and units[one]["dimension"] == units[two]["dimension"], "unit_mismatch")
    need(abs(number.adjusted()) <= 300, "not_a_number")
    (a, b), (c, d) = ([Fraction(units[unit][part]) for part in ("factor", "offset")] for unit in (one, two))
    result = (Fraction(number) * a + b - d) / c
    return Decimal(result.numerator) / Decimal(result.denominator)


def date_part(value, args):
    part, text = args.get("part"), text_only(value)
    if part in ("hour", "minute", "second", "time"):
        return clock_part(text, part)
    need(part in FORMATS or part in ("year", "month", "day", "quarter", "iso_week"), "bad_transform")
    found = date_of(text)
    if part in FORMATS:
        return int(f"{found:%j}") if part == "day_of_year" else f"{found:{FORMATS[part]}}"
    more = {"quarter": (found.month + 2) // 3, "iso_week": found.isocalendar().week}
    return more[part] if part in more else getattr(found, part)


def clock_part(text, part):
    try:
        found = date_of(text)
        need(isinstance(found, datetime), "not_a_date")
    except Wrong:
        match = re.fullmatch(CLOCK + ZONE, " ".join(text.split()), re.I)
        need(match, "not_a_date")
        found = clock_of(match.groupdict())
    return f"{found:%H:%M}" if part == "time" else getattr(found, part)


def text_only(value):
    need(isinstance(value, str), "type_mismatch")
    return value


def split(value, args):
    index, mark = args.get("index"), args.get("separator", ",")
    need(isinstance(mark, str) and mark and (index is None or isinstance(index, int)), "bad_transform")
    parts = [part.strip() for part in text_only(value).split(mark)]
    need(index is None or -len(parts) <= index < len(parts))
    return parts if index is None else parts[index]


def drop_affix(value, args):
    text, one, two = text_only(value), args.get("prefix", ""), args.get("suffix", "")
    need(text.startswith(one) and text.endswith(two) and len(text) >= len(one) + len(two))
    return text[len(one) : len(text) - len(two)]


# (name, value, args) -> value, over all items together
WHOLE = {
    "identity": lambda name, value, args: value,
    "count": lambda name, value, args: len(items_of(value)),
    "first": lambda name, value, args: some(value, {})[0],
    "last": lambda name, value, args: some(value, {})[-1],
    "min": lambda name, value, args: min(ordered(some(value, args))),
    "max": lambda name, value, args: max(ordered(some(value, args))),
    **dict.fromkeys(("sum", "mean", "product"), fold),
    **dict.fromkeys(("difference", "ratio", "percent_change", "percent_of", "share"), pair),
    **dict.fromkeys(("argmin", "argmax"), arg_extreme),
    **dict.fromkeys(("filter_eq", "filter_compare"), select),
    "date_difference": date_difference,
    "sort": sort,
    "slice": cut,
    "pluck": pluck,
    "concat": concat,
    "unique": unique,
    "absence": absence,
}
# (value, args) -> value, on each item
SINGLE = {
    "number": lambda value, args: number_of(value),
    "abs": lambda value, args: abs(number_of(value)),
    "lower": lambda value, args: text_only(value).lower(),
    "upper": lambda value, args: text_only(value).upper(),
    "strip": lambda value, args: text_only(value).strip(args.get("characters")),
    "sql_quote": lambda value, args: text_of(value).replace("'", "''"),
    "round": round_,
    "convert_unit": convert_unit,
    "date_part": date_part,
    "split": split,
    "drop_affix": drop_affix,
}


def apply(pipeline, values):
    """Run a pipeline over the located values."""
    need(isinstance(pipeline, list), "bad_transform")
    value = values[0] if len(values) == 1 else list(values)
    with decimal.localcontext(decimal.Context(prec=50, rounding=decimal.ROUND_HALF_EVEN)):
        for step in pipeline:
            need(isinstance(step, dict) and set(step) <= {"name", "args"}, "bad_transform")
            need(step.get("name") in {*WHOLE, *SINGLE} and isinstance(step.get("args") or {}, dict), "bad_transform")
            try:
                value = run(step["name"], step.get("args") or {}, value)
            except ArithmeticError:
                raise Wrong("not_a_number") from None
    return value


def run(name, args, value):
    if name in WHOLE:
        return plain(WHOLE[name](name, value, args))
    inner, only = {key: item for key, item in args.items() if key != "at"}, args.get("at")
    if not isinstance(value, list):
        return plain(SINGLE[name](value, inner))
    need(only is None or (isinstance(only, int) and 0 <= only < len(value)), "bad_transform")
    return [plain(SINGLE[name](one, inner)) if only in (None, index) else one for index, one in enumerate(value)]
