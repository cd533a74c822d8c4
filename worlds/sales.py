"""Draws customers, orders and what became of them: shipments, returns, invoices."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from worlds.draws import Draw
from worlds.events import Invoice, Order, PriceChange, Return, Shipment
from worlds.goods import CENT, weekday
from worlds.model import Rules
from worlds.setting import Setting
from worlds.things import Customer, Product

FIRST_DAY = date(2025, 9, 1)


def draw_customers(draw: Draw, setting: Setting) -> tuple[Customer, ...]:
    """Draw the customers; every region has some, and not equally many."""
    near, money = setting.near["customer"], setting.units.money
    regions = draw.pick(setting.shared.regions)
    others = [name for name in setting.words.customers if name not in near]
    # In drawn order, so that neither of the two stands first in every list.
    chosen = draw.shuffled([*near, *draw.several(others, setting.scale.customers - len(near))])
    prefix = setting.texts.at("numbers.customer")
    numbers = sorted(draw.distinct(1203, 4980, len(chosen)))
    limits = draw.distinct(18, 240, len(chosen))
    days = draw.distinct(0, 2400, len(chosen))
    customers = []
    for index, name in enumerate(chosen):
        region = regions[index] if index < len(regions) else draw.pick(regions[: 1 + len(regions) // 2])
        since = date(2018, 3, 1) + timedelta(days=days[index])
        terms = draw.pick((10, 14, 21, 30, 45))
        customers.append(Customer(f"{prefix}{numbers[index]}", name, region, terms, limits[index] * 50 * money, since))
    return tuple(customers)


def draw_orders(
    draw: Draw,
    setting: Setting,
    products: Sequence[Product],
    customers: Sequence[Customer],
    changes: Sequence[PriceChange],
) -> tuple[Order, ...]:
    """Draw the order book, oldest first; no two products sold equally many units."""
    count, money = setting.scale.orders, setting.units.money
    form = draw.pick(setting.texts.at("numbers.order"))
    popularity = [product for product in products for _ in range(draw.integer(1, 7))]
    span = (setting.today - FIRST_DAY).days - 2
    days = sorted(weekday(FIRST_DAY + timedelta(days=draw.integer(0, span - 2))) for _ in range(count))
    moved = {change.product.sku: change for change in changes}
    numbers: Counter[int] = Counter()
    orders = []
    for index, day in enumerate(days):
        product = products[index] if index < len(products) else draw.pick(popularity)
        numbers[day.year] += draw.integer(1, 2)
        orders.append(
            Order(
                form.format(day.year, numbers[day.year]),
                day,
                product,
                draw.pick(customers),
                _quantity(draw, product.price / money),
                price_on(product, day, moved),
            )
        )
    return _without_ties(orders)


def price_on(product: Product, day: date, changes: Mapping[str, PriceChange]) -> Decimal:
    """Return what one unit cost on a day."""
    change = changes.get(product.sku)
    return change.old if change and day < change.effective else product.price


def _quantity(draw: Draw, price: Decimal) -> int:
    for limit, highest in ((20, 60), (60, 24), (250, 12), (900, 5)):
        if price < limit:
            return draw.integer(2, highest)
    return draw.integer(1, 3)


def _without_ties(orders: Sequence[Order]) -> tuple[Order, ...]:
    units: Counter[str] = Counter()
    last: dict[str, int] = {}
    for index, order in enumerate(orders):
        units[order.product.sku] += order.quantity
        last[order.product.sku] = index
    settled, seen = list(orders), set[int]()
    for sku in sorted(units):
        extra = 0
        while units[sku] + extra in seen:
            extra += 1
        seen.add(units[sku] + extra)
        order = settled[last[sku]]
        settled[last[sku]] = replace(order, quantity=order.quantity + extra)
    return tuple(settled)


def draw_shipments(draw: Draw, setting: Setting, orders: Sequence[Order]) -> tuple[Shipment, ...]:
    """Draw how each order travelled; the youngest are still on the way or not yet sent."""
    shipments: list[Shipment] = []
    texts, today, money = setting.texts, setting.today, setting.units.money
    prefix = texts.at("numbers.shipment")
    for order in orders:
        shipped = weekday(order.day + timedelta(days=draw.integer(1, 6)))
        delivered = weekday(shipped + timedelta(days=draw.integer(1, 11)))
        freight = Decimal((draw.integer(490, 3990) + 7 * order.quantity) * money) / 100
        carrier = draw.pick(texts.at("carriers"))
        if shipped < today:
            number = f"{prefix}{4100 + len(shipments) * 3 + draw.integer(0, 2)}"
            arrived = delivered if delivered < today else None
            shipments.append(Shipment(number, order, carrier, shipped, arrived, freight))
    return tuple(shipments)


def draw_returns(draw: Draw, setting: Setting, shipments: Sequence[Shipment], rules: Rules) -> tuple[Return, ...]:
    """Draw what came back within the return window, refunded less the restocking fee."""
    returns: list[Return] = []
    prefix, reasons = setting.texts.at("numbers.return"), setting.words.returns
    for shipment in shipments:
        if shipment.delivered is None or not draw.chance(0.09):
            continue
        order = shipment.order
        received = weekday(shipment.delivered + timedelta(days=draw.integer(2, max(3, rules.return_window_days - 3))))
        if received >= setting.today:
            continue
        quantity = draw.integer(1, max(1, order.quantity // 3))
        kept = (100 - rules.restocking_fee_percent) / 100
        refund = (quantity * order.unit_price * kept).quantize(CENT, ROUND_HALF_UP)
        number = f"{prefix}{301 + 2 * len(returns) + draw.integer(0, 1)}"
        returns.append(Return(number, order, quantity, draw.pick(reasons), received, refund))
    return tuple(returns)


def draw_invoices(draw: Draw, shipments: Sequence[Shipment], today: date) -> tuple[Invoice, ...]:
    """Draw one invoice per order sent; some are paid late, some not yet."""
    invoices = []
    for index, shipment in enumerate(shipments):
        due = shipment.shipped + timedelta(days=shipment.order.customer.payment_days)
        paid = weekday(due + timedelta(days=draw.integer(-9, 12)))
        settled = paid if paid < today and draw.chance(0.93) else None
        number = f"INV-{shipment.shipped.year % 100}{index + 1:04d}"
        invoices.append(Invoice(number, shipment.order, shipment.shipped, due, settled))
    return tuple(invoices)
