"""A text must say what the question means: every value it states and every document it goes by."""

from dataclasses import replace

import pytest

from shared.model import logical_form as lf
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from tests.unit.verifier.built_world import NAMED, NUMBER
from tests.unit.verifier.office_task import TASK, refusing

ORDERS = lf.Table("sales/orders.csv", "orders", "csv")
WHERE = (
    lf.Condition("customer", lf.Operator.EQUAL, lf.Literal("Hearth & Hound", NAMED)),
    lf.Condition("date", lf.Operator.SINCE, lf.Literal("2026-01-05", ValueKind.DATE)),
    lf.Condition("quantity", lf.Operator.OVER, lf.Literal("40", NUMBER)),
)
TOTAL = lf.Aggregate(ORDERS, lf.Function.SUM, "total_cad", WHERE)
NOTE = lf.Fact("notes/a.md", "Price review", "New price", NAMED, dated="2026-02-03")
CLOCK = lf.LocalTime(
    "08:30", lf.Literal("America/New_York", ValueKind.TIME_ZONE), lf.Literal("Asia/Tokyo", ValueKind.TIME_ZONE)
)
FULL = "What do orders over 40 by Hearth & Hound since 5 January 2026 come to?"


def asked(form, prompt):
    question = lf.Question("test", (lf.Field("total", form),))
    return refusing(replace(TASK, logical_form_json=canonical(lf.to_json(question)), prompt=prompt))


@pytest.mark.parametrize(
    ("form", "prompt"),
    [
        (TOTAL, FULL),
        (NOTE, "What is the new price in the “Price review” meeting note of 3 February 2026?"),
        (CLOCK, "When it is 08:30 in New York, what do clocks in Tokyo show?"),
        (lf.Result((lf.Given("path", lf.Literal("x", NAMED)),), "size", NUMBER), "How large is it?"),
    ],
)
def test_text_that_says_all_of_it_passes(form, prompt):
    assert asked(form, prompt) == []


@pytest.mark.parametrize(
    ("form", "prompt"),
    [
        (TOTAL, "What do orders by Hearth & Hound since 5 January 2026 come to?"),
        (TOTAL, "What do orders over 40 since 5 January 2026 come to?"),
        (TOTAL, "What do orders over 40 by Hearth & Hound come to?"),
        (TOTAL, "What do orders over 40 by Hearth & Hound since 6 January 2026 come to?"),
        (TOTAL, "What do orders over 400 by Hearth & Hound since 5 January 2026 come to?"),
        (TOTAL, "What do orders over 40 by Hearth and Home since 5 January 2026 come to?"),
        (NOTE, "What is the new price in the “Price review” meeting note?"),
        (NOTE, "What is the new price in the “Supplier review” meeting note of 3 February 2026?"),
        (CLOCK, "When it is 09:30 in New York, what do clocks in Tokyo show?"),
        (CLOCK, "When it is 08:30 in Chicago, what do clocks in Tokyo show?"),
    ],
)
def test_text_that_leaves_out_or_alters_a_condition_is_refused_by_this_gate_alone(form, prompt):
    assert asked(form, prompt) == ["unsaid"]
