"""Writes the two workbooks: the plan (budget, prices, partners, travel, headcount, energy) and the stock count."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from worlds.layouts import Layout
from worlds.model import Company
from worlds.mount import Cell, Entity, Mount
from worlds.packages import settle

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
AFTER_SEPTEMBER = ("Sep 2025", "Oct 2025", "Nov 2025", "Dec 2025", "Jan 2026", "Feb 2026")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: a heading, column headers, and per row its entity and its cells."""

    name: str
    heading: str
    headers: Sequence[str]
    attributes: Sequence[str]
    """Attribute of each column; empty where the cell states nothing of its own."""
    rows: Sequence[tuple[Entity, Sequence[Cell]]]


def write_workbooks(mount: Mount, company: Company, layout: Layout) -> None:
    """Write both workbooks."""
    plan = (
        _budget(company),
        _prices(company),
        _purchases(company),
        _accounts(company),
        _travel(company),
        _headcount(company),
        _energy(company),
    )
    _write(mount, layout.paths["workbook"], company, plan, layout.sheet_corner)
    _write(mount, layout.paths["stocktake"], company, _counts(company), (1, 1))


def _write(mount: Mount, path: str, company: Company, sheets: Sequence[Sheet], corner: tuple[int, int]) -> None:
    book = openpyxl.Workbook()
    # A new workbook comes with an empty sheet.
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _fill(book.create_sheet(sheet.name), sheet, corner)
        _state(mount, path, sheet, corner)
    written = datetime(2026, 1, 5, 8, 0, 0)  # noqa: DTZ001
    book.properties.creator = company.lead("money").name
    book.properties.title = sheets[0].heading
    book.properties.created = written
    out = io.BytesIO()
    book.save(out)
    # The library stamps its own time into the package.
    mount.write(path, settle(out.getvalue(), "2026-01-05T08:00:00Z"))


def _fill(page: Worksheet, sheet: Sheet, corner: tuple[int, int]) -> None:
    top, left = corner
    if top > 1:
        page.cell(1, left, sheet.heading).font = Font(bold=True, size=14)
    for offset, header in enumerate(sheet.headers):
        page.cell(top, left + offset, header).font = Font(bold=True)
        page.column_dimensions[get_column_letter(left + offset)].width = max(11, len(header) + 3)
    for number, (_, cells) in enumerate(sheet.rows, start=1):
        for offset, value in enumerate(cells):
            cell = page.cell(top + number, left + offset, float(value) if isinstance(value, Decimal) else value)
            if isinstance(value, Decimal):
                cell.number_format = "0.00"


def _state(mount: Mount, path: str, sheet: Sheet, corner: tuple[int, int]) -> None:
    top, left = corner
    for number, (entity, cells) in enumerate(sheet.rows, start=1):
        for offset, (attribute, value) in enumerate(zip(sheet.attributes, cells, strict=True)):
            if attribute:
                place = f"{get_column_letter(left + offset)}{top + number}"
                mount.state(entity, attribute, value, path, {"sheet": sheet.name, "cell": place})


def _budget(company: Company) -> Sheet:
    currency = company.units.currency
    return Sheet(
        "Budget",
        f"Department budget 2026, {currency}",
        ("Department", *(f"{month} {currency}" for month in MONTHS)),
        ("name", *(f"budget_2026_{index + 1:02d}:{currency}" for index in range(12))),
        [(Entity("department", name), (name, *amounts)) for name, amounts in company.budget],
    )


def _named(company: Company, key: str, in_money: Sequence[str], rows: Sequence[tuple[Entity, Sequence[Cell]]]) -> Sheet:
    """A sheet whose name and headers are the trade's; amounts say their currency."""
    currency, columns = company.units.currency, company.book.labels(f"sheets.{key}.columns")
    return Sheet(
        company.book.say(f"sheets.{key}.name"),
        company.book.say(f"sheets.{key}.heading"),
        [f"{label} {currency}" if name in in_money else label for name, label in columns.items()],
        [f"{name}:{currency}" if name in in_money else name for name in columns],
        rows,
    )


def _prices(company: Company) -> Sheet:
    rows = [
        (Entity("product", item.sku), (item.sku, item.name, item.price, item.wholesale))
        for item in sorted(company.products, key=lambda item: item.name)
    ]
    return _named(company, "prices", ("price", "wholesale"), rows)


def _purchases(company: Company) -> Sheet:
    rows = [
        (Entity("supplier", supplier.name), (supplier.name, *company.purchases[supplier.name]))
        for supplier in sorted(company.suppliers, key=lambda supplier: supplier.name)
    ]
    return _named(company, "purchases", ("purchases_2025", "planned_2026"), rows)


def _accounts(company: Company) -> Sheet:
    rows = []
    for customer in sorted(company.customers, key=lambda customer: customer.name):
        plan = company.accounts[customer.name]
        cells = (customer.name, plan.manager.name, plan.amount, plan.visits)
        rows.append((Entity("customer", customer.name), cells))
    return _named(company, "accounts", ("plan_2026",), rows)


def _travel(company: Company) -> Sheet:
    currency = company.units.currency
    return Sheet(
        "Travel",
        "Business trips",
        ("Trip", "Traveller", "Destination", "Start", "Nights", f"Cost {currency}"),
        ("id", "traveller", "destination", "start", "nights", f"cost:{currency}"),
        [
            (
                Entity("trip", trip.trip_id),
                (trip.trip_id, trip.traveller.name, trip.destination, trip.start.isoformat(), trip.nights, trip.cost),
            )
            for trip in company.trips
        ],
    )


def _headcount(company: Company) -> Sheet:
    return Sheet(
        "Headcount",
        "Headcount and open positions",
        ("Department", "Head", "People", "Open positions", "Contractors"),
        ("name", "head", "people", "open_positions", "contractors"),
        [
            (
                Entity("department", name),
                (name, company.head_of(name).name, len(company.of_department(name)), positions, contractors),
            )
            for name, positions, contractors in company.open_positions
        ],
    )


def _energy(company: Company) -> Sheet:
    return Sheet(
        "Energy",
        "Electricity in kWh",
        ("Site", "Floor area m2", *(f"{month} kWh" for month in AFTER_SEPTEMBER)),
        ("name", "area:m2", *(f"energy_{month.replace(' ', '_').lower()}:kWh" for month in AFTER_SEPTEMBER)),
        [
            (Entity("site", site.name), (site.name, site.area, *figures))
            for site, (_, figures) in zip(company.sites, company.energy, strict=True)
        ],
    )


def _counts(company: Company) -> list[Sheet]:
    labels = company.book.labels("sheets.counts.columns")
    return [
        Sheet(
            site.name,
            company.book.say("sheets.counts.heading", site=site.name),
            tuple(labels.values()),
            ("shelf", "sku", "counted:units"),
            [
                (Entity("shelf", shelf.shelf), (shelf.shelf, item.sku, shelf.counted))
                for item in company.products
                for shelf in item.shelves
                if shelf.site == site.name
            ],
        )
        for site in company.sites
    ]
