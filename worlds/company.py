"""Draws one coherent company from a seed."""

from datetime import UTC, date, datetime, timedelta

from worlds import climate, goods, sales, staff
from worlds.draws import Draw
from worlds.model import Company, Rules, Units
from worlds.scale import Scale
from worlds.vocabulary import TRADES, people, trade


def draw_company(seed: int, size: int) -> Company:
    """Draw everything there is to know; the same (seed, size) gives the same company for ever."""
    scale, shared, words = Scale.of(size), people(), trade(Draw(seed, "trade").pick(TRADES))
    start = Draw(seed, "company")
    name, now, units = start.pick(words.companies), _now(start), _units(start)
    today, domain = now.date(), f"{staff.plain(name)}.example"
    names = Draw(seed, "names").shuffled(shared.names)
    offices = staff.draw_offices(Draw(seed, "offices"), shared, size)
    employees = staff.draw_employees(Draw(seed, "employees"), words, names[: scale.employees], offices, domain)
    suppliers = goods.draw_suppliers(Draw(seed, "suppliers"), words, names[scale.employees :], scale)
    products = goods.draw_products(Draw(seed, "products"), words, suppliers, units, scale)
    changes = goods.draw_price_changes(Draw(seed, "prices"), products, today, 2 + size)
    buyers = [person for person in employees if person.department in ("Purchasing", "Finance", "Quality")]
    contracts = goods.draw_contracts(Draw(seed, "contracts"), suppliers, products, buyers, scale)
    customers = sales.draw_customers(Draw(seed, "customers"), words, shared, scale)
    orders = sales.draw_orders(Draw(seed, "orders"), products, customers, changes, today, scale.orders)
    shipments = sales.draw_shipments(Draw(seed, "shipments"), orders, shared, today)
    rules = _rules(Draw(seed, "rules"))
    sites = climate.draw_sites(Draw(seed, "sites"), words, units)
    departments = list(words.departments)
    return Company(
        seed=seed,
        size=size,
        name=name,
        trade=words.trade,
        domain=domain,
        now=now,
        units=units,
        headquarters=offices[0],
        employees=employees,
        suppliers=suppliers,
        products=products,
        price_changes=changes,
        contracts=contracts,
        customers=customers,
        orders=orders,
        shipments=shipments,
        returns=sales.draw_returns(Draw(seed, "returns"), words, shipments, rules, today),
        invoices=sales.draw_invoices(Draw(seed, "invoices"), shipments, today),
        sites=sites,
        readings=climate.draw_readings(Draw(seed, "readings"), sites, units, now, scale.days),
        trips=staff.draw_trips(Draw(seed, "trips"), employees, shared, today, scale),
        budget=staff.draw_budget(Draw(seed, "budget"), departments),
        energy=climate.draw_energy(Draw(seed, "energy"), sites),
        open_positions=staff.draw_open_positions(Draw(seed, "positions"), departments),
        rules=rules,
    )


def _now(draw: Draw) -> datetime:
    day = goods.weekday(date(2026, 3, 2) + timedelta(days=draw.integer(0, 11)))
    return datetime(day.year, day.month, day.day, draw.integer(8, 16), draw.pick((0, 15, 30, 45)), tzinfo=UTC)


def _units(draw: Draw) -> Units:
    return Units(draw.pick(("USD", "EUR", "GBP", "CAD")), draw.pick(("lb", "kg")), draw.pick(("F", "C")))


def _rules(draw: Draw) -> Rules:
    return Rules(
        reorder_factor=draw.decimal("1.15", "1.60", "0.05"),
        discount_cap=draw.decimal("0.32", "0.48", "0.02"),
        bulk_threshold=draw.integer(13, 47),
        free_shipping_from=draw.integer(27, 79) * 5,
        return_window_days=draw.integer(17, 44),
        restocking_fee_percent=draw.decimal("7.5", "19.5", "0.5"),
        hotel_limit=draw.integer(118, 196),
        per_diem=draw.decimal("34.50", "68.50", "0.50"),
        mileage_rate=draw.decimal("0.31", "0.67", "0.01"),
        expense_deadline_days=draw.integer(12, 33),
        approval_limit=draw.integer(27, 96) * 25,
    )
