"""Writes what inspections found, as Word documents: one per supplier, every product of it with its lot."""

from worlds.documents import About, Term, add_rows, add_terms, begin, finish
from worlds.layouts import Layout
from worlds.model import Company
from worlds.mount import Cell, Entity, Mount
from worlds.staff import plain
from worlds.things import Certificate, Lot


def write_certificates(mount: Mount, company: Company, layout: Layout) -> None:
    """Write one document per certificate."""
    book = company.book
    for certificate in company.certificates:
        supplier = certificate.supplier
        number = f"{book.at('numbers.certificate')}-{certificate.number}"
        title = book.say("certificate.title", number=number, supplier=supplier.name)
        path = f"{layout.paths['certificates']}/{number.lower()}-{plain(supplier.name)}.docx"
        subject = book.say("certificate.subject", company=company.name)
        document = begin(About(title, certificate.inspector.name, subject, number, certificate.inspected))
        document.add_paragraph(
            book.say("certificate.intro", company=company.name, supplier=supplier.name, city=supplier.place.city)
        )
        mount.state(Entity("certificate", number), "title", title, path, {"property": "title"})
        add_terms(document, mount, path, company.units, _terms(company, certificate, number))
        document.add_heading(book.say("certificate.heading"), level=2)
        headers = list(book.labels("certificate.columns").values())
        add_rows(document, mount, path, headers, [_row(lot) for lot in certificate.lots])
        document.add_paragraph(book.say("certificate.closing"))
        finish(document, mount, path, certificate.inspected)


def _terms(company: Company, certificate: Certificate, number: str) -> list[Term]:
    this = Entity("certificate", number)
    facts: dict[str, Cell] = {
        "number": number,
        "supplier": certificate.supplier.name,
        "inspector": certificate.inspector.name,
        "inspected": certificate.inspected,
        "valid": certificate.valid,
        "room": certificate.room,
    }
    labels = company.book.labels("certificate.terms")
    return [Term(labels[name], this, name, value) for name, value in facts.items()]


def _row(lot: Lot) -> tuple[Entity, dict[str, Cell]]:
    item = lot.product
    cells: dict[str, Cell] = {
        "sku": item.sku,
        "name": item.name,
        "lot": lot.lot,
        "sampled": lot.sampled,
        "passed": lot.passed,
    }
    return Entity("product", item.sku), cells
