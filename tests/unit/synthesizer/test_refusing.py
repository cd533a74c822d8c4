"""From calls that found nothing to a task that says so, in the words of one that has an answer."""

import json
from dataclasses import replace

import pytest

from services.synthesizer.domain.backward import drafts
from shared.model import logical_form as lf
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from shared.proof.evidence import check_task
from shared.proof.reward import score
from tests.unit.synthesizer.explorations import PRODUCTS, asking, call, catalogue, exploration, rows

SITE = lf.Fact("notes/round.md", "Stock round", "Site", ValueKind.NAME)
SHEETS = tuple(lf.Table("stock/counts.xlsx", name, "xlsx") for name in ("Hall", "Yard"))
NOTE = "# Stock round\n\n- Date: 2026-01-20\n- Site: Hall\n"
SHEET = {"values": [["Counts of 20 January", None], ["SKU", "Counted"], ["SKU-1001", 214], ["SKU-1002", 37]]}


def named(name):
    row = lf.Keyed(PRODUCTS, "name", lf.Literal(name, ValueKind.NAME))
    return lf.Attribute(row, "sku", ValueKind.IDENTIFIER)


def placed(key):
    return lf.SheetValue(SHEETS, SITE, "SKU", key, "Counted", ValueKind.NUMBER)


RUG, LAMP = named("Wool Rug"), named("Brass Lamp")
REFUSING = lf.Question("placed", (lf.Field("counted", placed(RUG)),), RUG, LAMP)
FIND = {"rows": ["SKU", "Counted"], "count": 2}
SHOWN = {"column": "Counted", "where": [["SKU", "equal", "SKU-1001"]]}


def meaning(question=REFUSING):
    citation = {"field": "counted", "sources": [{"call": "c3", "find": canonical(SHOWN)}], "transforms": []}
    absence = {
        "rows": {"call": "c3", "find": canonical(FIND)},
        "name": {"call": "c2", "find": canonical({"key": "sku"})},
        "by": "SKU",
    }
    return canonical(json.loads(asking(question, [citation])) | {"absence": absence})


def calls(sku="SKU-1003", sheet=SHEET, question=REFUSING):
    return [
        call("c1", "look_into", {"path": "/workspace/notes/round.md"}, NOTE),
        call("c2", "ask", {"question": "SELECT sku"}, rows(["sku"], [sku])),
        call("c3", "look_into", {"path": "/workspace/stock/counts"}, json.dumps(sheet), meaning_json=meaning(question)),
    ]


def draft_of(made):
    (draft,) = drafts(exploration(made), catalogue())
    return draft


def test_what_no_row_holds_is_refused_and_proven():
    made = calls()
    task = draft_of(made).task
    assert json.loads(task.ground_truth_json) == {"cannot_answer": "no_record", "missing": "SKU-1003"}
    assert check_task(task, {one.call_id: one.result_json for one in made}) == []
    assert "refusal" in task.tags
    assert {one.call_id for one in task.reference} == {"c2", "c3"}


def test_refusal_reads_and_is_answered_like_its_twin():
    refusing = draft_of(calls()).task
    twin_calls = calls(question=lf.twin_of(REFUSING))
    cited = json.loads(twin_calls[-1].meaning_json)
    cited.pop("absence")
    twin = draft_of([*twin_calls[:-1], replace(twin_calls[-1], meaning_json=canonical(cited))]).task
    assert json.loads(twin.ground_truth_json) == {"counted": 214}
    assert twin.answer_schema_json == refusing.answer_schema_json
    assert (twin.system, twin.twin_group) == (refusing.system, refusing.twin_group)
    assert "“counted”" in refusing.prompt
    assert "Wool Rug" in refusing.prompt
    assert not {"SKU-1003", "cannot", "Brass Lamp"} & set(refusing.prompt.replace("“", " ").split())
    both = json.dumps({"counted": 214, "cannot_answer": "no_record", "missing": "SKU-1003"})
    for task in (twin, refusing):
        own = (task.ground_truth_json, task.answer_types_json, task.answer_schema_json, False, False)
        assert score(task.ground_truth_json, *own).reward == 1
        assert score(both, *own).reward == 0


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (calls(sku="SKU-1002"), "not_missing"),
        (calls(sku="sku-1002 "), "not_missing"),
        (calls(sheet={"values": SHEET["values"][:3]}), "ambiguous_selector"),
    ],
)
def test_what_is_there_or_was_not_read_whole_is_not_refused(made, reason):
    assert draft_of(made).nothing_reason == reason
