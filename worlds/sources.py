"""The company's Python: the package in its repository, and the scripts beside it."""

import json
from decimal import Decimal

from worlds.model import Company, Rules


def pricing(rules: Rules, discount_cap: Decimal | None = None) -> str:
    """Return the module that computes discounts."""
    cap = rules.discount_cap if discount_cap is None else discount_cap
    return f'''"""List prices and what large orders take off them."""

DISCOUNT_CAP = {cap}
BULK_THRESHOLD = {rules.bulk_threshold}
DISCOUNT_PER_STEP = 0.04


def bulk_discount(quantity):
    """Share of the list price that an order of this size takes off."""
    if quantity < BULK_THRESHOLD:
        return 0.0
    steps = quantity // BULK_THRESHOLD
    return min(DISCOUNT_CAP, steps * DISCOUNT_PER_STEP)


def discounted_price(list_price, quantity):
    """Price of one unit in an order of this size."""
    return round(list_price * (1 - bulk_discount(quantity)), 2)


def margin_percent(list_price, cost):
    """Margin as a percentage of the list price."""
    if list_price <= 0:
        raise ValueError("a list price is positive")
    return 100 * (list_price - cost) / list_price
'''


def inventory(rules: Rules, reorder_factor: Decimal | None = None) -> str:
    """Return the module that decides what to buy again."""
    factor = rules.reorder_factor if reorder_factor is None else reorder_factor
    return f'''"""What is on the shelves, and what has to be bought again."""

REORDER_FACTOR = {factor}


def needs_reorder(stock, reorder_level):
    """Whether a product has to be bought again."""
    return stock < reorder_level * REORDER_FACTOR


def total_units(shelves):
    """Units of one product on all shelves."""
    return sum(shelf["counted"] for shelf in shelves)


def shopping_list(products):
    """Products to buy again, the emptiest first."""
    wanted = []
    for product in products:
        stock, level = product["stock"], product["reorder_level"]
        if not needs_reorder(stock, level):
            continue
        missing = level * REORDER_FACTOR - stock
        if missing > 0 and product.get("supplier"):
            wanted.append((missing, product["sku"]))
    return [sku for _, sku in sorted(wanted, reverse=True)]
'''


def shipping(rules: Rules, free_shipping_from: int | None = None) -> str:
    """Return the module that computes freight."""
    free = rules.free_shipping_from if free_shipping_from is None else free_shipping_from
    return f'''"""Freight that a customer pays."""

FREE_SHIPPING_FROM = {free}
BASE_FREIGHT = 6.4
FREIGHT_PER_UNIT = 0.35


def freight(order_total, quantity):
    """Freight of one order; large orders travel free."""
    if order_total >= FREE_SHIPPING_FROM:
        return 0.0
    return round(BASE_FREIGHT + FREIGHT_PER_UNIT * quantity, 2)


def is_late(delivered, promised):
    """Whether an order came after its promised day."""
    if delivered is None:
        return False
    return delivered > promised
'''


def refunds(rules: Rules) -> str:
    """Return the module that computes refunds."""
    return f'''"""What a customer gets back for returned goods."""

RETURN_WINDOW_DAYS = {rules.return_window_days}
RESTOCKING_FEE_PERCENT = {rules.restocking_fee_percent}


def may_return(delivered, received):
    """Whether goods came back inside the return window."""
    return 0 <= (received - delivered).days <= RETURN_WINDOW_DAYS


def refund(unit_price, quantity):
    """Refund for returned units, less the restocking fee."""
    return round(unit_price * quantity * (100 - RESTOCKING_FEE_PERCENT) / 100, 2)
'''


def penalties() -> str:
    """Return the module that computes penalties for late deliveries."""
    return '''"""Deductions for late deliveries, as the supply agreements allow them."""

LONGEST_DELAY_WEEKS = 10


def full_weeks(days_late):
    """Full weeks of delay, no more than count."""
    if days_late <= 0:
        return 0
    return min(LONGEST_DELAY_WEEKS, days_late // 7)


def deduction(order_value, penalty_percent, days_late):
    """What may be taken off the invoice."""
    weeks = full_weeks(days_late)
    if weeks == 0:
        return 0.0
    return round(order_value * penalty_percent / 100 * weeks, 2)
'''


def lead_times(days: dict[str, int]) -> str:
    """Return the module with the lead times recorded so far."""
    lines = "".join(f"    {json.dumps(name, ensure_ascii=False)}: {value},\n" for name, value in days.items())
    return f'''"""Days between an order and its arrival, by supplier."""

LEAD_TIME_DAYS = {{
{lines}}}


def lead_time(supplier):
    """Days that a supplier needs."""
    return LEAD_TIME_DAYS[supplier]


def slowest():
    """The supplier that needs longest."""
    return max(LEAD_TIME_DAYS, key=LEAD_TIME_DAYS.get)
'''


def pricing_checks(package: str, rules: Rules) -> str:
    """Return the tests of the pricing module."""
    return f'''"""Checks of the discount rules."""

from {package} import pricing


def test_small_orders_have_no_discount():
    assert pricing.bulk_discount({rules.bulk_threshold - 1}) == 0.0


def test_discount_never_passes_the_cap():
    assert pricing.bulk_discount({rules.bulk_threshold * 40}) == pricing.DISCOUNT_CAP
'''


def readme(company: Company, package: str) -> str:
    """Return the repository's front page."""
    return f"""# {package}

Stock and pricing rules of {company.name}, {company.headquarters.city}. Used by the web shop and by the warehouse.

- `pricing.py`: discounts on large orders
- `inventory.py`: what to buy again
- `shipping.py`: freight

Run the checks with `python -m pytest`. Ask {company.head_of("Logistics").name} before changing a constant.
"""


def scripts(company: Company) -> dict[str, str]:
    """Return the scripts beside the repository, by file name."""
    return {
        "room_limits.py": _room_limits(company),
        "climate_report.py": _climate_report(company.units.temperature),
        "labels.py": _labels(),
        "overdue.py": _overdue(),
    }


def _room_limits(company: Company) -> str:
    unit = company.units.temperature
    heat = "".join(f'    "{site.name}": {site.limit_temperature},\n' for site in company.sites)
    damp = "".join(f'    "{site.name}": {site.limit_humidity},\n' for site in company.sites)
    return f'''"""Highest allowed readings per site."""

MAX_TEMPERATURE_{unit} = {{
{heat}}}
MAX_HUMIDITY_PERCENT = {{
{damp}}}


def too_warm(site, temperature):
    """Whether a reading is above the limit of its site."""
    return temperature > MAX_TEMPERATURE_{unit}[site]


def too_damp(site, humidity):
    """Whether a humidity reading is above the limit of its site."""
    return humidity > MAX_HUMIDITY_PERCENT[site]
'''


def _climate_report(unit: str) -> str:
    return f'''"""Counts the readings that were above their limits."""

import room_limits


def breaches(readings):
    """Readings above a limit, with the limit they passed."""
    found = []
    for site, temperature, humidity in readings:
        if room_limits.too_warm(site, temperature):
            found.append((site, "temperature", room_limits.MAX_TEMPERATURE_{unit}[site]))
        if room_limits.too_damp(site, humidity):
            found.append((site, "humidity", room_limits.MAX_HUMIDITY_PERCENT[site]))
    return found


def worst_site(readings):
    """Site with the most breaches."""
    counts = {{}}
    for site, _, _ in breaches(readings):
        counts[site] = counts.get(site, 0) + 1
    return max(counts, key=counts.get) if counts else None
'''


def _labels() -> str:
    return '''"""Shelf labels for the warehouse printer."""

LINE_WIDTH = 28


def shorten(name):
    """Name cut to the width of a label."""
    return name if len(name) <= LINE_WIDTH else name[: LINE_WIDTH - 3] + "..."


def label(shelf, sku, name):
    """Three lines for one shelf."""
    return "\\n".join((shelf, sku, shorten(name)))
'''


def _overdue() -> str:
    return '''"""Lists invoices that are open after their due date."""

GRACE_DAYS = 4
REMINDER_FEE = 7.5


def is_overdue(due, paid, today):
    """Whether an invoice is late beyond the grace period."""
    if paid is not None:
        return False
    return (today - due).days > GRACE_DAYS


def reminder(amount, reminders_sent):
    """Amount asked for in the next reminder."""
    if reminders_sent == 0:
        return amount
    return round(amount + REMINDER_FEE * reminders_sent, 2)
'''
