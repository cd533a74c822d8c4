"""Effort: the looks that a question takes, whatever its plan does."""

import json

import pytest

from services.sampler.domain.effort import MOST, effort, looks
from shared.model import logical_form as lf
from shared.model.logical_sources import CHANGED_FILE
from shared.model.sub_dags import PlannedCall
from shared.model.values import ValueKind

CSV, JSON = lf.Table("a.csv", "a", "csv"), lf.Table("b.json", "b", "json")
SHEET, OTHER = lf.Table("c.xlsx", "One", "xlsx"), lf.Table("c.xlsx", "Two", "xlsx")
NOTE = lf.Fact("d.md", "Note", "SKU", ValueKind.IDENTIFIER)
LETTER = lf.Fact("e.docx", "Letter", "SKU", ValueKind.IDENTIFIER)
DAY = lf.Literal("2026-01-01", ValueKind.DATE)
FILE = lf.Commit("repo", CHANGED_FILE, ValueKind.PATH, before=DAY)


def of(table, key=NOTE):
    return lf.Attribute(lf.Keyed(table, "sku", key), "price", ValueKind.QUANTITY)


def planned(question, count, form="attribute"):
    calls = [
        PlannedCall(f"c{n}", "t", "s", "t", "{}", meaning_json=json.dumps({"form": {"is": form}})) for n in range(count)
    ]
    last = PlannedCall("z", "t", "s", "t", "{}", meaning_json=json.dumps({"question": lf.to_json(question)}))
    return (*calls, last)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([of(CSV), of(JSON), NOTE], 1),
        ([of(SHEET), of(OTHER)], 2),
        ([of(SHEET, LETTER), of(CSV)], 3),
        ([FILE, lf.FileMeasure("repo", FILE, "line_count")], 3),
        (
            [
                lf.BranchValue("repo", "b", "CAP", "cap", ValueKind.NUMBER),
                lf.Commit("repo", "Author", ValueKind.NAME, "b"),
            ],
            1,
        ),
    ],
)
def test_looks_are_counted_by_where_values_stand(values, expected):
    assert len(looks(values)) == expected


def test_effort_is_bounded_by_the_calls_that_are_made():
    question = lf.Question("any", (lf.Field("f", of(SHEET, LETTER)), lf.Field("g", of(CSV))))
    assert effort(planned(question, 3)) == 3
    assert effort(planned(question, 1)) == 2
    assert effort(planned(question, 3, "converted")) == 1


def test_a_walk_and_an_endless_question_have_an_effort_too():
    assert effort((PlannedCall("c1", "t", "s", "t", "{}"),)) == 1
    letters = [lf.Fact(f"{n}.docx", "L", "SKU", ValueKind.IDENTIFIER) for n in range(9)]
    question = lf.Question("any", tuple(lf.Field(f"f{n}", one) for n, one in enumerate(letters)))
    assert effort(planned(question, 9)) == MOST
