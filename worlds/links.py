"""Draws what ties things together: inspections, visits, plans, and a lead time that an older page still says."""

from collections.abc import Sequence
from datetime import date, timedelta

from worlds.draws import Draw
from worlds.events import Inspection, Plan, Visit
from worlds.goods import weekday
from worlds.things import Certificate, Contract, Customer, Employee, Lot, Product, Supplier


def draw_certificates(
    draw: Draw,
    suppliers: Sequence[Supplier],
    products: Sequence[Product],
    inspectors: Sequence[Employee],
    sites: Sequence[str],
    today: date,
) -> tuple[Certificate, ...]:
    """Draw one certificate per supplier with products, which names each of them."""
    made = {supplier.name: [item for item in products if item.supplier == supplier] for supplier in suppliers}
    able = [supplier for supplier in suppliers if made[supplier.name]]
    numbers = sorted(draw.distinct(412, 968, len(able)))
    lots = iter(draw.distinct(21007, 89950, len(products)))
    certificates = []
    for number, supplier in zip(numbers, able, strict=True):
        day = weekday(today - timedelta(days=draw.integer(12, 140)))
        found = []
        for item in made[supplier.name]:
            sampled = draw.integer(14, 95)
            found.append(Lot(item, f"L{next(lots)}", sampled, sampled - draw.integer(0, 7)))
        certificates.append(
            Certificate(
                str(number),
                supplier,
                draw.pick(inspectors),
                day,
                weekday(day + timedelta(days=draw.integer(170, 390))),
                draw.pick(sites),
                tuple(found),
            )
        )
    return tuple(certificates)


def draw_visits(
    draw: Draw, customers: Sequence[Customer], employees: Sequence[Employee], today: date
) -> tuple[Visit, ...]:
    """Draw two visits or more per customer, oldest first."""
    whom = [customer for customer in customers for _ in range(draw.integer(2, 4))]
    days = sorted((weekday(today - timedelta(days=draw.integer(8, 170))) for _ in whom), reverse=False)
    return tuple(
        Visit(f"V{index + 101}", customer, draw.pick(employees), day, 5 * draw.integer(5, 30))
        for index, (customer, day) in enumerate(zip(draw.shuffled(whom), days, strict=True))
    )


def draw_inspections(
    draw: Draw, products: Sequence[Product], sites: Sequence[str], employees: Sequence[Employee], today: date
) -> tuple[Inspection, ...]:
    """Draw two or three looks at each product, oldest first."""
    which = [item for item in products for _ in range(draw.integer(2, 3))]
    days = sorted(weekday(today - timedelta(days=draw.integer(8, 160))) for _ in which)
    return tuple(
        Inspection(
            f"I{index + 501}",
            item,
            draw.pick(sites),
            draw.pick(employees),
            day,
            draw.integer(20, 160),
            draw.integer(0, 9),
        )
        for index, (item, day) in enumerate(zip(draw.shuffled(which), days, strict=True))
    )


def draw_accounts(
    draw: Draw, customers: Sequence[Customer], managers: Sequence[Employee], money: int
) -> dict[str, Plan]:
    """Draw what is planned with each customer; no two amounts are equal."""
    amounts = draw.distinct(420, 5980, len(customers))
    return {
        customer.name: Plan(10 * money * amount, draw.integer(1, 9), draw.pick(managers))
        for customer, amount in zip(customers, amounts, strict=True)
    }


def draw_purchases(draw: Draw, suppliers: Sequence[Supplier], money: int) -> dict[str, tuple[int, int]]:
    """Draw what was spent with each supplier and what is planned; no figure twice."""
    figures = iter(draw.distinct(310, 8990, 2 * len(suppliers)))
    return {supplier.name: (10 * money * next(figures), 10 * money * next(figures)) for supplier in suppliers}


def draw_handling(draw: Draw, products: Sequence[Product]) -> dict[str, int]:
    """Draw how many minutes one unit of each product takes; no two are equal."""
    return dict(zip((item.sku for item in products), draw.distinct(2, 64, len(products)), strict=True))


def draw_outdated(draw: Draw, contracts: Sequence[Contract], count: int) -> dict[str, int]:
    """Draw for whom an older page still says a longer lead time than the agreement."""
    return {
        contract.supplier.name: contract.supplier.lead_time_days + draw.integer(3, 12)
        for contract in draw.several(contracts, count)
    }
