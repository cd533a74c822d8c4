"""Topics: one row is one topic, whichever note names it and whichever column is asked for."""

import json

import pytest

from services.sampler.domain.topics import topics_of
from shared.model import logical_form as lf
from shared.model.sub_dags import PlannedCall
from shared.model.values import ValueKind
from tests.fakes.worlds import large_world

WORLD = large_world()
PRODUCTS = lf.Table("stock/products.csv", "products", "csv")
ORDERS = lf.Table("sales/orders.csv", "orders", "csv")
NOTE = lf.Fact("notes/plan-0.md", "Stock plan 4", "SKU", ValueKind.IDENTIFIER)
OTHER = lf.Fact("notes/plan-1.md", "Stock plan 5", "SKU", ValueKind.IDENTIFIER)


def price(column, key, asked="price_eur"):
    return lf.Attribute(lf.Keyed(PRODUCTS, column, key), asked, ValueKind.QUANTITY)


def total(key, function=lf.Function.SUM):
    return lf.Aggregate(ORDERS, function, "quantity", (lf.Condition("sku", lf.Operator.EQUAL, key),))


def before(day):
    return lf.FileMeasure(
        "repo", lf.Commit("repo", "changed file", ValueKind.PATH, before=lf.Literal(day, ValueKind.DATE)), "line_count"
    )


def topics(*values, world=WORLD):
    question = lf.Question("any", tuple(lf.Field(f"f{index}", value) for index, value in enumerate(values)))
    return topics_of(
        world, [PlannedCall("c1", "t", "s", "t", "{}", meaning_json=json.dumps({"question": lf.to_json(question)}))]
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (price("sku", NOTE), price("name", lf.Literal("Brass Lamp", ValueKind.NAME), "weight_lb"), True),
        (price("sku", NOTE), price("sku", OTHER), False),
        (total(NOTE), total(lf.Literal("SKU-1001", ValueKind.IDENTIFIER), lf.Function.MAX), True),
        (total(NOTE), total(price("name", lf.Literal("Brass Lamp", ValueKind.NAME), "sku")), True),
        (total(NOTE), total(OTHER), False),
        (before("2026-01-05"), before("2026-01-29"), True),
        (before("2026-01-05"), before("2026-02-05"), False),
    ],
)
def test_what_is_one_place_is_one_topic(one, other, same):
    assert (topics(one) == topics(other)) is same


def test_each_field_is_a_topic_and_a_walk_has_none():
    assert topics(price("sku", NOTE), total(NOTE)) == topics(price("sku", NOTE)) | topics(total(NOTE))
    assert topics_of(WORLD, [PlannedCall("c1", "t", "s", "t", "{}")]) == frozenset()
    assert topics(total(NOTE), world=None) == frozenset()
