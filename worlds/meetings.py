"""Decides which meetings took place and what was said in them."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from worlds.draws import Draw
from worlds.goods import weekday
from worlds.minutes import Labelled, Note, listed
from worlds.model import Company, Employee, Order, PriceChange, Product, Site, Supplier, Trip
from worlds.mount import Entity
from worlds.vocabulary import Trade


def draw_notes(company: Company, words: Trade, count: int) -> tuple[Note, ...]:
    """Draw the notes of the last months, oldest first; every title is unique."""
    draw = Draw(company.seed, "notes")
    notes = [_price_review(draw, company, change) for change in company.price_changes]
    kinds: list[Iterator[Note]] = [
        (_supplier_review(draw, company, item) for item in draw.shuffled(company.suppliers)),
        (_delivery_promise(draw, company, item) for item in draw.shuffled(_recent(company))),
        (_storage(draw, company, words, item) for item in draw.shuffled(company.sites)),
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
    return [product for product in company.products if product.sku not in moved]


def _trips(company: Company) -> list[Trip]:
    one_each = {trip.destination: trip for trip in company.trips}
    return [trip for trip in one_each.values() if trip.start < company.now.date() - timedelta(days=14)]


def _with(draw: Draw, company: Company, *departments: str) -> list[Employee]:
    heads = [company.head_of(department) for department in departments]
    others = [person for person in company.employees if person not in heads]
    return heads + draw.several(others, draw.integer(1, 2))


def _price_review(draw: Draw, company: Company, change: PriceChange) -> Note:
    item, currency = change.product, company.units.currency
    entity, supplier = Entity("product", item.sku), item.supplier.name
    dearer = change.new > change.old
    reasons = (
        f"{supplier} announced higher charges for material and freight. We pass a part of it on and keep the rest.",
        f"The last purchase from {supplier} was dearer than planned, and the margin had become too thin.",
        f"Two competitors already moved. {supplier} confirmed that its own costs will not fall this year.",
    )
    if not dearer:
        reasons = (
            f"{supplier} has a better offer for larger lots since the autumn, and we let the customers have it.",
            f"Sales were slow, and {supplier} agreed to carry half of the reduction.",
            "A competitor sells a similar article for less; we answer before the spring orders come in.",
        )
    return Note(
        change.decided,
        f"Price review {item.name}",
        _with(draw, company, "Purchasing", "Sales"),
        [
            Labelled("SKU", entity, "sku", item.sku),
            Labelled("Product", entity, "name", item.name),
            Labelled("Supplier", entity, "supplier", supplier),
            Labelled("Old price", entity, f"old_price:{currency}", change.old, f" {currency}"),
            Labelled("New price", entity, f"price:{currency}", change.new, f" {currency}"),
            Labelled("Valid from", entity, "price_valid_from", change.effective),
        ],
        [draw.pick(reasons), "Orders dated before the new price is valid keep the old one, also when they ship later."],
        [
            f"{company.head_of('Sales').name} tells the key customers.",
            f"{company.head_of('Finance').name} updates the price list.",
        ],
    )


def _supplier_review(draw: Draw, company: Company, supplier: Supplier) -> Note:
    entity, today = Entity("supplier", supplier.name), company.now.date()
    goods = [item.name for item in company.products if item.supplier == supplier]
    claims = draw.integer(3, 19)
    return Note(
        weekday(today - timedelta(days=draw.integer(18, 120))),
        f"Supplier review {supplier.name}",
        _with(draw, company, "Purchasing", "Quality"),
        [
            Labelled("Supplier", entity, "name", supplier.name),
            Labelled("Contact", entity, "contact", supplier.contact),
            Labelled("On-time deliveries", entity, "on_time:percent", supplier.on_time_percent, " percent"),
            Labelled("Agreed lead time", entity, "lead_time:days", supplier.lead_time_days, " days"),
            Labelled("Claims in 2025", entity, "claims_2025", claims),
            Labelled("Next review", entity, "next_review", weekday(today + timedelta(days=draw.integer(60, 190)))),
        ],
        [
            f"{supplier.contact} joined by phone from {supplier.place.city}. We looked at "
            f"{listed(goods) or 'all goods'}; the complaint we hear most is about {supplier.defect}.",
            draw.pick(
                (
                    "They will send photographs of every pallet before it leaves, and we check the first three lots in "
                    "full.",
                    "They asked for forecasts a quarter ahead. We can give them six weeks, which they accepted.",
                    "A second packer starts there in April, so the peaks before the holidays should be easier.",
                )
            ),
        ],
        [f"{company.head_of('Purchasing').name} sends the claims list to {supplier.contact}."],
    )


def _delivery_promise(draw: Draw, company: Company, order: Order) -> Note:
    entity = Entity("order", order.order_id)
    promised = weekday(order.day + timedelta(days=draw.integer(6, 15)))
    return Note(
        order.day,
        f"Delivery promise {order.order_id}",
        _with(draw, company, "Sales", "Logistics"),
        [
            Labelled("Order", entity, "order_id", order.order_id),
            Labelled("Customer", entity, "customer", order.customer.name),
            Labelled("Article", entity, "sku", order.product.sku),
            Labelled("Quantity", entity, "quantity", order.quantity),
            Labelled("Promised delivery", entity, "promised", promised),
        ],
        [
            f"{order.customer.name} called twice about this order, because "
            + draw.pick(
                (
                    "they open a second place and need the goods on the shelf.",
                    "the last one came a week late.",
                    "their own customer has a fixed date.",
                )
            ),
            f"Sales gave the date to the customer in writing. The {order.product.name} is taken from stock; "
            "nothing has to be bought in.",
        ],
    )


def _storage(draw: Draw, company: Company, words: Trade, site: Site) -> Note:
    entity, unit = Entity("site", site.name), company.units.temperature
    return Note(
        weekday(company.now.date() - timedelta(days=draw.integer(40, 150))),
        f"Storage conditions {site.name}",
        _with(draw, company, "Quality", "Logistics"),
        [
            Labelled("Site", entity, "name", site.name),
            Labelled("Sensor", entity, "sensor", site.sensor),
            Labelled("Temperature limit", entity, f"limit_temperature:{unit}", site.limit_temperature, f" {unit}"),
            Labelled("Humidity limit", entity, "limit_humidity:percent", site.limit_humidity, " percent"),
            Labelled("Floor area", entity, "area:m2", site.area, " m2"),
        ],
        [
            f"The limits protect the {words.storage_subject} and hold for the whole year. A single reading above "
            f"a limit is "
            "written down; two in a row on one day are reported to Quality.",
            draw.pick(
                (
                    "The door at the loading side closes badly and will be adjusted.",
                    "The sensor hangs too near to the window and moves to the inner wall.",
                    "The afternoon sun is the main cause of high readings; blinds are ordered.",
                )
            ),
        ],
    )


def _machine(draw: Draw, company: Company, machine: str) -> Note:
    entity, today, currency = Entity("machine", machine), company.now.date(), company.units.currency
    serviced = weekday(today - timedelta(days=draw.integer(30, 160)))
    cost = Decimal(draw.integer(18250, 96400)) / 100
    return Note(
        serviced + timedelta(days=1) if serviced.weekday() < 4 else weekday(serviced + timedelta(days=1)),  # noqa: PLR2004
        f"Maintenance {machine}",
        _with(draw, company, next(iter(_makers(company))), "Finance"),
        [
            Labelled("Machine", entity, "name", machine),
            Labelled("Last service", entity, "last_service", serviced),
            Labelled(
                "Next service", entity, "next_service", weekday(serviced + timedelta(days=draw.integer(150, 320)))
            ),
            Labelled("Downtime", entity, "downtime:hours", Decimal(draw.integer(15, 118)) / 10, " hours"),
            Labelled(
                "Service cost", entity, f"service_cost:{currency}", cost.quantize(Decimal("0.01")), f" {currency}"
            ),
        ],
        [
            f"The technician found the {machine} in good order "
            + draw.pick(
                (
                    "but replaced a worn bearing.",
                    "and only cleaned and greased it.",
                    "after a loose cable had been fixed.",
                )
            ),
            "The cost goes to the department's own budget; downtime counts from the last good run to the next one.",
        ],
    )


def _makers(company: Company) -> list[str]:
    shared = {"Purchasing", "Quality", "Sales", "Logistics", "Finance"}
    return [name for name, _ in company.budget if name not in shared]


def _stock_plan(draw: Draw, company: Company, product: Product) -> Note:
    entity, today = Entity("product", product.sku), company.now.date()
    return Note(
        weekday(today - timedelta(days=draw.integer(9, 50))),
        f"Stock plan {product.name}",
        _with(draw, company, "Logistics", "Purchasing"),
        [
            Labelled("SKU", entity, "sku", product.sku),
            Labelled("Product", entity, "name", product.name),
            Labelled("Reorder level", entity, "reorder_level", product.reorder_level, " units"),
            Labelled("Planned purchase", entity, "planned_purchase:units", draw.integer(104, 960), " units"),
            Labelled(
                "Expected arrival", entity, "expected_arrival", weekday(today + timedelta(days=draw.integer(9, 48)))
            ),
        ],
        [
            f"{product.supplier.name} can deliver the planned quantity in one lot. "
            + draw.pick(
                (
                    "We split it over two shelves, since one is too narrow.",
                    "Half of it is already spoken for by two customers.",
                    "It should last until the summer catalogue.",
                )
            ),
        ],
        [f"{company.head_of('Purchasing').name} places the order with {product.supplier.contact}."],
    )


def _trip_report(draw: Draw, company: Company, trip: Trip) -> Note:
    entity, currency = Entity("trip", trip.trip_id), company.units.currency
    back = trip.start + timedelta(days=trip.nights)
    return Note(
        weekday(back + timedelta(days=2)),
        f"Trip report {trip.destination} {trip.trip_id}",
        [trip.traveller, *[person for person in _with(draw, company, "Sales") if person != trip.traveller]],
        [
            Labelled("Trip", entity, "id", trip.trip_id),
            Labelled("Traveller", entity, "traveller", trip.traveller.name),
            Labelled("Destination", entity, "destination", trip.destination),
            Labelled("Start", entity, "start", trip.start),
            Labelled("Meetings held", entity, "meetings", draw.integer(3, 14)),
            Labelled("Leads worth", entity, f"leads:{currency}", draw.integer(1205, 9870), f" {currency}"),
        ],
        [
            draw.pick(
                (
                    "The fair was smaller than last year, but the right people came.",
                    "Most talks were with shops that know us only from the catalogue.",
                    "Two visits were cancelled by snow and will be made by phone.",
                )
            )
            + " Samples are to be sent within two weeks."
        ],
    )


def _targets(draw: Draw, company: Company) -> Note:
    currency = company.units.currency
    regions = sorted({customer.region for customer in company.customers})
    return Note(
        weekday(company.now.date() - timedelta(days=35)),
        "Sales targets second quarter 2026",
        _with(draw, company, "Sales", "Finance"),
        [
            Labelled(
                f"Target {region}",
                Entity("region", region),
                f"target_2026_q2:{currency}",
                draw.integer(1530, 9890) * 10,
                f" {currency}",
            )
            for region in regions
        ],
        [
            "The targets are net of returns and count by the date of the order. "
            "A region that reaches its target early does not hand the rest to another one.",
        ],
    )
