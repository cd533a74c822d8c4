"""The company's Python: the package in its repository; the names in it are the trade's."""

import json
from collections.abc import Mapping
from decimal import Decimal

from worlds.model import Company, Rules
from worlds.wording import Book

_PRICING = '''"""$doc_pricing"""

$DISCOUNT_CAP = $cap
$BULK_THRESHOLD = $threshold
$DISCOUNT_PER_STEP = 0.04


def $bulk_discount($quantity):
    """$doc_bulk_discount"""
    if $quantity < $BULK_THRESHOLD:
        return 0.0
    steps = $quantity // $BULK_THRESHOLD
    return min($DISCOUNT_CAP, steps * $DISCOUNT_PER_STEP)


def $discounted_price($list_price, $quantity):
    """$doc_discounted_price"""
    return round($list_price * (1 - $bulk_discount($quantity)), 2)


def margin_percent($list_price, cost):
    """Margin as a percentage of the list price."""
    if $list_price <= 0:
        raise ValueError("a price is positive")
    return 100 * ($list_price - cost) / $list_price
'''

_INVENTORY = '''"""$doc_inventory"""

$REORDER_FACTOR = $factor


def $needs_reorder($stock, $reorder_level):
    """$doc_needs_reorder"""
    return $stock < $reorder_level * $REORDER_FACTOR


def $total_units(places):
    """$doc_total_units"""
    return sum(place["counted"] for place in places)


def $shopping_list(entries):
    """$doc_shopping_list"""
    wanted = []
    for entry in entries:
        $stock, $reorder_level = entry["$stock"], entry["$reorder_level"]
        if not $needs_reorder($stock, $reorder_level):
            continue
        missing = $reorder_level * $REORDER_FACTOR - $stock
        if missing > 0 and entry.get("$sku"):
            wanted.append((missing, entry["$sku"]))
    return [found for _, found in sorted(wanted, reverse=True)]
'''

_SHIPPING = '''"""$doc_shipping"""

$FREE_SHIPPING_FROM = $free
$BASE_FREIGHT = 6.4
$FREIGHT_PER_UNIT = 0.35


def $freight(total, $quantity):
    """$doc_freight"""
    if total >= $FREE_SHIPPING_FROM:
        return 0.0
    return round($BASE_FREIGHT + $FREIGHT_PER_UNIT * $quantity, 2)


def is_late(done, promised):
    """$doc_is_late"""
    if done is None:
        return False
    return done > promised
'''

_REFUNDS = '''"""$doc_refunds"""

$RETURN_WINDOW_DAYS = $window
$RESTOCKING_FEE_PERCENT = $fee


def $may_return(done, asked):
    """$doc_may_return"""
    return 0 <= (asked - done).days <= $RETURN_WINDOW_DAYS


def $refund(price, $quantity):
    """$doc_refund"""
    return round(price * $quantity * (100 - $RESTOCKING_FEE_PERCENT) / 100, 2)
'''

_PENALTIES = '''"""$doc_penalties"""

LONGEST_DELAY_WEEKS = 10


def full_weeks(days_late):
    """Full weeks of delay, no more than count."""
    if days_late <= 0:
        return 0
    return min(LONGEST_DELAY_WEEKS, days_late // 7)


def deduction(value, penalty_percent, days_late):
    """What may be taken off the invoice."""
    weeks = full_weeks(days_late)
    if weeks == 0:
        return 0.0
    return round(value * penalty_percent / 100 * weeks, 2)
'''

_LEAD_TIMES = '''"""$doc_lead_times"""

$LEAD_TIME_DAYS = {
$lines}


def $lead_time(name):
    """$doc_lead_time"""
    return $LEAD_TIME_DAYS[name]


def slowest():
    """$doc_slowest"""
    return max($LEAD_TIME_DAYS, key=$LEAD_TIME_DAYS.get)
'''

_HANDLING = '''"""$doc_handling"""

$HANDLING_MINUTES = {
$lines}


def $handling_minutes($sku, count):
    """$doc_handling_minutes"""
    return $HANDLING_MINUTES[$sku] * count


def slowest():
    """$doc_slowest_item"""
    return max($HANDLING_MINUTES, key=$HANDLING_MINUTES.get)
'''

_CHECKS = '''"""Checks of the discount rules."""

from $package import $pricing


def test_below_the_threshold_nothing_is_taken_off():
    assert $pricing.$bulk_discount($below) == 0.0


def test_the_cap_is_never_passed():
    assert $pricing.$bulk_discount($above) == $pricing.$DISCOUNT_CAP
'''


def pricing(book: Book, rules: Rules, discount_cap: Decimal | None = None) -> str:
    """Return the module that computes discounts."""
    cap = rules.discount_cap if discount_cap is None else discount_cap
    return book.code(_PRICING, cap=cap, threshold=rules.bulk_threshold)


def inventory(book: Book, rules: Rules, reorder_factor: Decimal | None = None) -> str:
    """Return the module that decides what to buy again."""
    return book.code(_INVENTORY, factor=rules.reorder_factor if reorder_factor is None else reorder_factor)


def shipping(book: Book, rules: Rules, free_shipping_from: int | None = None) -> str:
    """Return the module that computes freight."""
    return book.code(_SHIPPING, free=rules.free_shipping_from if free_shipping_from is None else free_shipping_from)


def refunds(book: Book, rules: Rules) -> str:
    """Return the module that computes refunds."""
    return book.code(_REFUNDS, window=rules.return_window_days, fee=rules.restocking_fee_percent)


def penalties(book: Book) -> str:
    """Return the module that computes penalties for late deliveries."""
    return book.code(_PENALTIES)


def lead_times(book: Book, days: Mapping[str, int]) -> str:
    """Return the module with the lead times recorded so far."""
    return book.code(_LEAD_TIMES, lines=_entries(days))


def handling(book: Book, minutes: Mapping[str, int]) -> str:
    """Return the module with the minutes that one unit of each product takes."""
    return book.code(_HANDLING, lines=_entries(minutes))


def _entries(numbers: Mapping[str, int]) -> str:
    return "".join(f"    {json.dumps(name, ensure_ascii=False)}: {value},\n" for name, value in numbers.items())


def pricing_checks(book: Book, package: str, rules: Rules) -> str:
    """Return the tests of the pricing module."""
    return book.code(_CHECKS, package=package, below=rules.bulk_threshold - 1, above=rules.bulk_threshold * 40)


def readme(company: Company, package: str) -> str:
    """Return the repository's front page."""
    say = company.book.labels("code")
    return f"""# {package}

{say["purpose"]} of {company.name}, {company.headquarters.city}. Used by {say["users"]}.

- `{say["pricing"]}.py`: {say["about_pricing"]}
- `{say["inventory"]}.py`: {say["about_inventory"]}
- `{say["shipping"]}.py`: {say["about_shipping"]}

Run the checks with `python -m pytest`. Ask {company.lead("stock").name} before changing a constant.
"""
