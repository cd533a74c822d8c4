"""Decides how the repository came about: commits with real authors, dates and reasons, branches and tags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from worlds import sources
from worlds.draws import Draw
from worlds.goods import weekday
from worlds.model import Company, Employee, Rules
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
    draw, package, rules = Draw(company.seed, "history"), words.package, company.rules
    authors = draw.several(
        [*company.of_department("Logistics"), *company.of_department("Finance"), *company.employees], 4
    )
    steps = _steps(draw, company, package)
    suppliers = draw.several(company.suppliers, max(0, count - len(steps)))
    known: dict[str, int] = {}
    for supplier in suppliers:
        known[supplier.name] = supplier.lead_time_days
        message = f"Record lead time of {supplier.name}: {supplier.lead_time_days} days"
        steps.append((message, {f"{package}/lead_times.py": sources.lead_times(known)}))
    steps = steps[:count]
    moments = _moments(draw, company, len(steps) + 3)
    tags = {len(steps) // 2: "v0.1", len(steps) - 1: "v0.2"}
    changes = tuple(
        Change(message, draw.pick(authors), moments[index], files, tags.get(index, ""))
        for index, (message, files) in enumerate(steps)
    )
    kept = {name: days for name, days in known.items() if any(name in change.message for change in changes)}
    return History(package, changes, _branches(draw, company, package, moments[len(steps) :], rules), kept)


def _steps(draw: Draw, company: Company, package: str) -> list[tuple[str, dict[str, str]]]:
    rules, buyer = company.rules, company.head_of("Purchasing").name
    early_factor = rules.reorder_factor - draw.decimal("0.05", "0.15", "0.05")
    early_cap = rules.discount_cap + draw.decimal("0.06", "0.16", "0.02")
    early_free = rules.free_shipping_from - 5 * draw.integer(4, 18)
    module = f"{package}/{{}}.py".format
    return [
        (
            "Start with discounts for large orders",
            {
                "README.md": sources.readme(company, package),
                module("__init__"): f'"""Stock and pricing rules of {company.name}."""\n',
                module("pricing"): sources.pricing(rules, early_cap),
            },
        ),
        ("Decide what to buy again", {module("inventory"): sources.inventory(rules, early_factor)}),
        ("Compute freight", {module("shipping"): sources.shipping(rules, early_free)}),
        (
            f"Raise reorder factor from {early_factor} to {rules.reorder_factor}, asked for by {buyer}",
            {module("inventory"): sources.inventory(rules)},
        ),
        (
            f"Lower discount cap from {early_cap} to {rules.discount_cap}",
            {
                module("pricing"): sources.pricing(rules),
                "tests/test_pricing.py": sources.pricing_checks(package, rules),
            },
        ),
        ("Refund returns less the restocking fee", {module("refunds"): sources.refunds(rules)}),
        ("Deduct penalties for late deliveries", {module("penalties"): sources.penalties()}),
        (
            f"Free shipping from {rules.free_shipping_from} instead of {early_free} {company.units.currency}",
            {module("shipping"): sources.shipping(rules)},
        ),
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
    cap = rules.discount_cap - draw.decimal("0.06", "0.14", "0.02")
    factor = rules.reorder_factor + draw.decimal("0.10", "0.35", "0.05")
    free = rules.free_shipping_from + 5 * draw.integer(5, 21)
    sales, stock = company.head_of("Sales"), company.head_of("Logistics")
    plans: list[tuple[str, Employee, str, str, Decimal | int, str]] = [
        ("discount-cap", sales, "pricing", "DISCOUNT_CAP", cap, sources.pricing(rules, cap)),
        ("reorder-earlier", stock, "inventory", "REORDER_FACTOR", factor, sources.inventory(rules, factor)),
        ("free-shipping", sales, "shipping", "FREE_SHIPPING_FROM", free, sources.shipping(rules, free)),
    ]
    branches = []
    for moment, (name, author, module, symbol, value, text) in zip(moments, draw.several(plans, 3), strict=True):
        path = f"{package}/{module}.py"
        change = Change(f"Propose {symbol.replace('_', ' ').lower()} of {value}", author, moment, {path: text})
        branches.append(Branch(name, change, path, symbol, value))
    return tuple(branches)
