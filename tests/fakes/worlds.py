"""A made-up shop as a look at its files would show it, its files' text, and tools that can read it."""

import json

from shared.model.catalogue import (
    Behaviour,
    Effect,
    WorldColumn,
    WorldFact,
    WorldFile,
    WorldRecord,
    WorldTable,
)
from shared.model.graphs import Edge, EdgeKind, Grade, ObservedCall, ObservedOutput, Parameter, ToolNode
from shared.model.values import ValueKind
from shared.proof.identity import identifier
from shared.proof.kinds import classify

DIGEST = "5" * 64
NOW = "2026-03-02T09:30:00+00:00"
PRODUCTS = (
    ("sku", "name", "supplier", "weight_lb", "price_eur"),
    ("SKU-1001", "Brass Lamp", "Kyoto Metalworks", "7.9", "129.50"),
    ("SKU-1002", "Oak Stool", "Basque Timber", "11.2", "84.25"),
    ("SKU-1003", "Wool Rug", "Andes Wool", "5.4", "210.75"),
    ("SKU-1004", "Glass Vase", "Kyoto Metalworks", "2.3", "45.10"),
)
SUPPLIERS = (
    ("supplier_id", "name", "city", "time_zone", "lead_time_days"),
    ("SUP-11", "Kyoto Metalworks", "Kyoto", "Asia/Tokyo", "41"),
    ("SUP-12", "Basque Timber", "Bilbao", "Europe/Madrid", "18"),
    ("SUP-13", "Andes Wool", "Cusco", "America/Lima", "36"),
)
ORDERS = (
    ("order_id", "date", "sku", "region", "quantity"),
    ("PO-2026-01", "2026-01-05", "SKU-1001", "North", "14"),
    ("PO-2026-02", "2026-01-09", "SKU-1002", "South", "23"),
    ("PO-2026-03", "2026-01-15", "SKU-1001", "South", "31"),
    ("PO-2026-04", "2026-01-21", "SKU-1003", "North", "42"),
    ("PO-2026-05", "2026-02-02", "SKU-1004", "North", "55"),
    ("PO-2026-06", "2026-02-11", "SKU-1002", "South", "67"),
)
NOTE = """# Price review Brass Lamp

- Date: 2026-01-12
- SKU: SKU-1001
- Old price: 124.00 EUR
- New price: 129.50 EUR
"""
TEXTS = {
    "stock/products.csv": "\n".join(map(",".join, PRODUCTS)),
    "stock/suppliers.csv": "\n".join(map(",".join, SUPPLIERS)),
    "sales/orders.csv": "\n".join(map(",".join, ORDERS)),
    "notes/review.md": NOTE,
}


def world(digest: str = DIGEST) -> WorldRecord:
    """What a look at the shop's files shows."""
    tables = tuple(
        _table(path, rows)
        for path, rows in (
            ("sales/orders.csv", ORDERS),
            ("stock/products.csv", PRODUCTS),
            ("stock/suppliers.csv", SUPPLIERS),
        )
    )
    facts = tuple(
        WorldFact("notes/review.md", key, text, *classify(text, key))
        for key, text in (
            ("Date", "2026-01-12"),
            ("SKU", "SKU-1001"),
            ("Old price", "124.00 EUR"),
            ("New price", "129.50 EUR"),
        )
    )
    files = tuple(WorldFile(path, len(text), "0" * 64) for path, text in TEXTS.items() if path != "notes/review.md")
    note = WorldFile("notes/review.md", len(NOTE), "0" * 64, "text/markdown", "Price review Brass Lamp")
    return WorldRecord(digest, "shop", NOW, (*files, note), tables, facts)


def large_world(digest: str = DIGEST) -> WorldRecord:
    """A shop with enough in it for hundreds of different questions."""
    suppliers = [("supplier_id", "name", "city", "time_zone", "lead_time_days")]
    makers = ("Kyoto Metalworks", "Basque Timber", "Andes Wool", "Murano Glass", "Tartu Linen", "Fes Leather")
    zones = ("Asia/Tokyo", "Europe/Madrid", "America/Lima", "Europe/Rome", "Europe/Tallinn", "Africa/Casablanca")
    towns = ("Kyoto", "Bilbao", "Cusco", "Venice", "Tartu", "Fes")
    for index, (maker, town, zone) in enumerate(zip(makers, towns, zones, strict=True)):
        suppliers.append((f"SUP-{11 + index}", maker, town, zone, str(14 + 9 * index)))
    products = [("sku", "name", "supplier", "weight_lb", "price_eur")]
    goods = ("Lamp", "Stool", "Rug", "Vase", "Tray")
    stuffs = ("Brass", "Oak", "Wool", "Glass")
    for index in range(20):
        name = f"{stuffs[index % 4]} {goods[index % 5]}"
        weight, price = f"{3.1 + 1.3 * index:.1f}", f"{41.35 + 17.45 * index:.2f}"
        products.append((f"SKU-{1001 + index}", name, makers[index % 6], weight, price))
    orders = [("order_id", "date", "sku", "region", "quantity")]
    for index in range(60):
        day = f"2026-0{1 + index // 30}-{1 + index % 28:02d}"
        sku, region = f"SKU-{1001 + (index * 7) % 20}", ("North", "South", "West")[index % 3]
        orders.append((f"PO-2026-{index + 1:02d}", day, sku, region, str(14 + 11 * index)))
    # Not named after what they say, or nothing would have to be read.
    notes = [(f"notes/plan-{row}.md", products[row + 1][0], f"2026-01-{4 + row:02d}") for row in range(12)]
    facts = tuple(
        WorldFact(path, key, text, *classify(text, key))
        for path, sku, day in notes
        for key, text in (("Date", day), ("SKU", sku), ("Planned purchase", f"{int(sku[-2:]) * 13 + 104} units"))
    )
    tables = (
        _table("sales/orders.csv", tuple(orders)),
        _table("stock/products.csv", tuple(products)),
        _table("stock/suppliers.csv", tuple(suppliers)),
    )
    files = tuple(WorldFile(table.path, 900, "0" * 64) for table in tables)
    written = tuple(
        WorldFile(path, 90, "0" * 64, "text/markdown", f"Stock plan {4 + index}")
        for index, (path, *_) in enumerate(notes)
    )
    return WorldRecord(digest, "shop", NOW, (*files, *written), tables, facts)


def nodes(version: int = 0) -> tuple[ToolNode, ...]:
    """Tools of four made-up servers that can read the shop."""
    return (
        a_node(
            version,
            "desk",
            "look_into",
            "Read the complete contents of a file as text",
            (a_parameter("path", ValueKind.PATH),),
            calls=({"path": "/workspace/notes/review.md"},),
            edges=(("ask", "/question", "SKU", Grade.CANDIDATE),),
        ),
        a_node(
            version,
            "base",
            "ask",
            "Execute a query (DuckDB dialect)",
            (Parameter("/question", "question", ValueKind.FREE_TEXT, "string", True, language="sql"),),
            calls=({"question": "SELECT 1"},),
        ),
        a_node(
            version,
            "clock",
            "shift",
            "Convert time between zones",
            (
                a_parameter("source_zone", ValueKind.TIME_ZONE),
                a_parameter("target_zone", ValueKind.TIME_ZONE),
                a_parameter("at", ValueKind.TIME),
            ),
            pure=True,
        ),
        a_node(
            version,
            "scales",
            "weigh",
            "Convert weights",
            (
                Parameter("/value", "value", ValueKind.NUMBER, "number", True),
                _units("from_unit"),
                _units("to_unit"),
            ),
            pure=True,
            outputs=(ObservedOutput("converted", ValueKind.QUANTITY),),
        ),
    )


def _table(path: str, rows: tuple[tuple[str, ...], ...]) -> WorldTable:
    header, *body = rows
    columns = []
    for index, name in enumerate(header):
        cells = [row[index] for row in body]
        kind, unit = classify(cells[0], name, tuple(cells[1:]))
        columns.append(WorldColumn(name, kind, unit, len(set(cells)), tuple(dict.fromkeys(cells))))
    return WorldTable(path, path.rpartition("/")[2].removesuffix(".csv"), "csv", tuple(columns), len(body))


def a_parameter(name: str, kind: ValueKind) -> Parameter:
    """A required text."""
    return Parameter(f"/{name}", name, kind, "string", True)


def _units(name: str) -> Parameter:
    enum = tuple(json.dumps(unit) for unit in ("pound", "kilogram", "gram"))
    return Parameter(f"/{name}", name, ValueKind.UNIT, "string", True, enum=enum)


def a_node(version, server, name, description, parameters, *, pure=False, outputs=(), calls=(), edges=()):  # noqa: PLR0913
    """One tool of a made-up server."""
    return ToolNode(
        version=version,
        tool_id=identifier("tool", name),
        server_id=server,
        server_digest="d" * 64,
        name=name,
        description=description,
        input_schema_json="{}",
        behaviour=Behaviour(Effect.READ_ONLY, pure=pure),
        parameters=tuple(parameters),
        outputs=tuple(outputs),
        calls=tuple(ObservedCall(json.dumps(call), "rec_1", DIGEST) for call in calls),
        edges=tuple(
            Edge(
                identifier("edge", [name, target]),
                EdgeKind.DATA_FLOW,
                identifier("tool", name),
                key,
                ValueKind.IDENTIFIER,
                identifier("tool", target),
                pointer,
                grade,
            )
            for target, pointer, key, grade in edges
        ),
    )
