"""Answers a question of a prompt over a view: over files to see what it takes, over results to answer it."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from cli.paths.figures import AGGREGATE, Figurer
from cli.paths.looking import Looker
from cli.paths.naming import extreme_row
from cli.paths.rewording import compared
from cli.paths.shelf import NotUnderstoodError, Shelf, Source, Touch, View
from cli.paths.wording import Field, Question, number, read_question, rounded, slug

Answer = Mapping[str, str | Decimal]
Solver = Callable[[Question, Figurer], Answer | None]

_EXTREMES = "largest|smallest|highest|lowest|longest|shortest"
_PICK = re.compile(
    rf"^which (?P<noun>[a-z]+) has the (?P<op>{_EXTREMES}) (?P<by>[^,]+?)"
    r"(?:, and what (?:is|are) (?:its|their) .+)?$",
    re.I,
)
_OF = re.compile(
    rf"^(?:Of|Look at) the orders (?P<rest>.+?)[,:] which one has the (?P<op>{_EXTREMES}) (?P<by>[^,]+?), "
    r"and what (?:is|are) its .+$"
)
_PAIR = 2
_UNITS: Mapping[tuple[str, str], Callable[[Decimal], Decimal]] = {
    ("f", "degrees Celsius"): lambda v: (v - 32) * 5 / 9,
    ("lb", "ounces"): lambda v: v * 16,
    ("lb", "kilograms"): lambda v: v * Decimal("0.45359237"),
    ("lb", "grams"): lambda v: v * Decimal("453.59237"),
    ("m2", "square feet"): lambda v: v / Decimal("0.09290304"),
}


def solve(prompt: str, shelf: Shelf, view: View) -> tuple[Answer, Sequence[Touch]]:
    """Answer a prompt, and say which looks that took.

    Raises:
        NotUnderstoodError: no known form, or the view does not hold what is asked.
    """
    question = read_question(prompt)
    looker = Looker(shelf, view, question.by, question.about)
    if not question.fields:
        raise NotUnderstoodError("no key is asked for")
    for solver in _SOLVERS:
        answer = solver(question, Figurer(looker))
        if answer is not None:
            if set(answer) != {one.key for one in question.fields}:
                raise NotUnderstoodError("not every key is answered")
            return answer, tuple(looker.touches)
    raise NotUnderstoodError(question.body)


def _only(question: Question, value: Decimal) -> Answer:
    (field,) = question.fields
    return {field.key: rounded(value, field.note)}


def _days(question: Question, read: Figurer) -> Answer | None:
    match = re.search(
        r"between the (.+?)(?: date)?(?: given in (the .+?))? and the (.+?)(?: date)?(?: in (the (?:supply|“).+))?$",
        question.full.replace("apart are", "between"),
    )
    if not match or "day" not in question.full:
        return None
    document = read.namer.document(match[2] or match[4] or question.about)
    first, second = (date.fromisoformat(read.namer.fact(document, one)) for one in (match[1], match[3]))
    return _only(question, Decimal(abs((second - first).days)))


def _time(question: Question, read: Figurer) -> Answer | None:
    for pattern in (
        r"^A call with (?P<who>.+) is set for (?P<at>\d\d:\d\d) (?P<city>.+) time today",
        r"time is it for (?P<who>.+) when it is (?P<at>\d\d:\d\d) in (?P<city>.+) today",
        r"^(?:If we|I want to) call (?P<who>.+) at (?P<at>\d\d:\d\d) (?P<city>.+) time today",
    ):
        if match := re.search(pattern, question.full):
            zones = [one for one in available_timezones() if one.endswith("/" + match["city"].replace(" ", "_"))]
            entity = read.namer.entity(match["who"])
            source = read.looker.table_of("suppliers")
            row = read.namer.row(source, entity)
            there = next(value for column, value in row.items() if "zone" in slug(column))
            day = datetime.fromisoformat(read.looker.shelf.now).date()
            moment = datetime.fromisoformat(f"{day}T{match['at']}").replace(tzinfo=ZoneInfo(sorted(zones)[0]))
            return {question.fields[0].key: moment.astimezone(ZoneInfo(there)).strftime("%H:%M")}
    return None


def _compared(question: Question, read: Figurer) -> Answer | None:
    found = compared(question.body) or compared(question.full)
    if found is None or len(question.fields) != 1:
        return None
    *texts, in_percent = found
    first, second = (read.figure(one, question.fields[0].key) for one in texts)
    return _only(question, (first - second) * 100 / second if in_percent else first - second)


def _converted(question: Question, read: Figurer) -> Answer | None:
    if len(question.fields) != 1:
        return None
    for pattern in (
        r"^In (?P<unit>degrees Celsius|square feet|grams|kilograms|ounces), what is (?P<what>.+)$",
        r"(?P<what>the .+), but in (?P<unit>.+)$",
        r"^Please convert (?P<what>.+) to (?P<unit>.+)$",
        r"^What is (?P<what>.+) in (?P<unit>degrees Celsius|ounces|kilograms|grams|square feet)$",
    ):
        if match := re.search(pattern, question.full):
            before = {"degrees Celsius": "f", "square feet": "m2"}.get(match["unit"], "lb")
            return _only(question, _UNITS[before, match["unit"]](read.figure(match["what"])))
    return None


def _stocked(question: Question, read: Figurer) -> Answer | None:
    """Quantity of all orders for a product, and what that comes to at a price or a weight of its."""
    match = re.search(
        r"total quantity of all orders for (?P<who>.+?), and (?:what would|how many pounds|what do)(?P<tail>.+)$",
        question.full,
    )
    if not match or len(question.fields) != _PAIR:
        return None
    entity = read.namer.entity(match["who"])
    orders = read.looker.table_of("orders")
    rows = read.looker.select(orders, [read.namer.holding(orders, entity)])
    total = read.aggregate(orders, rows, "total", "quantity")
    rate = re.search(r"product.s (.+)$", match["tail"])
    if rate is None:
        return None
    source = (_sheet(read) if rate[1] == "list price" else None) or read.looker.table_of("products")
    value = number(read.namer.row(source, entity)[read.looker.column(source, rate[1])])
    if value is None:
        raise NotUnderstoodError("no rate")
    first, second = question.fields
    return {first.key: total, second.key: rounded(total * value, second.note)}


def _sheet(read: Figurer) -> Source | None:
    for part in re.split(r" and (?=the )", read.looker.by):
        if (found := read.looker.named_table(part)) and "sheet" in part:
            return found
    return None


def _counted_rows(question: Question, read: Figurer) -> Answer | None:
    patterns = (
        r"^For the (?P<noun>\w+) (?P<rest>.+), how many are there, and what is their (?P<agg>.+)$",
        r"how many (?P<noun>\w+) (?P<rest>.+) there are, and their (?P<agg>.+)$",
        r"^Please count the (?P<noun>\w+) (?P<rest>.+?) and tell me their (?P<agg>.+)$",
        r"^How many (?P<noun>\w+) (?P<rest>.+?) are there, and what is their (?P<agg>.+)$",
        r"two figures about the (?P<noun>\w+) (?P<rest>.+): how many there are, and their (?P<agg>.+)$",
    )
    for pattern in patterns:
        match = re.search(pattern, question.full)
        if match and len(question.fields) == _PAIR:
            rows, source = read.rows(match["noun"], match["rest"])
            op, _, what = match["agg"].partition(" ")
            first, second = question.fields
            value = read.aggregate(source, rows, op, what, second.key)
            return {first.key: Decimal(len(rows)), second.key: rounded(value, second.note)}
    return None


def _aggregated(question: Question, read: Figurer) -> Answer | None:
    if len(question.fields) != 1 or not (AGGREGATE.match(question.body) or " of the reading" in question.body):
        return None
    return _only(question, read.figure(question.body, question.fields[0].key))


def _picked(question: Question, read: Figurer) -> Answer | None:
    if match := _OF.match(question.full):
        rows, source = read.rows("orders", match["rest"])
        row = extreme_row(rows, read.looker.column(source, match["by"]), match["op"])
        return _cells(question, read, source, row)
    text = question.full
    under = re.match(r"^Under “(.+)” in the (.+? workbook), (.+)$", text)
    listed = re.match(r"^In (the .+? list), (.+)$", text)
    by, text = (
        (f"the “{under[1]}” sheet of the {under[2]}", under[3])
        if under
        else ((listed[1], listed[2]) if listed else (read.looker.by, text))
    )
    text = re.sub(r"is the most expensive", "has the highest price", text)
    text = re.sub(
        r"is the (heaviest|lightest)$",
        lambda m: f"has the {'highest' if m[1] == 'heaviest' else 'lowest'} weight",
        text,
    )
    match = _PICK.match(text)
    if not match:
        return None
    named = read.looker.named_table(by) if by else None
    source = named or read.looker.table_of(match["noun"] + "s")
    row = extreme_row(read.looker.select(source, []), read.looker.column(source, match["by"]), match["op"])
    return _cells(question, read, source, row)


def _cells(question: Question, read: Figurer, source: Source, row: Mapping[str, str]) -> Answer:
    return {one.key: _typed(row[read.looker.column(source, one.key, one.key)], one) for one in question.fields}


def _ordered(question: Question, read: Figurer) -> Answer | None:
    """`For order X, what are the A of its product and the B of its customer?`."""
    match = re.search(r"order (\S+?)[,.:] what (?:is|are) (.+)$", question.full, re.I)
    parts = re.findall(r"the (.+?) of its (product|customer)", match[2]) if match else []
    if not match or len(parts) != len(question.fields):
        return None
    answer = {}
    for (phrase, kind), one in zip(parts, question.fields, strict=True):
        entity = read.namer.entity(f"the {kind} of order {match[1]}")
        source = (_sheet(read) if kind == "product" else None) or read.looker.table_of(f"{kind}s")
        answer[one.key] = _typed(read.namer.row(source, entity)[read.looker.column(source, phrase, one.key)], one)
    return answer


def _shelved(question: Question, read: Figurer) -> Answer | None:
    """How much of a product was counted at a site."""
    where = question.body if " workbook" in question.body else f"{question.body} in {question.by}"
    match = re.search(r"counted quantity of (the product .+) at (the site .+) in the (.+? workbook)$", where)
    if not match:
        return None
    site = read.namer.entity(match[2])
    source = read.looker.named_table(f"the “{site.value}” sheet of the {match[3]}")
    if source is None:
        return None
    row = read.namer.row(source, read.namer.entity(match[1]))
    return {one.key: _typed(row[read.looker.column(source, one.key, one.key)], one) for one in question.fields}


def _measured(question: Question, read: Figurer) -> Answer | None:
    """Cells of the one reading that is highest or lowest."""
    match = re.search(r" of the reading ?(?P<rest>.*?) ?with the (?P<op>highest|lowest) (?P<by>.+)$", question.body)
    if not match:
        return None
    rows, source = read.rows("readings", match["rest"])
    return _cells(question, read, source, extreme_row(rows, read.looker.column(source, match["by"]), match["op"]))


def _programmed(question: Question, read: Figurer) -> Answer | None:
    """How long programs are, and what they define."""
    paths = re.findall(r"[\w./-]+\.py", question.full)
    if not paths or "how many" not in question.full.lower():
        return None
    said = [dict(read.looker.file(path).labelled) for path in paths]
    answer = {}
    for one in question.fields:
        what = next((what for what in ("lines", "functions", "classes") if what[:4] in slug(one.key)), "")
        if not all(what in labels for labels in said):
            raise NotUnderstoodError(f"{one.key} of programs")
        total = sum((Decimal(labels[what]) for labels in said), Decimal(0))
        answer[one.key] = rounded(total / len(said) if "average" in question.full else total, one.note)
    return answer


def _attributes(question: Question, read: Figurer) -> Answer | None:
    pieces = re.split(r", (?=the )| and (?=the )", question.body)
    phrases = [re.sub(r" of .*$", "", one) for one in pieces]
    phrases = phrases[: len(question.fields)] + [""] * (len(question.fields) - len(phrases))
    for match in re.finditer(r" of ", question.body):
        try:
            entity = read.namer.entity(question.body[match.end() :])
        except NotUnderstoodError:
            continue
        return {
            one.key: _typed(read.cell(entity, phrase, one.key), one)
            for one, phrase in zip(question.fields, phrases, strict=True)
        }
    return None


def _typed(text: str, field: Field) -> str | Decimal:
    value = number(text) if field.is_number else None
    return rounded(value, field.note) if value is not None else text


_SOLVERS: Sequence[Solver] = (
    _programmed, _days, _time, _compared, _converted, _stocked, _counted_rows, _shelved, _picked, _ordered, _measured,
    _aggregated, _attributes,
)  # fmt: skip
