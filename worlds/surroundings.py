"""Writes what surrounds the data: the dispatch log, the vault of supplier pages, and a few project files."""

import json
import zlib
from collections.abc import Iterable
from datetime import datetime, time, timedelta

from worlds.layouts import Layout
from worlds.model import Company, Reading, Shipment
from worlds.mount import Entity, Mount
from worlds.sources import scripts

VAULT = "vault"


def write_surroundings(mount: Mount, company: Company, layout: Layout) -> None:
    """Write log, vault, scripts and project files."""
    _write_log(mount, company, layout.paths["log"])
    _write_vault(mount, company)
    _write_scripts(mount, company, layout.paths["source"])
    mount.write("Makefile", _makefile(layout))
    mount.write(".gitignore", "__pycache__/\n*.pyc\n*.tmp\n~$*.xlsx\n")
    mount.write("eslint.config.js", _eslint())
    mount.write("openapi.json", _openapi(company))


def _write_log(mount: Mount, company: Company, path: str) -> None:
    recent = [item for item in company.shipments if (company.now.date() - item.shipped).days < 60]  # noqa: PLR2004
    hot = [item for item in company.readings if item.temperature > item.site.limit_temperature]
    lines = sorted([*map(_departure, recent), *map(_warning, hot), *_arrivals(recent)])
    mount.write(path, "".join(f"{line}\n" for line in lines))
    for shipment in recent:
        entity = Entity("shipment", shipment.shipment_id)
        mount.state(entity, "carrier", shipment.carrier, path, {"contains": _departure(shipment)})
        mount.state(entity, "order", shipment.order.order_id, path, {"contains": _departure(shipment)})


def _departure(shipment: Shipment) -> str:
    moment = datetime.combine(shipment.shipped, time(7, 0)) + timedelta(
        minutes=zlib.crc32(shipment.shipment_id.encode()) % 380
    )
    return (
        f"{moment:%Y-%m-%d %H:%M} INFO  dispatch {shipment.shipment_id} order {shipment.order.order_id} "
        f"left with {shipment.carrier}, {shipment.order.quantity} x {shipment.order.product.sku}"
    )


def _arrivals(shipments: Iterable[Shipment]) -> list[str]:
    return [
        f"{shipment.delivered:%Y-%m-%d} 18:00 INFO  delivery {shipment.shipment_id} confirmed by {shipment.carrier}"
        for shipment in shipments
        if shipment.delivered is not None
    ]


def _warning(reading: Reading) -> str:
    return (
        f"{reading.moment:%Y-%m-%d %H:%M} WARN  climate {reading.site.sensor} {reading.site.name}: "
        f"{reading.temperature} above limit {reading.site.limit_temperature}"
    )


def _write_vault(mount: Mount, company: Company) -> None:
    mount.write(f"{VAULT}/.obsidian/app.json", '{\n  "alwaysUpdateLinks": true\n}\n')
    links = "\n".join(f"- [[{supplier.name}]], {supplier.place.country}" for supplier in company.suppliers)
    mount.write(f"{VAULT}/Suppliers.md", f"# Suppliers\n\nOne page per company that we buy from.\n\n{links}\n")
    for supplier in company.suppliers:
        path = f"{VAULT}/Suppliers/{supplier.name}.md"
        goods = [item for item in company.products if item.supplier == supplier]
        listed = "\n".join(f"- {item.sku} {item.name}" for item in goods) or "- nothing at the moment"
        mount.write(
            path,
            f"---\ntags: [supplier]\ncountry: {supplier.place.country}\n---\n# {supplier.name}\n\n"
            f"Number: {supplier.supplier_id}\nCity: {supplier.place.city}\nContact: {supplier.contact}\n"
            f"Email: {supplier.email}\n\n## Goods\n\n{listed}\n",
        )
        entity = Entity("supplier", supplier.name)
        facts = {
            "supplier_id": ("Number", supplier.supplier_id),
            "city": ("City", supplier.place.city),
            "contact": ("Contact", supplier.contact),
            "email": ("Email", supplier.email),
        }
        for attribute, (label, value) in facts.items():
            mount.state(entity, attribute, value, path, {"label": label})


def _write_scripts(mount: Mount, company: Company, folder: str) -> None:
    for name, text in scripts(company).items():
        mount.write(f"{folder}/{name}", text)
    unit, path = company.units.temperature, f"{folder}/room_limits.py"
    for site in company.sites:
        entity = Entity("site", site.name)
        heat = {"symbol": f"MAX_TEMPERATURE_{unit}", "key": site.name}
        damp = {"symbol": "MAX_HUMIDITY_PERCENT", "key": site.name}
        mount.state(entity, f"limit_temperature:{unit}", site.limit_temperature, path, heat)
        mount.state(entity, "limit_humidity:percent", site.limit_humidity, path, damp)


def _makefile(layout: Layout) -> str:
    orders, notes = layout.paths["orders"], layout.paths["notes"]
    log, source = layout.paths["log"], layout.paths["source"]
    return (
        ".PHONY: orders notes warnings scripts\n\n"
        f"orders: ## number of orders in the order book\n\t@tail -n +2 {orders} | wc -l | tr -d ' '\n\n"
        f"notes: ## titles of all meeting notes\n\t@head -qn 1 {notes}/*.md\n\n"
        f"warnings: ## climate warnings in the log\n\t@grep WARN {log}\n\n"
        f"scripts: ## lines of each script\n\t@wc -l {source}/*.py\n"
    )


def _eslint() -> str:
    rules = '{ rules: { "no-unused-vars": "error", "prefer-const": "warn", eqeqeq: "error" } }'
    return f"export default [\n  {rules},\n];\n"


def _openapi(company: Company) -> str:
    product, order = company.products[0], company.orders[0]
    text = {"type": "string"}
    document = {
        "openapi": "3.1.0",
        "info": {"title": f"{company.name} orders", "version": "1.2.0"},
        "servers": [{"url": "http://127.0.0.1:8098"}],
        "paths": {
            "/products/{sku}": {
                "get": _operation("getProduct", "sku", product.sku, "One product with price and stock")
            },
            "/orders/{order_id}": {"get": _operation("getOrder", "order_id", order.order_id, "One order line")},
        },
        "components": {"schemas": {"Error": {"type": "object", "properties": {"message": text}}}},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _operation(name: str, parameter: str, example: str, summary: str) -> dict[str, object]:
    where = {"name": parameter, "in": "path", "required": True, "schema": {"type": "string"}, "example": example}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [where],
        "responses": {"200": {"description": summary}},
    }
