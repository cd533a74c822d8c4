"""Writes the supply agreements as Word documents: properties, a table of terms, goods and clauses."""

import io
from datetime import datetime, time

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE

from worlds.layouts import Layout
from worlds.model import Company, Contract
from worlds.mount import Cell, Entity, Mount
from worlds.packages import settle
from worlds.staff import plain

_TABLE_STYLES = ("Normal Table", "Table Grid")
_UNUSED = ("/stylesWithEffects", "/thumbnail")


def write_agreements(mount: Mount, company: Company, layout: Layout) -> None:
    """Write one document per contract."""
    for contract in company.contracts:
        path = f"{layout.paths['contracts']}/{plain(contract.supplier.name)}.docx"
        document = _blank()
        _describe(document, company, contract)
        document.add_heading(title_of(contract), level=1)
        document.add_paragraph(
            f"between {company.name}, {company.headquarters.city}, and {contract.supplier.name}, "
            f"{contract.supplier.place.city}, {contract.supplier.place.country}."
        )
        _add_terms(document, mount, path, company, contract)
        _add_goods(document, mount, path, company, contract)
        for clause in _clauses(company, contract):
            document.add_paragraph(clause)
        out = io.BytesIO()
        document.save(out)
        mount.write(path, settle(out.getvalue(), f"{contract.signed.isoformat()}T10:00:00Z"))


def _blank() -> Document:
    """Return the library's empty document without what fills nine tenths of it: gallery styles and a thumbnail."""
    document = docx.Document()
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name not in _TABLE_STYLES:
            style.delete()
    for relations in (document.part.rels, document.part.package.rels):
        for number in [number for number, relation in relations.items() if relation.reltype.endswith(_UNUSED)]:
            del relations[number]
    return document


def title_of(contract: Contract) -> str:
    """Return the document's title, which is unique."""
    return f"Supply agreement {contract.number} with {contract.supplier.name}"


def _describe(document: Document, company: Company, contract: Contract) -> None:
    signed = datetime.combine(contract.signed, time(10, 0))
    properties = document.core_properties
    properties.author = properties.last_modified_by = contract.author.name
    properties.title = title_of(contract)
    properties.subject = f"Purchase of goods by {company.name}"
    properties.keywords = contract.number
    properties.comments = ""
    properties.created = properties.modified = signed
    properties.revision = 1


def _add_terms(document: Document, mount: Mount, path: str, company: Company, contract: Contract) -> None:
    entity = Entity("contract", contract.number)
    mount.state(entity, "author", contract.author.name, path, {"property": "author"})
    mount.state(entity, "title", title_of(contract), path, {"property": "title"})
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for number, (label, about, attribute, value, suffix) in enumerate(_terms(company, contract)):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, f"{value}{suffix}"
        mount.state(about, attribute, value, path, {"table": 0, "row": number, "column": 1})


def _terms(company: Company, contract: Contract) -> list[tuple[str, Entity, str, Cell, str]]:
    currency = company.units.currency
    this, maker = Entity("contract", contract.number), Entity("supplier", contract.supplier.name)
    return [
        ("Agreement number", this, "number", contract.number, ""),
        ("Supplier", this, "supplier", contract.supplier.name, ""),
        ("Supplier contact", maker, "contact", contract.supplier.contact, ""),
        ("Signed on", this, "signed", contract.signed, ""),
        ("Effective date", this, "effective", contract.effective, ""),
        ("Term", this, "term:months", contract.term_months, " months"),
        ("Payment terms", this, "payment:days", contract.payment_days, " days"),
        ("Penalty per week of delay", this, "penalty:percent", contract.penalty_percent, " percent"),
        ("Minimum order", this, f"minimum_order:{currency}", contract.minimum_order, f" {currency}"),
        ("Notice period", this, "notice:days", contract.notice_days, " days"),
        ("Agreed lead time", maker, "lead_time:days", contract.supplier.lead_time_days, " days"),
    ]


def _add_goods(document: Document, mount: Mount, path: str, company: Company, contract: Contract) -> None:
    document.add_heading("Goods", level=2)
    headers = ("SKU", "Goods", f"Purchase price {company.units.currency}")
    table = document.add_table(rows=1, cols=3, style="Table Grid")
    for cell, header in zip(table.rows[0].cells, headers, strict=True):
        cell.text = header
    for number, item in enumerate(contract.items, start=1):
        cells: list[tuple[str, Cell]] = [
            ("sku", item.sku), ("name", item.name), (f"cost:{company.units.currency}", item.cost)
        ]  # fmt: skip
        row = table.add_row().cells
        for column, (attribute, value) in enumerate(cells):
            row[column].text = str(value)
            place = {"table": 1, "row": number, "column": column}
            mount.state(Entity("product", item.sku), attribute, value, path, place)


def _clauses(company: Company, contract: Contract) -> list[str]:
    supplier, currency = contract.supplier.name, company.units.currency
    return [
        f"1. {supplier} delivers within {contract.supplier.lead_time_days} days of a written order. Orders below "
        f"{contract.minimum_order} {currency} may be refused.",
        f"2. For each full week of delay {company.name} may deduct {contract.penalty_percent} percent of the "
        f"value of the "
        "late goods from the invoice, up to ten weeks.",
        f"3. Invoices are payable within {contract.payment_days} days of receipt of the goods. Prices are net "
        f"and hold for "
        "the term of this agreement.",
        f"4. Either side may end this agreement with {contract.notice_days} days' notice in writing. Unless "
        f"ended, it runs for {contract.term_months} months from {contract.effective.isoformat()}.",
        f"5. Complaints are handled by {contract.supplier.contact} for {supplier} and by {contract.author.name}, "
        f"{contract.author.role}, for {company.name}.",
    ]
