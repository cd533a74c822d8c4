"""Writes the SQLite file: shipments, returns, invoices, visits, inspections, none of which stands anywhere else."""

import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from worlds.model import Company
from worlds.mount import Cell, Entity, Mount, as_text

_CHANGE_COUNTER, _VERSION_VALID_FOR, _LIBRARY_VERSION = slice(24, 28), slice(92, 96), slice(96, 100)
_COUNTER, _VERSION = (1).to_bytes(4, "big"), (3040000).to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class _Relation:
    """One table: its name, its entity kind, and columns with SQL type and attribute; the first column is the key."""

    name: str
    kind: str
    columns: Sequence[tuple[str, str, str]]
    rows: Sequence[Sequence[Cell]]


def write_database(mount: Mount, company: Company) -> None:
    """Write the database with the bytes every SQLite would give it."""
    relations = [
        _relation(company, *one)
        for one in (
            ("shipments", "shipment", _SHIPMENT, _shipments(company)),
            ("returns", "return", _RETURN, _returns(company)),
            ("invoices", "invoice", _INVOICE, _invoices(company)),
            ("visits", "visit", _VISIT, _visits(company)),
            ("inspections", "inspection", _INSPECTION, _inspections(company)),
        )
    ]
    path = str(company.book.at("database.path"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.db"
        connection = sqlite3.connect(file)
        try:
            # Stated, because its default differs between versions; and
            # freed space is zeroed, which else holds what was there.
            connection.execute("PRAGMA page_size = 4096")
            connection.execute("PRAGMA secure_delete = ON")
            for relation in relations:
                _fill(connection, mount, path, relation)
            connection.commit()
        finally:
            connection.close()
        content = bytearray(file.read_bytes())
    # Two libraries count their changes and stamp their version differently: that would be two worlds.
    content[_CHANGE_COUNTER] = content[_VERSION_VALID_FOR] = _COUNTER
    content[_LIBRARY_VERSION] = _VERSION
    mount.write(path, bytes(content))


def _fill(connection: sqlite3.Connection, mount: Mount, path: str, relation: _Relation) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in relation.columns)
    connection.execute(f"CREATE TABLE {relation.name} ({columns})")
    marks = ", ".join("?" for _ in relation.columns)
    for rowid, row in enumerate(relation.rows, start=1):
        connection.execute(f"INSERT INTO {relation.name} VALUES ({marks})", [_stored(cell) for cell in row])
        entity = Entity(relation.kind, as_text(row[0]))
        for (name, _, attribute), cell in zip(relation.columns, row, strict=True):
            # Nothing is missing where something has not happened yet.
            if cell is not None:
                mount.state(entity, attribute, cell, path, {"table": relation.name, "rowid": rowid, "column": name})


def _stored(cell: Cell) -> str | int | float | None:
    if isinstance(cell, Decimal):
        return float(cell)
    return cell if cell is None or isinstance(cell, int) else as_text(cell)


_SHIPMENT = {
    "id": "TEXT",
    "order": "TEXT",
    "carrier": "TEXT",
    "shipped": "TEXT",
    "delivered": "TEXT",
    "freight": "REAL",
}
_RETURN = {
    "id": "TEXT", "order": "TEXT", "sku": "TEXT", "quantity": "INTEGER", "reason": "TEXT", "received": "TEXT",
    "refund": "REAL",
}  # fmt: skip
_INVOICE = {"id": "TEXT", "order": "TEXT", "amount": "REAL", "issued": "TEXT", "due": "TEXT", "paid": "TEXT"}
_VISIT = {"id": "TEXT", "customer": "TEXT", "visitor": "TEXT", "day": "TEXT", "duration": "INTEGER"}
_INSPECTION = {
    "id": "TEXT", "sku": "TEXT", "site": "TEXT", "inspector": "TEXT", "day": "TEXT", "checked": "INTEGER",
    "faulty": "INTEGER",
}  # fmt: skip
_IN_MONEY = ("freight", "refund", "amount")
"""Attributes in the company's currency; whatever else is a number counts units, or minutes."""


def _relation(
    company: Company, name: str, kind: str, types: Mapping[str, str], rows: Sequence[Sequence[Cell]]
) -> _Relation:
    """Name a table and its columns as the trade does; attributes and their order are the builder's."""
    currency = company.units.currency
    columns = company.book.labels(f"database.{name}.columns")
    units = {**dict.fromkeys(_IN_MONEY, currency), "quantity": "units", "duration": "minutes"}
    described = [
        (columns[one].format(c=currency.lower()), sort, f"{one}:{units[one]}" if one in units else one)
        for one, sort in types.items()
    ]
    return _Relation(str(company.book.at(f"database.{name}.table")), kind, described, rows)


def _shipments(company: Company) -> list[Sequence[Cell]]:
    return [
        (item.shipment_id, item.order.order_id, item.carrier, item.shipped, item.delivered, item.freight)
        for item in company.shipments
    ]


def _returns(company: Company) -> list[Sequence[Cell]]:
    return [
        (one.return_id, one.order.order_id, one.order.product.sku, one.quantity, one.reason, one.received, one.refund)
        for one in company.returns
    ]


def _invoices(company: Company) -> list[Sequence[Cell]]:
    return [
        (bill.number, bill.order.order_id, bill.order.total, bill.issued, bill.due, bill.paid)
        for bill in company.invoices
    ]


def _visits(company: Company) -> list[Sequence[Cell]]:
    return [(one.visit_id, one.customer.name, one.visitor.name, one.day, one.duration) for one in company.visits]


def _inspections(company: Company) -> list[Sequence[Cell]]:
    return [
        (one.inspection_id, one.product.sku, one.site, one.inspector.name, one.day, one.checked, one.faulty)
        for one in company.inspections
    ]
