"""Writes the policies as web pages: tables of numbers, terms and definitions, and a paragraph of sense."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from worlds.layouts import Layout
from worlds.model import Company
from worlds.mount import Cell, Entity, Mount, as_text

RULE = "rule"


@dataclass(frozen=True, slots=True)
class _Line:
    """One number of a policy."""

    label: str
    entity: Entity
    attribute: str
    value: Cell
    suffix: str


@dataclass(frozen=True, slots=True)
class _Policy:
    """One page."""

    name: str
    title: str
    owner: str
    paragraphs: Sequence[str]
    lines: Sequence[_Line]
    as_table: bool


def write_policies(mount: Mount, company: Company, layout: Layout) -> None:
    """Write every policy to its page."""
    for policy in (_returns(company), _travel(company), _stock(company), _storage(company)):
        path = f"{layout.paths['policies']}/{policy.name}.html"
        mount.write(path, _page(company, policy))
        mount.state(Entity("policy", policy.title), "owner", policy.owner, path, {"term": "Owner"})
        for row, line in enumerate(policy.lines):
            place = {"table": 0, "row": row, "column": 1} if policy.as_table else {"term": line.label}
            mount.state(line.entity, line.attribute, line.value, path, place)


def _page(company: Company, policy: _Policy) -> str:
    rows = [(line.label, f"{as_text(line.value)}{line.suffix}") for line in policy.lines]
    if policy.as_table:
        body = "\n".join(f"<tr><th>{escape(label)}</th><td>{escape(text)}</td></tr>" for label, text in rows)
        body = f"<table>\n{body}\n</table>"
    else:
        body = "\n".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in rows)
        body = f"<dl>\n{body}\n</dl>"
    paragraphs = "\n".join(f"<p>{escape(text)}</p>" for text in policy.paragraphs)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(policy.title)}</title></head>\n'
        f"<body>\n<h1>{escape(policy.title)}</h1>\n<p>{escape(company.name)}</p>\n{paragraphs}\n{body}\n"
        f"<dl><dt>Owner</dt><dd>{escape(policy.owner)}</dd></dl>\n</body>\n</html>\n"
    )


def rule(name: str) -> Entity:
    """Return the entity of one number that policies and source code share."""
    return Entity(RULE, name)


def _returns(company: Company) -> _Policy:
    rules = company.rules
    return _Policy(
        "returns",
        "Returns policy",
        company.head_of("Quality").name,
        [
            "Goods may come back within the return window, counted from the day of delivery. They are refunded "
            "at the price paid, less the restocking fee.",
            "Damage in transit is not a return: it is claimed from the carrier within three days.",
        ],
        [
            _Line("Return window", rule("return_window_days"), "value:days", rules.return_window_days, " days"),
            _Line(
                "Restocking fee",
                rule("restocking_fee_percent"),
                "value:percent",
                rules.restocking_fee_percent,
                " percent",
            ),
        ],
        as_table=False,
    )


def _travel(company: Company) -> _Policy:
    rules, currency = company.rules, company.units.currency
    return _Policy(
        "travel",
        "Travel policy",
        company.head_of("Finance").name,
        [
            "Trips are booked by whoever travels. Receipts are handed in before the deadline, counted from the "
            "day of return.",
            "Costs above the approval limit need the signature of the head of department before the trip.",
        ],
        [
            _Line("Hotel limit per night", rule("hotel_limit"), f"value:{currency}", rules.hotel_limit, f" {currency}"),
            _Line("Daily allowance", rule("per_diem"), f"value:{currency}", rules.per_diem, f" {currency}"),
            _Line("Mileage rate per km", rule("mileage_rate"), f"value:{currency}", rules.mileage_rate, f" {currency}"),
            _Line(
                "Receipt deadline", rule("expense_deadline_days"), "value:days", rules.expense_deadline_days, " days"
            ),
            _Line("Approval limit", rule("approval_limit"), f"value:{currency}", rules.approval_limit, f" {currency}"),
        ],
        as_table=True,
    )


def _stock(company: Company) -> _Policy:
    rules, currency = company.rules, company.units.currency
    return _Policy(
        "stock-and-discounts",
        "Stock and discount rules",
        company.head_of("Logistics").name,
        [
            "A product is bought again when its stock falls below the reorder level times the reorder factor.",
            "A bulk discount begins at the bulk threshold and never exceeds the discount cap. The cap is a share "
            "of the list price.",
        ],
        [
            _Line("Reorder factor", rule("reorder_factor"), "value", rules.reorder_factor, ""),
            _Line("Bulk threshold", rule("bulk_threshold"), "value:units", rules.bulk_threshold, " units"),
            _Line("Discount cap", rule("discount_cap"), "value", rules.discount_cap, ""),
            _Line(
                "Free shipping from",
                rule("free_shipping_from"),
                f"value:{currency}",
                rules.free_shipping_from,
                f" {currency}",
            ),
        ],
        as_table=True,
    )


def _storage(company: Company) -> _Policy:
    unit = company.units.temperature
    return _Policy(
        "storage",
        "Storage limits",
        company.head_of("Quality").name,
        ["The limits below are the highest values that a sensor may show. They are reviewed once a year."],
        [
            line
            for site in company.sites
            for line in (
                _Line(
                    f"{site.name}, temperature",
                    Entity("site", site.name),
                    f"limit_temperature:{unit}",
                    site.limit_temperature,
                    f" {unit}",
                ),
                _Line(
                    f"{site.name}, humidity",
                    Entity("site", site.name),
                    "limit_humidity:percent",
                    site.limit_humidity,
                    " percent",
                ),
            )
        ],
        as_table=True,
    )
