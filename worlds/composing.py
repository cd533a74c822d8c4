"""Composes a world in memory: one company, and every file that shows a side of it."""

from pathlib import Path

from worlds import records
from worlds.agreements import write_agreements
from worlds.certificates import write_certificates
from worlds.company import draw_company
from worlds.database import write_database
from worlds.history import draw_history
from worlds.layouts import Layout, draw_layout
from worlds.meetings import draw_notes
from worlds.minutes import write_notes
from worlds.model import Company
from worlds.mount import Entity, Mount
from worlds.policies import write_policies
from worlds.repository import write_repository
from worlds.scale import Scale
from worlds.surroundings import write_surroundings
from worlds.tables import write_table
from worlds.vocabulary import trade
from worlds.workbooks import write_workbooks


def compose(seed: int, size: int, name: str = "", revision: int = 0) -> tuple[Company, Mount]:
    """Return the company of (seed, size, trade, revision) and all its files, in memory."""
    company = draw_company(seed, size, name, revision)
    words, scale, mount = trade(company.vocabulary), Scale.of(size), Mount()
    layout = draw_layout(company.stream, company.units, company.book)
    _write_lists(mount, company, layout)
    write_workbooks(mount, company, layout)
    write_agreements(mount, company, layout)
    write_certificates(mount, company, layout)
    write_policies(mount, company, layout)
    write_notes(mount, draw_notes(company, words, scale.notes), layout, company.units)
    write_repository(mount, company, draw_history(company, words, scale.commits), layout.default_branch)
    write_database(mount, company)
    write_surroundings(mount, company, layout)
    _plant_near(mount, company)
    return company, mount


def _write_lists(mount: Mount, company: Company, layout: Layout) -> None:
    tables = {
        "orders": records.orders(company),
        "products": records.products(company),
        "suppliers": records.suppliers(company),
        "employees": records.employees(company),
        "customers": records.customers(company),
        "readings": records.readings(company),
    }
    for name, table in tables.items():
        path, headers = layout.table(name)
        write_table(mount, path, headers, table, Path(path).stem if layout.nested_json else "")


def _plant_near(mount: Mount, company: Company) -> None:
    """Label the two pairs of names that were drawn together because they are easily mixed up."""
    numbers = {item.name: item.sku for item in company.products}
    for kind, (one, other) in company.near.items():
        entity = Entity(kind, numbers.get(one, one))
        mount.plant("near_duplicate", entity, other=numbers.get(other, other), names=[one, other])
