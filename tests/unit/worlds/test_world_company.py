from collections import Counter
from decimal import Decimal

import pytest

from worlds.company import draw_company

pytestmark = pytest.mark.unit


@pytest.fixture(params=[1, 5, 7, 12])
def company(request):
    return draw_company(request.param, 1 + request.param % 5)


def test_extremes_people_ask_for_have_no_ties(company):
    units, revenue = Counter(), Counter()
    for order in company.orders:
        units[order.product.sku] += order.quantity
        revenue[order.customer.region] += order.total
    for values in (
        list(units.values()),
        list(revenue.values()),
        [item.price for item in company.products],
        [item.measure for item in company.products],
        [item.stock for item in company.products],
        [item.reorder_level for item in company.products if item.reorder_level is not None],
        [supplier.lead_time_days for supplier in company.suppliers],
        [contract.penalty_percent for contract in company.contracts],
        [figure for _, figures in company.budget for figure in figures],
    ):
        assert len(set(values)) == len(values)


def test_each_room_has_one_warmest_and_one_driest_reading(company):
    for site in company.sites:
        warm = [reading.temperature for reading in company.readings if reading.site == site]
        damp = [reading.humidity for reading in company.readings if reading.site == site]
        assert [warm.count(max(warm)), warm.count(min(warm)), damp.count(max(damp)), damp.count(min(damp))] == [1] * 4


def test_orders_carry_the_price_of_their_day(company):
    changes = {change.product.sku: change for change in company.price_changes}
    assert changes
    for order in company.orders:
        change = changes.get(order.product.sku)
        before = change is not None and order.day < change.effective
        assert order.unit_price == (change.old if before else order.product.price)


def test_nothing_happens_after_now(company):
    today = company.now.date()
    assert max(order.day for order in company.orders) <= today
    assert all(shipment.delivered is None or shipment.delivered < today for shipment in company.shipments)
    assert max(reading.moment for reading in company.readings) < company.now


def test_stock_is_what_was_counted_on_shelves(company):
    shelves = [shelf.shelf for item in company.products for shelf in item.shelves]
    assert len(set(shelves)) == len(shelves)
    assert all(shelf.counted > 0 for item in company.products for shelf in item.shelves)


def test_refunds_follow_the_policy(company):
    for back in company.returns:
        kept = (100 - company.rules.restocking_fee_percent) / 100
        assert abs(back.refund - back.quantity * back.order.unit_price * kept) <= Decimal("0.005")
