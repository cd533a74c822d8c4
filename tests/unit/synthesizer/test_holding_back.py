"""What a prompt leaves open: words in its place that name nothing, and a sentence that tells it; nothing else moves."""

import random
from dataclasses import replace

import pytest

from services.synthesizer.domain import holding_back
from services.synthesizer.domain.phrases import Speaker
from services.synthesizer.domain.sentences import ask
from shared.model import logical_form as lf
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from tests.unit.synthesizer.explorations import PRODUCTS, call, rows
from tests.unit.synthesizer.test_backward import asking, draft_of
from tests.unit.synthesizer.test_words import KEYS, NOTE, ORDERS, STAFF, attribute

NAME, DATE, CODE = ValueKind.NAME, ValueKind.DATE, ValueKind.IDENTIFIER


def keyed(table, column, text, kind=NAME):
    return lf.Keyed(table, column, lf.Literal(text, kind))


def where(column, operator, text, kind=NAME):
    return lf.Aggregate(ORDERS, lf.Function.SUM, "total", (lf.Condition(column, operator, lf.Literal(text, kind)),))


def opened(*values, seed=1):
    question = lf.Question("any", tuple(lf.Field(f"f{index}", value) for index, value in enumerate(values)))
    return holding_back.opened(
        Speaker(KEYS), question, lambda what: ask(Speaker(KEYS), what, random.Random(seed)), random.Random(seed)
    )


@pytest.fixture(autouse=True)
def _always(monkeypatch):
    monkeypatch.setattr(holding_back, "SHARE", 1.0)


LAMP = keyed(PRODUCTS, "name", "Brass Lamp")


@pytest.mark.parametrize(
    ("value", "phrase", "told", "hidden"),
    [
        (attribute(LAMP, "weight_lb", "lb"), "that product", "the product Brass Lamp", "Brass Lamp"),
        (attribute(keyed(PRODUCTS, "sku", "SKU-1", CODE), "weight_lb"), "that product", "product SKU-1", "SKU-1"),
        (attribute(keyed(STAFF, "name", "Ada Nnadi"), "phone"), "that colleague", "Ada Nnadi", "Ada Nnadi"),
        (attribute(keyed(ORDERS, "order_id", "PO-7", CODE), "total"), "that order", "order PO-7", "PO-7"),
        (where("customer", lf.Operator.EQUAL, "Velo Verde"), "by that customer", "Velo Verde", "Velo Verde"),
        (where("region", lf.Operator.EQUAL, "North"), "in that region", "the North region", "North"),
        (where("product_group", lf.Operator.EQUAL, "tyres"), "in that product group", "the tyres product group",
         "tyres"),
        (where("ordered_on", lf.Operator.SINCE, "2025-10-06", DATE), "on or after the cut-off date", "6 October 2025",
         "October"),
        (where("total", lf.Operator.OVER, "40", ValueKind.NUMBER), "over the limit", "limit is 40", "40"),
    ],
)  # fmt: skip
def test_named_thing_becomes_one_of_many_and_is_told_when_asked(value, phrase, told, hidden):
    for seed in range(30):
        left = opened(value, seed=seed)
        assert phrase in left.text
        assert hidden not in left.text
        assert told in left.fact.said
        assert left.fact.said.endswith(".")
        assert left.fact.about in left.text
        assert "\x1a" not in left.text


def test_two_fields_of_one_row_leave_it_open_in_both():
    left = opened(attribute(LAMP, "weight_lb", "lb"), attribute(LAMP, "price_eur", "EUR"))
    assert "Brass Lamp" not in left.text


def test_of_two_named_things_one_is_left_open():
    one, other = (attribute(keyed(PRODUCTS, "name", name), "price") for name in ("Brass Lamp", "Iron Stand"))
    for seed in range(20):
        left = opened(lf.Computed(lf.Operation.DIFFERENCE, (one, other)), seed=seed)
        assert ("Brass Lamp" in left.text) is not ("Iron Stand" in left.text)
        assert "that of that" not in left.text


def test_nothing_is_left_open_that_the_question_does_not_name_or_names_elsewhere_too():
    assert opened(attribute(lf.Keyed(PRODUCTS, "sku", NOTE), "price")) is None
    titled = replace(NOTE, title="Price review Brass Lamp")
    since = lf.Condition("ordered_on", lf.Operator.SINCE, titled)
    product = lf.Condition("product", lf.Operator.EQUAL, lf.Literal("Brass Lamp", NAME))
    assert opened(lf.Aggregate(ORDERS, lf.Function.SUM, "total", (product, since))) is None


def test_period_keeps_both_its_ends():
    ends = tuple(
        lf.Condition("ordered_on", operator, lf.Literal(text, DATE))
        for operator, text in ((lf.Operator.SINCE, "2025-10-06"), (lf.Operator.BEFORE, "2025-12-01"))
    )
    assert opened(lf.Aggregate(ORDERS, lf.Function.SUM, "total", ends)) is None


def lamp_draft(field="weight_lb", value=7.9, kind=ValueKind.QUANTITY, unit="lb"):
    question = lf.Question("lookup", (lf.Field(field, lf.Attribute(LAMP, field, kind, unit)),))
    found = {"field": field, "sources": [{"call": "c1", "find": canonical({"key": field})}], "transforms": []}
    statement = "SELECT x FROM '/workspace/stock/products.csv' WHERE name = 'Brass Lamp'"
    answer = rows([field], [value])
    return draft_of([call("c1", "ask", {"question": statement}, answer, meaning_json=asking(question, [found]))])


def lamp_task():
    return lamp_draft().task


def test_answer_that_the_user_gives_away_when_asked_is_given_away():
    assert lamp_draft("label", "Brass Lamp", NAME, "").nothing_reason == "answer_in_text"


def test_words_that_mean_something_else_already_are_not_taken():
    question = lf.Question("any", (lf.Field("f", attribute(LAMP, "price_eur")),))
    for other, is_open in (("that product", False), ("that shelf", True)):

        def worded(what, other=other):
            (field,) = what.fields
            return f"For {other}, what is the price of the product {field.value.entity.key.text}?"

        left = holding_back.opened(Speaker(KEYS), question, worded, random.Random(1))
        assert (left is not None) is is_open


def test_task_keeps_its_id_its_tools_and_its_meaning(monkeypatch):
    left = lamp_task()
    monkeypatch.setattr(holding_back, "SHARE", 0.0)
    whole = lamp_task()
    assert left.tags == (*whole.tags, "multi_turn")
    assert "Brass Lamp" in whole.prompt
    assert "Brass Lamp" not in left.prompt
    assert "Brass Lamp" in left.told
    assert left.held_back[0].value == "Brass Lamp"
    assert replace(left, prompt=whole.prompt, tags=whole.tags, held_back=()) == whole


def test_share_of_tasks_that_leave_something_open_is_as_set(monkeypatch):
    monkeypatch.undo()
    many = sum(opened(attribute(LAMP, "weight_lb"), seed=seed) is not None for seed in range(400))
    assert 0.6 * holding_back.SHARE < many / 400 < 1.4 * holding_back.SHARE
