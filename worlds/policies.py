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
    """One page; `duty` is that of the department whose head owns it."""

    name: str
    duty: str
    lines: Sequence[_Line]
    as_table: bool


def write_policies(mount: Mount, company: Company, layout: Layout) -> None:
    """Write every policy to its page."""
    for policy in (
        _Policy("returns", "quality", _rules(company, "returns"), as_table=False),
        _Policy("travel", "money", _rules(company, "travel"), as_table=True),
        _Policy("stock", "stock", _rules(company, "stock"), as_table=True),
        _Policy("storage", "quality", _storage(company), as_table=True),
        _Policy("records", "buying", _records(company), as_table=False),
    ):
        path = path_of(company, layout, policy.name)
        owner = company.lead(policy.duty).name
        mount.write(path, _page(company, policy, owner))
        title = company.book.say(f"policies.{policy.name}.title")
        mount.state(Entity("policy", title), "owner", owner, path, {"term": "Owner"})
        for row, line in enumerate(policy.lines):
            place = {"table": 0, "row": row, "column": 1} if policy.as_table else {"term": line.label}
            mount.state(line.entity, line.attribute, line.value, path, place)


def path_of(company: Company, layout: Layout, name: str) -> str:
    """Return where a policy lies."""
    return f"{layout.paths['policies']}/{company.book.at(f'policies.{name}.file')}.html"


def _page(company: Company, policy: _Policy, owner: str) -> str:
    title = company.book.say(f"policies.{policy.name}.title")
    rows = [(line.label, f"{as_text(line.value)}{line.suffix}") for line in policy.lines]
    if policy.as_table:
        body = "\n".join(f"<tr><th>{escape(label)}</th><td>{escape(text)}</td></tr>" for label, text in rows)
        body = f"<table>\n{body}\n</table>"
    else:
        body = "\n".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in rows)
        body = f"<dl>\n{body}\n</dl>"
    paragraphs = "\n".join(
        f"<p>{escape(text)}</p>" for text in company.book.options(f"policies.{policy.name}.paragraphs")
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f"<body>\n<h1>{escape(title)}</h1>\n<p>{escape(company.name)}</p>\n{paragraphs}\n{body}\n"
        f"<dl><dt>Owner</dt><dd>{escape(owner)}</dd></dl>\n</body>\n</html>\n"
    )


def rule(name: str) -> Entity:
    """Return the entity of one number that policies and source code share."""
    return Entity(RULE, name)


def _rules(company: Company, policy: str) -> list[_Line]:
    """The numbers of a page, each in the unit that its name stands for."""
    currency, book = company.units.currency, company.book
    units = {
        **dict.fromkeys(("return_window_days", "expense_deadline_days"), ("days", " days")),
        **dict.fromkeys(
            ("hotel_limit", "per_diem", "mileage_rate", "approval_limit", "free_shipping_from"),
            (currency, f" {currency}"),
        ),
        "restocking_fee_percent": ("percent", " percent"),
        "bulk_threshold": ("units", book.at("policies.stock.suffix")),
    }
    lines = []
    for name, label in book.labels(f"policies.{policy}.lines").items():
        unit, suffix = units.get(name, ("", ""))
        attribute = f"value:{unit}" if unit else "value"
        value = getattr(company.rules, name)
        lines.append(_Line(label.format(distance=company.units.distance), rule(name), attribute, value, suffix))
    return lines


def _storage(company: Company) -> list[_Line]:
    unit = company.units.temperature
    return [
        _Line(f"{site.name}, {label}", Entity("site", site.name), attribute, value, suffix)
        for site in company.sites
        for label, attribute, value, suffix in (
            ("temperature", f"limit_temperature:{unit}", site.limit_temperature, f" {unit}"),
            ("humidity", "limit_humidity:percent", site.limit_humidity, " percent"),
        )
    ]


def _records(company: Company) -> list[_Line]:
    values = company.book.labels("policies.records.values")
    return [
        _Line(label, Entity("record", name), "authority", values[name], "")
        for name, label in company.book.labels("policies.records.lines").items()
    ]
