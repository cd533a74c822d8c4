"""Writes the agreements with suppliers as Word documents: properties, a table of terms, goods and clauses."""

from worlds.documents import About, Term, add_rows, add_terms, begin, finish
from worlds.layouts import Layout
from worlds.model import Company
from worlds.mount import Cell, Entity, Mount
from worlds.staff import plain
from worlds.things import Contract


def write_agreements(mount: Mount, company: Company, layout: Layout) -> None:
    """Write one document per contract."""
    book, currency = company.book, company.units.currency
    for contract in company.contracts:
        path = f"{layout.paths['contracts']}/{plain(contract.supplier.name)}.docx"
        title, subject = title_of(company, contract), book.say("agreement.subject", company=company.name)
        about = About(title, contract.author.name, subject, contract.number, contract.signed)
        document = begin(about)
        place = contract.supplier.place
        document.add_paragraph(
            f"between {company.name}, {company.headquarters.city}, and {contract.supplier.name}, "
            f"{place.city}, {place.country}."
        )
        this = Entity("contract", contract.number)
        mount.state(this, "author", contract.author.name, path, {"property": "author"})
        mount.state(this, "title", title, path, {"property": "title"})
        add_terms(document, mount, path, company.units, _terms(company, contract))
        document.add_heading(book.say("agreement.goods"), level=2)
        labels = book.labels("agreement.columns")
        headers = [f"{label} {currency}" if name == "cost" else label for name, label in labels.items()]
        add_rows(document, mount, path, headers, _goods(company, contract))
        for number, clause in enumerate(_clauses(company, contract), start=1):
            document.add_paragraph(f"{number}. {clause}")
        finish(document, mount, path, contract.signed)


def title_of(company: Company, contract: Contract) -> str:
    """Return the document's title, which is unique."""
    return company.book.say("agreement.title", number=contract.number, supplier=contract.supplier.name)


def _terms(company: Company, contract: Contract) -> list[Term]:
    currency = company.units.currency
    this, maker = Entity("contract", contract.number), Entity("supplier", contract.supplier.name)
    facts: list[tuple[Entity, str, Cell, str]] = [
        (this, "number", contract.number, ""),
        (this, "supplier", contract.supplier.name, ""),
        (maker, "contact", contract.supplier.contact, ""),
        (this, "signed", contract.signed, ""),
        (this, "effective", contract.effective, ""),
        (this, "term:months", contract.term_months, " months"),
        (this, "payment:days", contract.payment_days, " days"),
        (this, "penalty:percent", contract.penalty_percent, " percent"),
        (this, f"minimum_order:{currency}", contract.minimum_order, f" {currency}"),
        (this, "notice:days", contract.notice_days, " days"),
        (maker, "lead_time:days", contract.supplier.lead_time_days, " days"),
    ]
    labels = company.book.labels("agreement.terms")
    return [
        Term(labels[attribute.partition(":")[0]], about, attribute, value, suffix)
        for about, attribute, value, suffix in facts
    ]


def _goods(company: Company, contract: Contract) -> list[tuple[Entity, dict[str, Cell]]]:
    cost = f"cost:{company.units.currency}"
    return [
        (Entity("product", item.sku), {"sku": item.sku, "name": item.name, cost: item.cost}) for item in contract.items
    ]


def _clauses(company: Company, contract: Contract) -> list[str]:
    return company.book.options(
        "agreement.clauses",
        company=company.name,
        supplier=contract.supplier.name,
        contact=contract.supplier.contact,
        author=contract.author.name,
        role=contract.author.role,
        lead_time=contract.supplier.lead_time_days,
        minimum=contract.minimum_order,
        currency=company.units.currency,
        penalty=contract.penalty_percent,
        payment=contract.payment_days,
        notice=contract.notice_days,
        term=contract.term_months,
        effective=company.units.day(contract.effective),
    )
