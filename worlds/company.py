"""Draws one coherent company from a seed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from worlds import climate, goods, links, sales, staff
from worlds.draws import Draw
from worlds.model import Company, Rules, Units
from worlds.scale import Scale
from worlds.setting import Setting
from worlds.things import Employee
from worlds.vocabulary import TRADES, Locale, Trade, locales, people, trade
from worlds.wording import Book, book


def stream_of(seed: int, revision: int) -> str:
    """Name the draws of a seed; a world that had to be drawn again draws from other streams."""
    return f"{seed} again {revision}" if revision else str(seed)


def draw_company(seed: int, size: int, name: str = "", revision: int = 0) -> Company:
    """Draw everything there is to know; the same (seed, size, trade, revision) gives the same company for ever.

    Args:
        seed: any whole number.
        size: from 1 to 5.
        name: one of `TRADES`; empty: drawn from the seed.
        revision: how often the world was drawn before and supported too little.
    """
    stream = stream_of(seed, revision)
    scale, shared, vocabulary = Scale.of(size), people(), name or Draw(seed, "trade").pick(TRADES)
    words = trade(vocabulary)
    start, locale, texts = Draw(stream, "company"), Draw(stream, "locale").pick(locales()), book(words.book)
    called, now, units = start.pick(words.companies), _now(start), _units(start, locale)
    today, domain = now.date(), f"{staff.plain(called)}.example"
    setting = Setting(words, texts, shared, units, scale, today, _near(Draw(stream, "near"), words))
    own, contacts = staff.draw_names(Draw(stream, "names"), shared, locale, scale.employees)
    offices = staff.draw_offices(Draw(stream, "offices"), shared, locale, size)
    employees = staff.draw_employees(Draw(stream, "employees"), words, own, offices, domain)
    suppliers = goods.draw_suppliers(Draw(stream, "suppliers"), words, contacts, scale)
    products = goods.draw_products(Draw(stream, "products"), setting, suppliers)
    changes = goods.draw_price_changes(Draw(stream, "prices"), products, today, 2 + size, units.money)
    buyers = _of_duties(employees, texts, "buying", "money", "quality")
    contracts = goods.draw_contracts(Draw(stream, "contracts"), setting, suppliers, products, buyers)
    customers = sales.draw_customers(Draw(stream, "customers"), setting)
    orders = sales.draw_orders(Draw(stream, "orders"), setting, products, customers, changes)
    shipments = sales.draw_shipments(Draw(stream, "shipments"), setting, orders)
    rules = _rules(Draw(stream, "rules"), units.money)
    sites = climate.draw_sites(Draw(stream, "sites"), words, units)
    departments = list(words.departments)
    inspectors = _of_duties(employees, texts, "quality")
    return Company(
        seed=seed,
        size=size,
        stream=stream,
        name=called,
        trade=words.trade,
        vocabulary=vocabulary,
        locale=locale.name,
        book=texts,
        domain=domain,
        now=now,
        units=units,
        headquarters=offices[0],
        employees=employees,
        suppliers=suppliers,
        products=products,
        price_changes=changes,
        contracts=contracts,
        certificates=links.draw_certificates(
            Draw(stream, "certificates"), suppliers, products, inspectors, words.sites, today
        ),
        customers=customers,
        orders=orders,
        shipments=shipments,
        returns=sales.draw_returns(Draw(stream, "returns"), setting, shipments, rules),
        invoices=sales.draw_invoices(Draw(stream, "invoices"), shipments, today),
        sites=sites,
        readings=climate.draw_readings(Draw(stream, "readings"), sites, units, now, scale.days),
        trips=staff.draw_trips(Draw(stream, "trips"), employees, shared, today, scale, units.money),
        visits=links.draw_visits(Draw(stream, "visits"), customers, employees, today),
        inspections=links.draw_inspections(Draw(stream, "inspections"), products, words.sites, employees, today),
        accounts=links.draw_accounts(
            Draw(stream, "accounts"), customers, _of_duties(employees, texts, "selling", "money"), units.money
        ),
        purchases=links.draw_purchases(Draw(stream, "purchases"), suppliers, units.money),
        handling=links.draw_handling(Draw(stream, "handling"), products),
        budget=staff.draw_budget(Draw(stream, "budget"), departments, units.money),
        energy=climate.draw_energy(Draw(stream, "energy"), sites),
        open_positions=staff.draw_open_positions(Draw(stream, "positions"), departments),
        rules=rules,
        near=setting.near,
        outdated=links.draw_outdated(Draw(stream, "outdated"), contracts, 1 + size // 3),
    )


def _near(draw: Draw, words: Trade) -> dict[str, tuple[str, str]]:
    return {"product": draw.pick(words.near["products"]), "customer": draw.pick(words.near["customers"])}


def _of_duties(employees: Sequence[Employee], texts: Book, *duties: str) -> list[Employee]:
    departments = [str(texts.at(f"duties.{duty}")) for duty in duties]
    return [person for person in employees if person.department in departments]


def _now(draw: Draw) -> datetime:
    day = goods.weekday(date(2026, 3, 2) + timedelta(days=draw.integer(0, 11)))
    return datetime(day.year, day.month, day.day, draw.integer(8, 16), draw.pick((0, 15, 30, 45)), tzinfo=UTC)


def _units(draw: Draw, locale: Locale) -> Units:
    return Units(
        draw.pick(locale.currencies),
        draw.pick(locale.weight),
        draw.pick(locale.temperature),
        draw.pick(locale.distance),
        draw.pick(locale.dates),
        locale.money,
    )


def _rules(draw: Draw, money: int) -> Rules:
    return Rules(
        reorder_factor=draw.decimal("1.15", "1.60", "0.05"),
        discount_cap=draw.decimal("0.32", "0.48", "0.02"),
        bulk_threshold=draw.integer(13, 47),
        free_shipping_from=draw.integer(27, 79) * 5 * money,
        return_window_days=draw.integer(17, 44),
        restocking_fee_percent=draw.decimal("7.5", "19.5", "0.5"),
        hotel_limit=draw.integer(118, 196) * money,
        per_diem=draw.decimal("34.50", "68.50", "0.50") * money,
        mileage_rate=draw.decimal("0.31", "0.67", "0.01") * money,
        expense_deadline_days=draw.integer(12, 33),
        approval_limit=draw.integer(27, 96) * 25 * money,
    )
