"""Decides how the repository came about: commits with real authors, dates and reasons, branches and tags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from worlds import sources
from worlds.draws import Draw
from worlds.goods import weekday
from worlds.model import Company, Rules
from worlds.things import Employee
from worlds.vocabulary import Trade


@dataclass(frozen=True, slots=True)
class Change:
    """One commit: what it says, who made it, and the files it leaves different."""

    message: str
    author: Employee
    moment: datetime
    files: Mapping[str, str]
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A proposal that is not merged: one change on top of the main branch, and the constant it moves."""

    name: str
    change: Change
    path: str
    symbol: str
    value: Decimal | int


@dataclass(frozen=True, slots=True)
class History:
    """Everything the repository holds."""

    package: str
    changes: tuple[Change, ...]
    branches: tuple[Branch, ...]
    lead_times: Mapping[str, int] = field(default_factory=dict)


def draw_history(company: Company, words: Trade, count: int) -> History:
    """Draw a history of `count` commits on the main branch and two or three proposals."""
    draw, package, rules, book = Draw(company.stream, "history"), words.package, company.rules, company.book
    authors = draw.several(
        [
            *company.of_department(company.duty("stock")),
            *company.of_department(company.duty("money")),
            *company.employees,
        ],
        4,
    )
    steps = _steps(draw, company, package, book.at("api.items"))
    suppliers = draw.several(company.suppliers, max(0, count - len(steps)))
    known: dict[str, int] = {}
    for supplier in suppliers:
        known[supplier.name] = supplier.lead_time_days
        message = book.say("history.lead_time", supplier=supplier.name, days=supplier.lead_time_days)
        steps.append((message, {f"{package}/{book.at('code.lead_times')}.py": sources.lead_times(book, known)}))
    steps = steps[:count]
    moments = _moments(draw, company, len(steps) + 3)
    tags = {len(steps) // 2: "v0.1", len(steps) - 1: "v0.2"}
    changes = tuple(
        Change(message, draw.pick(authors), moments[index], files, tags.get(index, ""))
        for index, (message, files) in enumerate(steps)
    )
    kept = {name: days for name, days in known.items() if any(name in change.message for change in changes)}
    return History(package, changes, _branches(draw, company, package, moments[len(steps) :], rules), kept)


def _steps(draw: Draw, company: Company, package: str, items: str) -> list[tuple[str, dict[str, str]]]:
    rules, buyer, book = company.rules, company.lead("buying").name, company.book
    early_factor = rules.reorder_factor - draw.decimal("0.05", "0.15", "0.05")
    early_cap = rules.discount_cap + draw.decimal("0.06", "0.16", "0.02")
    early_free = rules.free_shipping_from - 5 * draw.integer(4, 18) * company.units.money
    free = {"old": early_free, "new": rules.free_shipping_from, "currency": company.units.currency}

    def step(key: str, *files: tuple[str, str], **values: object) -> tuple[str, dict[str, str]]:
        named = {f"{package}/{book.at(f'code.{module}')}.py": text for module, text in files}
        return book.say(f"history.{key}", **values), named

    start, first = step("start", ("pricing", sources.pricing(book, rules, early_cap)))
    cap, capped = step("cap", ("pricing", sources.pricing(book, rules)), old=early_cap, new=rules.discount_cap)
    first["README.md"] = sources.readme(company, package)
    first[f"{package}/__init__.py"] = f'"""{book.at("code.purpose")} of {company.name}."""\n'
    capped["tests/test_rules.py"] = sources.pricing_checks(book, package, rules)
    return [
        (start, first),
        step("inventory", ("inventory", sources.inventory(book, rules, early_factor))),
        step("shipping", ("shipping", sources.shipping(book, rules, early_free))),
        step(
            "factor",
            ("inventory", sources.inventory(book, rules)),
            old=early_factor,
            new=rules.reorder_factor,
            buyer=buyer,
        ),
        (cap, capped),
        step("handling", ("handling", sources.handling(book, company.handling)), items=items),
        step("refunds", ("refunds", sources.refunds(book, rules))),
        step("penalties", ("penalties", sources.penalties(book))),
        step("free", ("shipping", sources.shipping(book, rules)), **free),
    ]


def _moments(draw: Draw, company: Company, count: int) -> list[datetime]:
    span = (company.now.date() - datetime(2025, 9, 8, tzinfo=UTC).date()).days - 3
    moments = []
    for index, ago in enumerate(sorted(draw.distinct(4, span, count), reverse=True)):
        day = company.now.date() - timedelta(days=ago)
        # The index keeps two commits that a weekend moved to one Monday in their order.
        clock = time(8 + index * 9 // count, draw.integer(0, 59), draw.integer(0, 59))
        moments.append(datetime.combine(weekday(day), clock, UTC))
    return sorted(moments)


def _branches(draw: Draw, company: Company, package: str, moments: list[datetime], rules: Rules) -> tuple[Branch, ...]:
    book = company.book
    cap = rules.discount_cap - draw.decimal("0.06", "0.14", "0.02")
    factor = rules.reorder_factor + draw.decimal("0.10", "0.35", "0.05")
    free = rules.free_shipping_from + 5 * draw.integer(5, 21) * company.units.money
    sales, stock = company.lead("selling"), company.lead("stock")
    plans: list[tuple[str, Employee, str, str, Decimal | int, str]] = [
        ("cap", sales, "pricing", "DISCOUNT_CAP", cap, sources.pricing(book, rules, cap)),
        ("factor", stock, "inventory", "REORDER_FACTOR", factor, sources.inventory(book, rules, factor)),
        ("free", sales, "shipping", "FREE_SHIPPING_FROM", free, sources.shipping(book, rules, free)),
    ]
    branches = []
    for moment, (name, author, module, constant, value, text) in zip(moments, draw.several(plans, 3), strict=True):
        path, symbol = f"{package}/{book.at(f'code.{module}')}.py", str(book.at(f"code.{constant}"))
        change = Change(f"Propose {symbol.replace('_', ' ').lower()} of {value}", author, moment, {path: text})
        branches.append(Branch(str(book.at(f"history.branches.{name}")), change, path, symbol, value))
    return tuple(branches)
