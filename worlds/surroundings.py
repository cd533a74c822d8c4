"""Writes what surrounds the data: the log, the vault of supplier pages, and a few project files."""

import json
import zlib
from collections.abc import Iterable
from datetime import datetime, time, timedelta

from worlds.events import Reading, Shipment
from worlds.layouts import Layout
from worlds.model import Company
from worlds.mount import Cell, Entity, Mount
from worlds.policies import path_of
from worlds.scripts import scripts
from worlds.things import Supplier
from worlds.wording import Book

VAULT = "vault"


def write_surroundings(mount: Mount, company: Company, layout: Layout) -> None:
    """Write log, vault, scripts and project files."""
    _write_log(mount, company, layout.paths["log"])
    _write_vault(mount, company, path_of(company, layout, "records"))
    _write_scripts(mount, company, layout.paths["source"])
    mount.write("Makefile", _makefile(layout))
    mount.write(".gitignore", "__pycache__/\n*.pyc\n*.tmp\n~$*.xlsx\n")
    mount.write("eslint.config.js", _eslint())
    mount.write("openapi.json", _openapi(company))


def _write_log(mount: Mount, company: Company, path: str) -> None:
    recent = [item for item in company.shipments if (company.now.date() - item.shipped).days < 60]  # noqa: PLR2004
    hot = [item for item in company.readings if item.temperature > item.site.limit_temperature]
    lines = sorted(
        [*(_departure(company.book, one) for one in recent), *map(_warning, hot), *_arrivals(company.book, recent)]
    )
    mount.write(path, "".join(f"{line}\n" for line in lines))
    for shipment in recent:
        entity = Entity("shipment", shipment.shipment_id)
        line = {"contains": _departure(company.book, shipment)}
        mount.state(entity, "carrier", shipment.carrier, path, line)
        mount.state(entity, "order", shipment.order.order_id, path, line)


def _departure(book: Book, shipment: Shipment) -> str:
    moment = datetime.combine(shipment.shipped, time(7, 0)) + timedelta(
        minutes=zlib.crc32(shipment.shipment_id.encode()) % 380
    )
    said = book.say(
        "log.departure",
        shipment=shipment.shipment_id,
        order=shipment.order.order_id,
        carrier=shipment.carrier,
        quantity=shipment.order.quantity,
        sku=shipment.order.product.sku,
    )
    return f"{moment:%Y-%m-%d %H:%M} INFO  {said}"


def _arrivals(book: Book, shipments: Iterable[Shipment]) -> list[str]:
    return [
        f"{shipment.delivered:%Y-%m-%d} 18:00 INFO  "
        + book.say("log.arrival", shipment=shipment.shipment_id, carrier=shipment.carrier)
        for shipment in shipments
        if shipment.delivered is not None
    ]


def _warning(reading: Reading) -> str:
    return (
        f"{reading.moment:%Y-%m-%d %H:%M} WARN  climate {reading.site.sensor} {reading.site.name}: "
        f"{reading.temperature} above limit {reading.site.limit_temperature}"
    )


def _write_vault(mount: Mount, company: Company, policies: str) -> None:
    book, title = company.book, company.book.at("vault.title")
    mount.write(f"{VAULT}/.obsidian/app.json", '{\n  "alwaysUpdateLinks": true\n}\n')
    links = "\n".join(f"- [[{supplier.name}]], {supplier.place.country}" for supplier in company.suppliers)
    mount.write(f"{VAULT}/{title}.md", f"# {title}\n\n{book.at('vault.intro')}\n\n{links}\n")
    for supplier in company.suppliers:
        path, entity = f"{VAULT}/{title}/{supplier.name}.md", Entity("supplier", supplier.name)
        facts: dict[str, Cell] = {
            "supplier_id": supplier.supplier_id,
            "city": supplier.place.city,
            "contact": supplier.contact,
            "email": supplier.email,
        }
        labels = book.labels("vault.labels")
        lines = [f"{labels[attribute]}: {value}" for attribute, value in facts.items()]
        for attribute, value in facts.items():
            mount.state(entity, attribute, value, path, {"label": labels[attribute]})
        if supplier.name in company.outdated:
            lines.append(_outdated(mount, company, supplier, path, policies))
        mount.write(path, _page(company, supplier, lines))


def _page(company: Company, supplier: Supplier, lines: Iterable[str]) -> str:
    book = company.book
    goods = [item for item in company.products if item.supplier == supplier]
    listed = "\n".join(f"- {item.sku} {item.name}" for item in goods) or f"- {book.at('vault.none')}"
    return (
        f"---\ntags: [{book.at('vault.tag')}]\ncountry: {supplier.place.country}\n---\n# {supplier.name}\n\n"
        + "\n".join(lines)
        + f"\n\n## {book.at('vault.goods')}\n\n{listed}\n"
    )


def _outdated(mount: Mount, company: Company, supplier: Supplier, path: str, policies: str) -> str:
    """Write the lead time of before the agreement, and label which source counts and where that is said."""
    label, days = company.book.at("vault.old_lead_time"), company.outdated[supplier.name]
    mount.plant(
        "contradiction",
        Entity("supplier", supplier.name),
        attribute="lead_time",
        says=str(days),
        holds=str(supplier.lead_time_days),
        places=[{"file": path, "label": label}],
        authority=company.book.at("policies.records.values.lead_time"),
        named_in=policies,
    )
    return f"{label}: {days} days"


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
        f"orders: ## number of rows in {orders}\n\t@tail -n +2 {orders} | wc -l | tr -d ' '\n\n"
        f"notes: ## titles of all meeting notes\n\t@head -qn 1 {notes}/*.md\n\n"
        f"warnings: ## climate warnings in the log\n\t@grep WARN {log}\n\n"
        f"scripts: ## lines of each script\n\t@wc -l {source}/*.py\n"
    )


def _eslint() -> str:
    rules = '{ rules: { "no-unused-vars": "error", "prefer-const": "warn", eqeqeq: "error" } }'
    return f"export default [\n  {rules},\n];\n"


def _openapi(company: Company) -> str:
    product, order, say = company.products[0], company.orders[0], company.book.labels("api")
    text = {"type": "string"}
    document = {
        "openapi": "3.1.0",
        "info": {"title": f"{company.name} {say['lines']}", "version": "1.2.0"},
        "servers": [{"url": "http://127.0.0.1:8098"}],
        "paths": {
            f"/{say['items']}/{{{say['code']}}}": {"get": _operation("getItem", say["code"], product.sku, say["item"])},
            f"/{say['lines']}/{{number}}": {"get": _operation("getLine", "number", order.order_id, say["line"])},
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
