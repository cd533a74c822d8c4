"""From executed calls to tasks, and the reasons why there is none."""

import json
from dataclasses import replace

import pytest

from services.synthesizer.domain.backward import drafts
from shared.model import logical_form as lf
from shared.model.explorations import Counterfactual, CounterfactualOutcome, ExplorationOutcome, RepeatedCall
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from shared.proof.evidence import check_task
from shared.proof.reward import score
from tests.unit.synthesizer.explorations import asking, call, catalogue, exploration, note_call, rows, weight_call


def draft_of(calls, **more):
    (draft,) = drafts(exploration(calls, **more), catalogue())
    return draft


def reason_of(calls, **more):
    draft = draft_of(calls, **more)
    assert draft.task is None
    return draft.nothing_reason


def test_chain_becomes_a_task_whose_fields_derive_and_score():
    calls = [note_call(), weight_call()]
    task = draft_of(calls).task
    assert json.loads(task.ground_truth_json) == {"name": "Brass Lamp", "weight_lb": 7.9}
    assert check_task(task, {c.call_id: c.result_json for c in calls}) == []
    truth = task.ground_truth_json
    assert score(truth, truth, task.answer_types_json, task.answer_schema_json, False, False).reward == 1
    assert json.loads(task.answer_types_json)["weight_lb"] == {"type": "number", "unit": "lb"}
    assert set(task.tags) >= {"multi_call", "cross_server", "chain_2"}
    assert task.min_known_calls == 2
    assert task.license == "base: MIT; desk: MIT"


def test_prompt_states_keys_and_units_and_gives_nothing_away():
    prompt = draft_of([note_call(), weight_call()]).task.prompt
    assert "“weight_lb” (in pounds)" in prompt
    assert "the “Price review” note" in prompt
    for said in ("SKU-1001", "Brass Lamp", "7.9", "look_into", "SELECT", "/workspace"):
        assert said not in prompt


def test_system_text_states_root_and_moment():
    system = draft_of([note_call(), weight_call()]).task.system
    assert "/workspace" in system
    assert "Monday, 2 March 2026, 09:30 (UTC)" in system


def test_whole_catalogues_are_offered_under_unique_legal_names():
    tools = draft_of([note_call(), weight_call()]).task.tools
    assert {tool.server_id for tool in tools} > {"desk", "base"}
    assert {tool.name for tool in tools if tool.needed} == {"look_into", "ask"}
    assert len({tool.offered_name for tool in tools}) == len(tools)


def test_task_follows_from_what_was_executed_and_meant_alone():
    one = draft_of([note_call(), weight_call()]).task
    other = draft_of([note_call(recording_id="rec_other"), weight_call()], exploration_id="expl_2", counter=99).task
    assert one.task_id == other.task_id
    assert one.prompt == other.prompt
    assert [tool.offered_name for tool in one.tools] == [tool.offered_name for tool in other.tools]
    changed = draft_of([note_call(), weight_call(rows(["name", "weight_lb"], ["Brass Lamp", 8.1]))]).task
    assert changed.task_id != one.task_id


def test_two_rows_where_one_is_meant_are_no_answer():
    tie = rows(["name", "weight_lb"], ["Brass Lamp", 7.9], ["Iron Lamp", 7.9])
    assert reason_of([note_call(), weight_call(tie)]) == "ambiguous_selector"


def test_missing_value_is_no_answer():
    assert reason_of([note_call(), weight_call(rows(["name", "weight_lb"]))]) == "no_citable_value"


def test_side_field_without_a_value_is_left_out_but_not_the_main_one():
    task = draft_of([note_call(), weight_call(rows(["weight_lb"], [7.9]))]).task
    assert json.loads(task.ground_truth_json) == {"weight_lb": 7.9}
    assert reason_of([note_call(), weight_call(rows(["name"], ["Brass Lamp"]))]) == "no_citable_value"


def test_value_that_moved_between_runs_is_not_cited():
    calls = [note_call(), weight_call()]
    moved = RepeatedCall("c2", "x", is_error=False, same_arguments=True, volatile=("/content/0/text",))
    assert reason_of(calls, repeated=(moved,)) == "unstable_value"


def test_failed_exploration_keeps_its_reason():
    failed = {"outcome": ExplorationOutcome.FAILED, "failure_code": "tool_error", "failure_text": "no such file"}
    draft = draft_of([note_call()], **failed)
    assert (draft.nothing_reason, draft.nothing_text, draft.of, draft.index) == ("tool_error", "no such file", 1, 0)


def test_bent_plan_no_longer_means_its_question():
    assert reason_of([note_call(bent=True), weight_call()]) == "bent"


@pytest.mark.parametrize("text", ['{"question":{"is":"nonsense"}}', '{"question":{"is":"literal"}}'])
def test_meaning_that_is_no_question_costs_the_task_only(text):
    assert reason_of([note_call(meaning_json=text)]) == "bad_meaning"


def counting(number):
    total = lf.Aggregate(lf.Table("sales/orders.csv", "orders", "csv"), lf.Function.COUNT, "")
    question = lf.Question("totals", (lf.Field("count", total),))
    citation = {"field": "count", "sources": [{"call": "c1", "find": canonical({"key": "n"})}], "transforms": []}
    return call("c1", "ask", {"question": "SELECT"}, rows(["n"], [number]), meaning_json=asking(question, [citation]))


def test_small_whole_numbers_alone_are_guessable():
    assert reason_of([counting(7)]) == "guessable"
    assert draft_of([counting(174)]).task is not None


def test_value_that_the_question_says_is_given_away():
    region = lf.Literal("North", ValueKind.NAME)
    where = (lf.Condition("region", lf.Operator.EQUAL, region),)
    orders = lf.Table("sales/orders.csv", "orders", "csv")
    row = lf.Extreme(orders, "quantity", lf.Direction.HIGHEST, where)
    question = lf.Question("lookup", (lf.Field("region", lf.Attribute(row, "region", ValueKind.NAME)),))
    citation = {"field": "region", "sources": [{"call": "c1", "find": canonical({"key": "region"})}], "transforms": []}
    made = call(
        "c1", "ask", {"question": "SELECT x"}, rows(["region"], ["North"]), meaning_json=asking(question, [citation])
    )
    assert reason_of([made]) == "answer_in_text"


def test_calls_that_the_answer_does_not_need_are_left_out_and_preconditions_stay():
    idle = call("c0", "shift", {"at": "09:00"}, "x")
    opened = call("p1", "ask", {"question": "ATTACH"}, "ok", precondition=True)
    other = call("p2", "shift", {"at": "10:00"}, "ok", precondition=True)
    task = draft_of([idle, opened, other, note_call(), weight_call()]).task
    assert [reference.call_id for reference in task.reference] == ["p1", "c1", "c2"]


def test_counterfactuals_and_repeats_of_the_reference_travel_along():
    calls = [note_call(), weight_call()]
    fails = Counterfactual("c2", "/question", "c1", "{}", CounterfactualOutcome.CHANGES, "x", "rec_x")
    idle = replace(fails, call_id="c9")
    draft = draft_of(calls, counterfactuals=(fails, idle))
    assert json.loads(draft.counterfactuals_json) == [{"argument": "/question", "call_id": "c2", "outcome": "changes"}]
    assert [entry["same"] for entry in json.loads(draft.repeated_json)] == [True, True]
