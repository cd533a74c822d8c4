"""What the prompt says of an answer field: unit and rounding, where they say something."""

from decimal import Decimal

import pytest

from services.synthesizer.domain.answer_fields import AnswerField, answer_field
from shared.model import logical_form as lf
from shared.model.tasks import FieldEvidence
from shared.model.values import ValueKind
from shared.proof.evidence import derive
from tests.unit.synthesizer.explorations import call

SHARE = lf.Fact("a.md", "A", "Penalty", ValueKind.QUANTITY, "percent")


def stated(form, value, unit, decimals=2):
    typed = {"type": "number", "unit": unit}
    return AnswerField(lf.Field("f", form, decimals), FieldEvidence("f", (), "[]"), value, typed).stated


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (Decimal("106.00"), "day", "in days"),
        (Decimal("106.25"), "day", "in days, to two decimals"),
        (Decimal("106.00"), "GBP", "in GBP, to two decimals"),
    ],
)
def test_decimals_are_asked_for_where_there_are_some_and_of_money(value, unit, expected):
    assert stated(SHARE, value, unit) == expected


def test_shares_lie_apart_by_percentage_points_and_change_by_percent():
    apart = lf.Computed(lf.Operation.DIFFERENCE, (SHARE, SHARE), ValueKind.QUANTITY, "percent")
    change = lf.Computed(lf.Operation.PERCENT_CHANGE, (SHARE, SHARE), ValueKind.QUANTITY, "percent")
    assert stated(apart, Decimal("1.5"), "percent").startswith("in percentage points")
    assert stated(change, Decimal("1.5"), "percent").startswith("in percent,")


@pytest.mark.parametrize(
    ("said", "value", "kind"),
    [
        ("19 January 2026", "2026-01-19", "date"),
        ("January 19, 2026", "2026-01-19", "date"),
        ("2026-01-19", "2026-01-19", "date"),
        ("2026-01-19 10:30", "2026-01-19 10:30", "datetime"),
    ],
)
def test_days_are_asked_for_as_iso_8601_however_a_company_writes_them(said, value, kind):
    made = call("c1", "look_into", {"path": "/workspace/notes/review.md"}, f"# Review\n\nValid from: {said}\n")
    citation = {"field": "f", "sources": [{"call": "c1", "find": '{"label":"Valid from"}'}], "transforms": []}
    form = lf.Field("f", lf.Fact("notes/review.md", "Review", "Valid from", ValueKind.DATE))
    field = answer_field(form, citation, {"c1": made}, {})
    assert (field.value, field.answer_type["type"]) == (value, kind)
    assert derive(field.evidence, {"c1": made.result_json}) == value
