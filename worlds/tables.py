"""Writes tables as CSV and JSON, and says where every cell went."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from worlds.mount import Cell, Entity, Mount, as_text


@dataclass(frozen=True, slots=True)
class Table:
    """Rows about entities of one kind; columns by attribute, `attribute:unit` where the numbers have one."""

    kind: str
    key: str
    """Attribute that identifies the entity of a row."""
    rows: Sequence[Mapping[str, Cell]]

    def entity(self, row: Mapping[str, Cell]) -> Entity:
        """Return what a row is about."""
        return Entity(self.kind, as_text(row[self.key]))


def write_csv(mount: Mount, path: str, headers: Mapping[str, str], table: Table) -> None:
    """Write a table as CSV; headers decide columns and their order."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headers.values())
    for number, row in enumerate(table.rows):
        cells = _named(row)
        writer.writerow(as_text(cells[attribute]) for attribute in headers)
        _state_row(mount, path, table, row, {name: {"row": number, "column": headers[name]} for name in headers})
    mount.write(path, out.getvalue())


def write_json(mount: Mount, path: str, headers: Mapping[str, str], table: Table, wrapper: str = "") -> None:
    """Write a table as a list of records, inside an object when there is a wrapper."""
    records = []
    for number, row in enumerate(table.rows):
        cells = _named(row)
        pairs = (f"{json.dumps(headers[name])}: {_literal(cells[name])}" for name in headers)
        records.append("  {" + ", ".join(pairs) + "}")
        prefix = f"/{wrapper}/{number}" if wrapper else f"/{number}"
        _state_row(mount, path, table, row, {name: {"pointer": f"{prefix}/{headers[name]}"} for name in headers})
    listed = "[\n" + ",\n".join(records) + "\n]"
    mount.write(path, f'{{\n"{wrapper}": {listed}\n}}\n' if wrapper else f"{listed}\n")


def write_table(mount: Mount, path: str, headers: Mapping[str, str], table: Table, wrapper: str = "") -> None:
    """Write a table in the format that its path asks for."""
    if path.endswith(".json"):
        write_json(mount, path, headers, table, wrapper)
    else:
        write_csv(mount, path, headers, table)


def _named(row: Mapping[str, Cell]) -> dict[str, Cell]:
    return {attribute.partition(":")[0]: value for attribute, value in row.items()}


def _state_row(
    mount: Mount, path: str, table: Table, row: Mapping[str, Cell], locators: Mapping[str, Mapping[str, str | int]]
) -> None:
    entity = table.entity(row)
    for attribute, value in row.items():
        locator = locators.get(attribute.partition(":")[0])
        if locator is not None:
            mount.state(entity, attribute, value, path, locator)


def _literal(value: Cell) -> str:
    if value is None:
        return "null"
    if isinstance(value, int | Decimal):
        return str(value)
    return json.dumps(as_text(value), ensure_ascii=False)
