"""Writes the SQLite file: shipments, returns and invoices, none of which stands anywhere else."""

import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from worlds.model import Company
from worlds.mount import Cell, Entity, Mount, as_text

PATH = "data/shop.db"
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
    relations = (_shipments(company), _returns(company), _invoices(company))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shop.db"
        connection = sqlite3.connect(file)
        try:
            # Stated, because its default differs between versions; and
            # freed space is zeroed, which else holds what was there.
            connection.execute("PRAGMA page_size = 4096")
            connection.execute("PRAGMA secure_delete = ON")
            for relation in relations:
                _fill(connection, mount, relation)
            connection.commit()
        finally:
            connection.close()
        content = bytearray(file.read_bytes())
    # Two libraries count their changes and stamp their version differently: that would be two worlds.
    content[_CHANGE_COUNTER] = content[_VERSION_VALID_FOR] = _COUNTER
    content[_LIBRARY_VERSION] = _VERSION
    mount.write(PATH, bytes(content))


def _fill(connection: sqlite3.Connection, mount: Mount, relation: _Relation) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in relation.columns)
    connection.execute(f"CREATE TABLE {relation.name} ({columns})")
    marks = ", ".join("?" for _ in relation.columns)
    for rowid, row in enumerate(relation.rows, start=1):
        connection.execute(f"INSERT INTO {relation.name} VALUES ({marks})", [_stored(cell) for cell in row])
        entity = Entity(relation.kind, as_text(row[0]))
        for (name, _, attribute), cell in zip(relation.columns, row, strict=True):
            if cell is not None:
                mount.state(entity, attribute, cell, PATH, {"table": relation.name, "rowid": rowid, "column": name})


def _stored(cell: Cell) -> str | int | float | None:
    if isinstance(cell, Decimal):
        return float(cell)
    return cell if cell is None or isinstance(cell, int) else as_text(cell)


def _shipments(company: Company) -> _Relation:
    currency = company.units.currency
    return _Relation(
        "shipments",
        "shipment",
        (
            ("shipment_id", "TEXT", "id"),
            ("order_id", "TEXT", "order"),
            ("carrier", "TEXT", "carrier"),
            ("shipped_on", "TEXT", "shipped"),
            ("delivered_on", "TEXT", "delivered"),
            (f"freight_{currency.lower()}", "REAL", f"freight:{currency}"),
        ),
        [
            (item.shipment_id, item.order.order_id, item.carrier, item.shipped, item.delivered, item.freight)
            for item in company.shipments
        ],
    )


def _returns(company: Company) -> _Relation:
    currency = company.units.currency
    return _Relation(
        "returns",
        "return",
        (
            ("return_id", "TEXT", "id"),
            ("order_id", "TEXT", "order"),
            ("sku", "TEXT", "sku"),
            ("quantity", "INTEGER", "quantity:units"),
            ("reason", "TEXT", "reason"),
            ("received_on", "TEXT", "received"),
            (f"refund_{currency.lower()}", "REAL", f"refund:{currency}"),
        ),
        [
            (
                back.return_id,
                back.order.order_id,
                back.order.product.sku,
                back.quantity,
                back.reason,
                back.received,
                back.refund,
            )
            for back in company.returns
        ],
    )


def _invoices(company: Company) -> _Relation:
    currency = company.units.currency
    return _Relation(
        "invoices",
        "invoice",
        (
            ("invoice_no", "TEXT", "id"),
            ("order_id", "TEXT", "order"),
            (f"amount_{currency.lower()}", "REAL", f"amount:{currency}"),
            ("issued_on", "TEXT", "issued"),
            ("due_on", "TEXT", "due"),
            ("paid_on", "TEXT", "paid"),
        ),
        [
            (bill.number, bill.order.order_id, bill.order.total, bill.issued, bill.due, bill.paid)
            for bill in company.invoices
        ],
    )
