"""Draws: bound, connected, never repeated, the same for the same seed."""

import json
from collections import Counter

import pytest

from services.sampler.domain.asking import Asker
from services.sampler.domain.capabilities import toolbox
from services.sampler.domain.drawing import Ground, Known, draw, generator, plan_question
from services.sampler.domain.effort import effort
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.questions import FAMILIES
from services.sampler.domain.relations import relations_of
from shared.model import logical_form as lf
from shared.model.values import ValueKind
from shared.proof import transforms
from tests.fakes.worlds import large_world, nodes, world

GROUND = Ground(nodes(), (large_world(),))
PRODUCTS = lf.Table("stock/products.csv", "products", "csv")
SUPPLIERS = lf.Table("stock/suppliers.csv", "suppliers", "csv")
SKU = lf.Fact("notes/review.md", "Price review", "SKU", ValueKind.IDENTIFIER)


def drawn(count, seed=1, epoch=9):
    shapes, tools, signatures, efforts, found = Counter(), Counter(), set(), Counter(), []
    for counter in range(count):
        one = draw(GROUND, Known(counter, shapes, tools, signatures, efforts), seed, counter, epoch)
        assert one is not None
        found.append(one)
        shapes[one.shape] += 1
        tools.update(call.tool_id for call in one.calls)
        signatures.add(one.signature)
        efforts[effort(one.calls)] += 1
    return found


def plan(question, seed=1):
    relations = relations_of(world())
    return plan_question(generator(seed, "draws", 0), toolbox(nodes()), relations, question)


def test_same_seed_draws_the_same_and_another_seed_something_else():
    assert drawn(12) == drawn(12)
    assert drawn(12) != drawn(12, seed=2)


def test_draws_do_not_repeat_and_vary_in_shape():
    found = drawn(60)
    assert len({one.signature for one in found}) == 60
    assert max(Counter(one.shape for one in found).values()) <= 12


def test_every_argument_is_bound_by_a_literal_or_an_earlier_call():
    for one in drawn(60):
        made = set()
        for call in one.calls:
            filled = {item.argument.split("/")[1] for item in call.inputs}
            for name, value in json.loads(call.arguments_json).items():
                assert value not in (None, "") or name in filled
                assert isinstance(value, str) is False or ("{{" in value) == any(item.marker for item in call.inputs)
            assert {item.source_call_id for item in call.inputs} <= made
            made.add(call.call_id)


def test_most_draws_need_several_calls():
    found = drawn(60)
    assert sum(len(one.calls) > 1 for one in found) >= 36


def test_question_travels_with_the_last_call():
    for one in drawn(20):
        meanings = [json.loads(call.meaning_json) for call in one.calls]
        asked = [meaning for meaning in meanings if "question" in meaning]
        if not any(meaning.get("walk") for meaning in meanings):
            assert asked == meanings[-1:]
            assert lf.from_json(asked[0]["question"]).fields


@pytest.mark.parametrize("family", [family for family, _ in FAMILIES], ids=lambda family: family.__name__)
def test_family_asks_something_or_says_that_it_cannot(family):
    asked = []
    for seed in range(60):
        asker = Asker(generator(seed, "family", 0), relations_of(world()), toolbox(nodes()))
        try:
            asked.append(family(asker))
        except Infeasible:
            continue
    for question in asked:
        assert lf.from_json(json.loads(json.dumps(lf.to_json(question)))) == question
        assert len({field.key for field in question.fields}) == len(question.fields) > 0


def test_what_a_document_names_flows_into_a_slot_of_the_statement():
    entity = lf.Keyed(PRODUCTS, "sku", SKU)
    calls = plan(
        lf.Question("chain", (lf.Field("weight_lb", lf.Attribute(entity, "weight_lb", ValueKind.QUANTITY, "lb")),))
    )
    read, ask = calls
    assert json.loads(read.arguments_json) == {"path": "/workspace/notes/review.md"}
    statement = json.loads(ask.arguments_json)["question"]
    assert statement == "SELECT weight_lb FROM '/workspace/stock/products.csv' WHERE sku = '{{question.1}}'"
    (flow,) = ask.inputs
    assert (flow.source_call_id, flow.key, flow.marker) == ("c1", "SKU", "{{question.1}}")
    assert transforms.apply(flow.transforms_json, ["O'Neill"]) == "O''Neill"


def test_extreme_is_asked_so_that_a_tie_shows():
    entity = lf.Extreme(SUPPLIERS, "lead_time_days", lf.Direction.HIGHEST)
    zone = lf.Attribute(entity, "time_zone", ValueKind.TIME_ZONE)
    clock = lf.LocalTime("09:30", lf.Literal("Asia/Tokyo", ValueKind.TIME_ZONE), zone)
    ask, shift = plan(lf.Question("clock", (lf.Field("local_time", clock),)))
    assert "lead_time_days = (SELECT max(lead_time_days) FROM" in ask.arguments_json
    assert json.loads(shift.arguments_json) == {"at": "09:30", "source_zone": "Asia/Tokyo", "target_zone": None}


def test_row_shared_by_two_fields_is_read_once():
    entity = lf.Keyed(PRODUCTS, "sku", SKU)
    fields = tuple(
        lf.Field(name, lf.Attribute(entity, name, kind))
        for name, kind in (("name", ValueKind.NAME), ("price_eur", ValueKind.QUANTITY))
    )
    assert len(plan(lf.Question("chain", fields))) == 2


def test_quotes_in_stated_values_do_not_end_the_statement():
    where = (lf.Condition("region", lf.Operator.EQUAL, lf.Literal("O'Neill", ValueKind.NAME)),)
    orders = lf.Table("sales/orders.csv", "orders", "csv")
    highest = lf.Aggregate(orders, lf.Function.MAX, "quantity", where)
    for seed in range(8):
        (call, *_) = plan(lf.Question("totals", (lf.Field("highest", highest),)), seed)
        if call.tool == "ask":
            assert "region = 'O''Neill'" in call.arguments_json
            return
    pytest.fail("no draw used a statement")


def test_unit_that_no_tool_knows_is_infeasible():
    entity = lf.Keyed(PRODUCTS, "sku", SKU)
    value = lf.Attribute(entity, "weight_lb", ValueKind.QUANTITY, "lb")
    with pytest.raises(Infeasible):
        plan(lf.Question("conversion", (lf.Field("weight", lf.Converted(value, "lb", "oz")),)))


def test_days_between_are_derived_from_two_cited_dates():
    day = lf.Fact("notes/review.md", "Price review", "Date", ValueKind.DATE)
    date = lf.Attribute(
        lf.Extreme(lf.Table("sales/orders.csv", "orders", "csv"), "quantity", lf.Direction.HIGHEST),
        "date",
        ValueKind.DATE,
    )
    form = lf.Computed(lf.Operation.DAYS_BETWEEN, (day, date), unit="day")
    (*_, last) = plan(lf.Question("days_between", (lf.Field("days_between", form),)))
    (citation,) = json.loads(last.meaning_json)["citations"]
    assert len(citation["sources"]) == 2
    assert transforms.apply(json.dumps(citation["transforms"]), ["2026-02-11", "2026-01-12"]) == 30
