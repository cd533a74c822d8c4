"""Draws what is bought and sold: suppliers, products, shelves, price changes, contracts."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from worlds.draws import Draw
from worlds.events import PriceChange
from worlds.model import Units
from worlds.scale import Scale
from worlds.setting import Setting
from worlds.staff import plain
from worlds.things import Contract, Employee, Place, Product, Shelf, Supplier
from worlds.vocabulary import Trade
from worlds.wording import Book, book

PER_METRIC = {"lb": Decimal("2.2046226"), "mi": Decimal("0.6213712")}
"""How many of a unit make one of the metric unit that the vocabulary is written in."""
CENT = Decimal("0.01")
_Product = tuple[str, str, float, float]
_Supplier = tuple[str, str, str, str, tuple[str, ...]]


def draw_suppliers(draw: Draw, trade: Trade, contacts: Sequence[str], scale: Scale) -> tuple[Supplier, ...]:
    """Draw the suppliers; no two have one lead time or one on-time rate."""
    chosen = _varied(draw.shuffled(trade.suppliers), scale.suppliers)
    leads = draw.distinct(6, 58, len(chosen))
    rates = draw.distinct(812, 994, len(chosen))
    numbers = sorted(draw.distinct(11, 98, len(chosen)))
    prefix = book(trade.book).at("numbers.supplier")
    return tuple(
        Supplier(
            f"{prefix}{numbers[index]}",
            name,
            Place(city, country, zone),
            contacts[index],
            f"{plain(contacts[index]).split('-', maxsplit=1)[0]}@{plain(name)}.example",
            leads[index],
            Decimal(rates[index]) / 10,
            trade.defects[index % len(trade.defects)],
            categories,
        )
        for index, (name, city, country, zone, categories) in enumerate(chosen)
    )


def _varied(suppliers: list[_Supplier], count: int) -> list[_Supplier]:
    """Take those first whose categories nobody else has, so that as many products as possible have a maker."""
    chosen: list[_Supplier] = []
    for supplier in suppliers:
        if set(supplier[4]) - {category for other in chosen for category in other[4]}:
            chosen.append(supplier)
    rest = [supplier for supplier in suppliers if supplier not in chosen]
    return [*chosen, *rest][:count]


def draw_products(draw: Draw, setting: Setting, suppliers: Sequence[Supplier]) -> tuple[Product, ...]:
    """Draw the products; prices, measures, stocks and reorder levels are all different, one level nobody entered."""
    trade, texts, units = setting.words, setting.texts, setting.units
    wanted = _supplied(draw.shuffled(trade.products), suppliers, setting.near["product"])
    chosen = draw.shuffled(wanted[: setting.scale.products])
    makers = _makers(suppliers, [category for _, category, _, _ in chosen])
    numbers = draw.distinct(1012, 9871, len(chosen))
    levels = draw.distinct(9, 148, len(chosen))
    stocks = draw.distinct(23, 587, len(chosen))
    shelves = draw.distinct(11, 599, 3 * len(chosen))
    prefix = draw.pick(texts.at("numbers.item")).format(package=plain(trade.package)[:2].upper())
    unknown = draw.integer(0, len(chosen) - 1)
    used: set[Decimal] = set()
    products = []
    for index, (name, category, typical, price) in enumerate(chosen):
        measure = _apart(used, _measure(draw, typical, units, texts), Decimal(1).scaleb(-texts.at("measure.places")))
        today = _apart(used, _price(draw, price) * units.money, Decimal("0.50") * units.money)
        products.append(
            Product(
                f"{prefix}{numbers[index]}",
                name,
                category,
                measure,
                today,
                _cents(today * draw.decimal("0.70", "0.84", "0.01")),
                _cents(today * draw.decimal("0.41", "0.62", "0.01")),
                makers[index],
                None if index == unknown else levels[index],
                _shelves(draw, trade.sites, stocks[index], shelves[3 * index : 3 * index + 3]),
            )
        )
    return tuple(products)


def _supplied(products: list[_Product], suppliers: Sequence[Supplier], near: tuple[str, str]) -> list[_Product]:
    """Put the products first that one of the suppliers makes; a pair of near names before them."""
    made = {category for supplier in suppliers for category in supplier.categories}
    return sorted(products, key=lambda product: (product[0] not in near, product[1] not in made))


def _makers(suppliers: Sequence[Supplier], categories: Sequence[str]) -> list[Supplier]:
    """Give each product the supplier of its category that has the fewest so far."""
    load = dict.fromkeys((supplier.name for supplier in suppliers), 0)
    makers = []
    for category in categories:
        able = [supplier for supplier in suppliers if category in supplier.categories] or suppliers
        maker = min(able, key=lambda supplier: load[supplier.name])
        load[maker.name] += 1
        makers.append(maker)
    return makers


def draw_price_changes(
    draw: Draw, products: Sequence[Product], today: date, count: int, money: int
) -> tuple[PriceChange, ...]:
    """Draw which products became dearer or cheaper in the last months."""
    changes = []
    days = sorted(draw.distinct(25, 130, count), reverse=True)
    for product, ago in zip(draw.several(products, count), days, strict=True):
        factor = draw.decimal("0.905", "0.975", "0.005") if draw.chance(0.8) else draw.decimal("1.03", "1.08", "0.005")
        step = CENT * 10 * money
        old = (product.price * factor / step).to_integral_value(ROUND_HALF_UP) * step
        decided = weekday(today - timedelta(days=ago))
        changes.append(PriceChange(product, old.quantize(CENT), product.price, decided, decided + timedelta(days=14)))
    return tuple(changes)


def draw_contracts(
    draw: Draw,
    setting: Setting,
    suppliers: Sequence[Supplier],
    products: Sequence[Product],
    authors: Sequence[Employee],
) -> tuple[Contract, ...]:
    """Draw supply agreements; no two share a penalty, a term of payment or a minimum order."""
    with_goods = [supplier for supplier in suppliers if any(item.supplier == supplier for item in products)]
    prefix, chosen = setting.texts.at("numbers.contract"), draw.several(with_goods, setting.scale.contracts)
    payment, notice = draw.distinct(14, 75, len(chosen)), draw.distinct(30, 120, len(chosen))
    penalties, minimums = draw.distinct(4, 31, len(chosen)), draw.distinct(86, 940, len(chosen))
    numbers = sorted(draw.distinct(104, 397, len(chosen)))
    contracts = []
    for index, supplier in enumerate(chosen):
        signed = weekday(date(2024, 3, 4) + timedelta(days=draw.integer(0, 500)))
        contracts.append(
            Contract(
                f"{prefix}-{signed.year}-{numbers[index]}",
                supplier,
                draw.pick(authors),
                signed,
                (signed + timedelta(days=40)).replace(day=1),
                draw.pick((18, 24, 30, 36, 48)),
                payment[index],
                Decimal(penalties[index]) / 10,
                Decimal(minimums[index]) * 5 * setting.units.money,
                notice[index],
                tuple(item for item in products if item.supplier == supplier),
            )
        )
    return tuple(contracts)


def weekday(day: date) -> date:
    """Return `day`, or the Monday after it at a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day  # noqa: PLR2004


def measured_in(texts: Book, units: Units) -> str:
    """Return the unit that the company writes its products' measure in."""
    unit = str(texts.at("measure.in"))
    return {"weight": units.weight, "distance": units.distance}.get(unit, unit)


def _measure(draw: Draw, typical: float, units: Units, texts: Book) -> Decimal:
    drawn = Decimal(str(typical)) * draw.decimal("0.86", "1.17", "0.01")
    factor = PER_METRIC.get(measured_in(texts, units), Decimal(1))
    return (drawn * factor).quantize(Decimal(1).scaleb(-texts.at("measure.places")), ROUND_HALF_UP)


def _price(draw: Draw, typical: float) -> Decimal:
    drawn = Decimal(str(typical)) * draw.decimal("0.84", "1.24", "0.01")
    step = Decimal("0.05") if typical < 40 else Decimal("0.50")  # noqa: PLR2004
    return ((drawn / step).to_integral_value(ROUND_HALF_UP) * step).quantize(CENT)


def _apart(used: set[Decimal], value: Decimal, step: Decimal) -> Decimal:
    while value in used:
        value += step
    used.add(value)
    return value


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _shelves(draw: Draw, sites: Sequence[str], stock: int, numbers: Sequence[int]) -> tuple[Shelf, ...]:
    count = draw.integer(1, min(3, len(sites)))
    chosen = draw.several(sites, count)
    left, shelves = stock, []
    for index, site in enumerate(chosen):
        here = left if index == count - 1 else draw.integer(1, max(1, left - (count - index)))
        left -= here
        shelves.append(Shelf(site, f"{'ABCDEF'[numbers[index] // 100]}-{numbers[index] % 100:02d}", here))
    return tuple(shelves)
