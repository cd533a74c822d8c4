"""Decides which meetings took place and who was there; what was said in them stands in the trade's book."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from worlds.draws import Draw
from worlds.events import Order, PriceChange, Trip
from worlds.goods import weekday
from worlds.minutes import Labelled, Note, listed
from worlds.model import Company
from worlds.mount import Cell, Entity
from worlds.things import Customer, Employee, Product, Site, Supplier
from worlds.vocabulary import Trade

_Facts = Mapping[str, tuple[Cell, str]]
"""Attribute, with its unit, to the value and the unit as written."""


def draw_notes(company: Company, words: Trade, count: int) -> tuple[Note, ...]:
    """Draw the notes of the last months, oldest first; every title is unique."""
    draw = Draw(company.stream, "notes")
    notes = [_price_review(draw, company, change) for change in company.price_changes]
    kinds: list[Iterator[Note]] = [
        (_supplier_review(draw, company, item) for item in draw.shuffled(company.suppliers)),
        (_promise(draw, company, item) for item in draw.shuffled(_recent(company))),
        (_storage(draw, company, words, item) for item in draw.shuffled(company.sites)),
        (_account(draw, company, item) for item in draw.shuffled(company.customers)),
        (_machine(draw, company, item) for item in draw.shuffled(words.machines)),
        (_stock_plan(draw, company, item) for item in draw.shuffled(_quiet(company))),
        (_trip_report(draw, company, item) for item in draw.shuffled(_trips(company))),
        (_targets(draw, company) for _ in range(1)),
    ]
    while len(notes) < count and kinds:
        kind = kinds.pop(0)
        note = next(kind, None)
        if note is not None:
            notes.append(note)
            kinds.append(kind)
    return tuple(sorted(notes, key=lambda note: (note.day, note.title)))


def _recent(company: Company) -> list[Order]:
    first = company.now.date() - timedelta(days=80)
    last = company.now.date() - timedelta(days=20)
    return [order for order in company.orders if first < order.day < last]


def _quiet(company: Company) -> list[Product]:
    moved = {change.product.sku for change in company.price_changes}
    return [item for item in company.products if item.sku not in moved and item.reorder_level is not None]


def _trips(company: Company) -> list[Trip]:
    one_each = {trip.destination: trip for trip in company.trips}
    return [trip for trip in one_each.values() if trip.start < company.now.date() - timedelta(days=14)]


def _with(draw: Draw, company: Company, *duties: str) -> list[Employee]:
    leads = [company.lead(duty) for duty in duties]
    others = [person for person in company.employees if person not in leads]
    return leads + draw.several(others, draw.integer(1, 2))


def _said(draw: Draw, company: Company, kind: str, **names: object) -> list[str]:
    """The paragraphs of a kind of note; where there are several ways to say one, one is drawn."""
    chosen = [
        text if isinstance(text, str) else draw.pick(text) for text in company.book.at(f"notes.{kind}.paragraphs")
    ]
    return [text.format(**names) for text in chosen]


@dataclass(frozen=True, slots=True)
class _Meeting:
    """What a meeting was about, when, and who came; `kind` is its key in the book."""

    kind: str
    day: date
    who: list[Employee]
    entity: Entity


def _note(company: Company, meeting: _Meeting, facts: _Facts, said: list[str], **names: object) -> Note:
    """Put a note together; a label that the trade does not have leaves its line out."""
    key = f"notes.{meeting.kind}"
    labels = company.book.labels(f"{key}.labels")
    lines = [
        Labelled(labels[attribute.partition(":")[0]], meeting.entity, attribute, value, suffix)
        for attribute, (value, suffix) in facts.items()
        if attribute.partition(":")[0] in labels
    ]
    leads = {
        "buyer": company.lead("buying").name,
        "seller": company.lead("selling").name,
        "controller": company.lead("money").name,
    }
    actions = company.book.options(f"{key}.actions", **leads, **names) if "actions" in company.book.at(key) else []
    return Note(meeting.day, company.book.say(f"{key}.title", **names), meeting.who, lines, said, actions)


def _price_review(draw: Draw, company: Company, change: PriceChange) -> Note:
    item, currency = change.product, company.units.currency
    names = {"item": item.name, "supplier": item.supplier.name}
    reasons = company.book.options(f"notes.price_review.{'dearer' if change.new > change.old else 'cheaper'}", **names)
    facts: _Facts = {
        "sku": (item.sku, ""),
        "name": (item.name, ""),
        "supplier": (item.supplier.name, ""),
        f"old_price:{currency}": (change.old, f" {currency}"),
        f"price:{currency}": (change.new, f" {currency}"),
        "price_valid_from": (change.effective, ""),
    }
    who, entity = _with(draw, company, "buying", "selling"), Entity("product", item.sku)
    said = [draw.pick(reasons), *company.book.options("notes.price_review.then")]
    return _note(company, _Meeting("price_review", change.decided, who, entity), facts, said, **names)


def _supplier_review(draw: Draw, company: Company, supplier: Supplier) -> Note:
    today = company.now.date()
    goods = [item.name for item in company.products if item.supplier == supplier]
    claims = draw.integer(3, 19)
    when = weekday(today - timedelta(days=draw.integer(18, 120)))
    facts: _Facts = {
        "name": (supplier.name, ""),
        "contact": (supplier.contact, ""),
        "on_time:percent": (supplier.on_time_percent, " percent"),
        "lead_time:days": (supplier.lead_time_days, " days"),
        "claims_2025": (claims, ""),
        "next_review": (weekday(today + timedelta(days=draw.integer(60, 190))), ""),
    }
    names = {
        "supplier": supplier.name,
        "contact": supplier.contact,
        "city": supplier.place.city,
        "goods": listed(goods) or company.book.at("notes.supplier_review.no_goods"),
        "defect": supplier.defect,
    }
    who, entity = _with(draw, company, "buying", "quality"), Entity("supplier", supplier.name)
    said = _said(draw, company, "supplier_review", **names)
    return _note(company, _Meeting("supplier_review", when, who, entity), facts, said, **names)


def _promise(draw: Draw, company: Company, order: Order) -> Note:
    promised = weekday(order.day + timedelta(days=draw.integer(6, 15)))
    facts: _Facts = {
        "order_id": (order.order_id, ""),
        "customer": (order.customer.name, ""),
        "sku": (order.product.sku, ""),
        "quantity": (order.quantity, ""),
        "promised": (promised, ""),
    }
    names = {"order": order.order_id, "customer": order.customer.name, "item": order.product.name}
    who, entity = _with(draw, company, "selling", "stock"), Entity("order", order.order_id)
    return _note(
        company, _Meeting("promise", order.day, who, entity), facts, _said(draw, company, "promise", **names), **names
    )


def _storage(draw: Draw, company: Company, words: Trade, site: Site) -> Note:
    unit = company.units.temperature
    when = weekday(company.now.date() - timedelta(days=draw.integer(40, 150)))
    facts: _Facts = {
        "name": (site.name, ""),
        "sensor": (site.sensor, ""),
        f"limit_temperature:{unit}": (site.limit_temperature, f" {unit}"),
        "limit_humidity:percent": (site.limit_humidity, " percent"),
        "area:m2": (site.area, " m2"),
    }
    names = {"site": site.name, "storage_subject": words.storage_subject}
    who, entity = _with(draw, company, "quality", "stock"), Entity("site", site.name)
    return _note(
        company, _Meeting("storage", when, who, entity), facts, _said(draw, company, "storage", **names), **names
    )


def _account(draw: Draw, company: Company, customer: Customer) -> Note:
    currency, plan = company.units.currency, company.accounts[customer.name]
    when = weekday(company.now.date() - timedelta(days=draw.integer(10, 90)))
    bought = Counter(order.product.name for order in company.orders if order.customer == customer)
    often = max(sorted(bought), key=bought.__getitem__, default=company.products[0].name)
    facts: _Facts = {
        "name": (customer.name, ""),
        "customer_id": (customer.customer_id, ""),
        "payment_days:days": (customer.payment_days, " days"),
        f"credit_limit:{currency}": (customer.credit_limit, f" {currency}"),
        f"plan_2026:{currency}": (plan.amount, f" {currency}"),
    }
    names = {"customer": customer.name, "item": often}
    who, entity = _with(draw, company, "selling"), Entity("customer", customer.name)
    return _note(
        company, _Meeting("account", when, who, entity), facts, _said(draw, company, "account", **names), **names
    )


def _machine(draw: Draw, company: Company, machine: str) -> Note:
    today, currency = company.now.date(), company.units.currency
    serviced = weekday(today - timedelta(days=draw.integer(30, 160)))
    cost = Decimal(draw.integer(18250, 96400) * company.units.money) / 100
    facts: _Facts = {
        "name": (machine, ""),
        "last_service": (serviced, ""),
        "next_service": (weekday(serviced + timedelta(days=draw.integer(150, 320))), ""),
        "downtime:hours": (Decimal(draw.integer(15, 118)) / 10, " hours"),
        f"service_cost:{currency}": (cost.quantize(Decimal("0.01")), f" {currency}"),
    }
    making = company.head_of(_makers(company)[0])
    who = [making, *(person for person in _with(draw, company, "money") if person != making)]
    said = _said(draw, company, "machine", machine=machine)
    when = weekday(serviced + timedelta(days=1))
    return _note(company, _Meeting("machine", when, who, Entity("machine", machine)), facts, said, machine=machine)


def _makers(company: Company) -> list[str]:
    shared = set(company.book.labels("duties").values())
    return [name for name, _ in company.budget if name not in shared]


def _stock_plan(draw: Draw, company: Company, item: Product) -> Note:
    today, suffix = company.now.date(), str(company.book.at("notes.stock_plan.suffix"))
    when = weekday(today - timedelta(days=draw.integer(9, 50)))
    facts: _Facts = {
        "sku": (item.sku, ""),
        "name": (item.name, ""),
        "reorder_level": (item.reorder_level, suffix),
        "planned_purchase:units": (draw.integer(104, 960), suffix),
        "expected_arrival": (weekday(today + timedelta(days=draw.integer(9, 48))), ""),
    }
    names = {"item": item.name, "supplier": item.supplier.name, "contact": item.supplier.contact}
    who, entity = _with(draw, company, "stock", "buying"), Entity("product", item.sku)
    return _note(
        company, _Meeting("stock_plan", when, who, entity), facts, _said(draw, company, "stock_plan", **names), **names
    )


def _trip_report(draw: Draw, company: Company, trip: Trip) -> Note:
    currency, back = company.units.currency, trip.start + timedelta(days=trip.nights)
    facts: _Facts = {
        "id": (trip.trip_id, ""),
        "traveller": (trip.traveller.name, ""),
        "destination": (trip.destination, ""),
        "start": (trip.start, ""),
        "meetings": (draw.integer(3, 14), ""),
        f"leads:{currency}": (draw.integer(1205, 9870) * company.units.money, f" {currency}"),
    }
    who = [trip.traveller, *[person for person in _with(draw, company, "selling") if person != trip.traveller]]
    names = {"destination": trip.destination, "trip": trip.trip_id}
    said, when = _said(draw, company, "trip"), weekday(back + timedelta(days=2))
    return _note(company, _Meeting("trip", when, who, Entity("trip", trip.trip_id)), facts, said, **names)


def _targets(draw: Draw, company: Company) -> Note:
    currency, book = company.units.currency, company.book
    lines = [
        Labelled(
            book.say("notes.targets.label", region=region),
            Entity("region", region),
            f"target_2026_q2:{currency}",
            draw.integer(1530, 9890) * 10 * company.units.money,
            f" {currency}",
        )
        for region in sorted({customer.region for customer in company.customers})
    ]
    when, who = weekday(company.now.date() - timedelta(days=35)), _with(draw, company, "selling", "money")
    return Note(when, book.say("notes.targets.title"), who, lines, _said(draw, company, "targets"))
