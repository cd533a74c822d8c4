"""What may be calculated with what: amounts add up, codes name, only the same attribute is compared."""

import pytest

from services.sampler.domain import comparisons
from services.sampler.domain.framing import field_key
from services.sampler.domain.relations import measures
from services.sampler.domain.selecting import adds_up
from shared.model import logical_form as lf
from shared.model.catalogue import WorldColumn, WorldFact
from shared.model.values import ValueKind


@pytest.mark.parametrize(
    ("name", "unit", "is_measure"),
    [
        ("phone_extension", "", False),
        ("phone", "", False),
        ("staff_no", "", False),
        ("zip_code", "", False),
        ("year", "", False),
        ("quantity", "", True),
        ("line_count", "", True),
        ("nights", "", True),
        ("weight_lb", "lb", True),
    ],
)
def test_numbers_that_name_are_nothing_to_calculate_with(name, unit, is_measure):
    assert measures(WorldColumn(name, ValueKind.NUMBER, unit)) is is_measure
    assert measures(WorldFact("a.md", name, "240", ValueKind.NUMBER, unit)) is is_measure


@pytest.mark.parametrize(
    ("name", "unit", "additive"),
    [
        ("total_cad", "CAD", True),
        ("quantity", "", True),
        ("floor_area_m2", "m2", True),
        ("unit_price_cad", "CAD", False),
        ("limit_cad", "CAD", False),
        ("rh_percent", "percent", False),
        ("air_temp_f", "F", False),
    ],
)
def test_only_amounts_add_up(name, unit, additive):
    assert adds_up(name, unit) is additive


@pytest.mark.parametrize(
    ("one", "other", "is_pair"),
    [
        ("Old price", "New price", True),
        ("New price", "Old price", False),
        ("Cellar, humidity", "Attic, humidity", True),
        ("Cellar, humidity", "Attic, temperature", False),
        ("Hotel limit per night", "Approval limit", False),
    ],
)
def test_labels_of_one_page_are_compared_only_as_pairs(one, other, is_pair):
    assert comparisons._is_pair(one, other) is is_pair


def fact(key, unit="EUR"):
    return lf.Fact("a.md", "A", key, ValueKind.QUANTITY, unit)


@pytest.mark.parametrize(
    ("form", "key"),
    [
        (
            lf.Computed(lf.Operation.DIFFERENCE, (fact("New price"), fact("Old price")), unit="EUR"),
            "price_difference_eur",
        ),
        (lf.Computed(lf.Operation.MEAN, (fact("Lead time", "day"),) * 2, unit="day"), "average_lead_time_days"),
        (
            lf.Computed(lf.Operation.PERCENT_CHANGE, (fact("Attic, rent"), fact("Shop, rent")), unit="percent"),
            "rent_change_percent",
        ),
        (
            lf.Computed(lf.Operation.PRODUCT, (fact("Unit price"), fact("Quantity", "")), unit="EUR"),
            "total_value_eur",
        ),
        (lf.Aggregate(lf.Table("a.csv", "orders", "csv"), lf.Function.COUNT, ""), "order_count"),
    ],
)
def test_keys_say_what_is_asked(form, key):
    assert field_key(form) == key
