"""Whole explorations over made-up tools: what is recorded when plans work, bend and fail."""

from dataclasses import replace

import pytest

from services.explorer.domain.alternatives import PlannedBender
from services.explorer.domain.executing import MOST_ATTEMPTS
from services.explorer.domain.exploring import MOST_RESTARTS, Explorer, dead
from shared.model.calls import Stability
from shared.model.errors import Unavailable
from shared.model.explorations import CounterfactualOutcome, ExplorationOutcome
from shared.model.values import ValueKind
from shared.proof import locators
from shared.proof.canonical import canonical, parse_canonical
from tests.unit.explorer.shop import SKU, binding, call, plan, shop

NOW = "2026-03-02T09:30:00+00:00"
CHAIN = (call("c1", "best_seller"), call("c2", "price", '{"sku":null}', (SKU,), meaning_json='{"form":1}'))


async def explore(*calls, environments=None, benders=None):
    environments = environments or shop()
    explorer = Explorer(environments, benders or (PlannedBender(),))
    return await explorer.explore(plan(*calls), environments.records, NOW, "2026-11-21T00:00:00Z")


async def test_chain_is_executed_and_its_flow_leads_back_to_the_value():
    explored = await explore(*CHAIN)
    first, second = explored.exploration.calls
    assert explored.exploration.outcome is ExplorationOutcome.EXECUTED
    assert second.arguments_json == '{"sku":"SKU-1"}'
    (flow,) = second.depends_on
    located = locators.locate(first.result_json, flow.locator_json)
    assert (located.value, located.sha256, flow.edge_id) == ("SKU-1", flow.sha256, "edge_1")
    assert not second.bent
    assert second.meaning_json == '{"form":1}'


async def test_second_run_finds_what_the_clock_changed_also_inside_text():
    explored = await explore(*CHAIN)
    first, second = explored.exploration.repeated
    assert first.volatile == ("/structuredContent/asked_at",)
    assert second.volatile == ("/content/0/text/at",)
    assert first.same_arguments
    assert second.same_arguments
    by_tool = {one.tool: one for one in explored.recordings if one.stability is not Stability.UNTESTED}
    assert by_tool["price"].stability is Stability.MASKED
    assert by_tool["price"].volatile_mask == ("/content/0/text/at",)


async def test_second_run_uses_another_environment_at_the_moved_clock():
    environments = shop()
    await explore(*CHAIN, environments=environments)
    assert [one.world.clock for one in environments.lent] == ["frozen", "moved_on"]


async def test_call_that_repeats_is_stable():
    explored = await explore(call("c1", "sheet", '{"sheet":"Budget"}'))
    assert explored.exploration.repeated[0].volatile == ()
    assert [one.stability for one in explored.recordings] == [Stability.STABLE]


async def test_counterfactual_takes_another_value_of_the_source_and_changes_the_answer():
    explored = await explore(*CHAIN)
    (one,) = explored.exploration.counterfactuals
    assert (one.call_id, one.argument, one.source_call_id, one.edge_id) == ("c2", "/sku", "c1", "edge_1")
    assert one.changed_json == '{"sku":"SKU-2"}'
    assert one.outcome is CounterfactualOutcome.CHANGES
    assert one.recording_id in {recording.recording_id for recording in explored.recordings}


async def test_numeric_text_becomes_the_number_that_the_schema_wants_and_the_flow_says_so():
    amount = replace(SKU, key="price_usd", kind=ValueKind.QUANTITY, locator_json="", argument="/amount")
    explored = await explore(call("c1", "price", '{"sku":"SKU-1"}'), call("c2", "double", '{"amount":null}', (amount,)))
    doubled = explored.exploration.calls[1]
    assert doubled.arguments_json == '{"amount":129}'
    assert doubled.depends_on[0].transforms_json == '[{"name":"number"}]'
    assert explored.exploration.counterfactuals[0].outcome is CounterfactualOutcome.CHANGES


async def test_counterfactual_fails_when_the_altered_value_is_refused():
    noted = replace(SKU, source_call_id="c2", key="note", locator_json="")
    explored = await explore(
        call("c1", "write", '{"text":"SKU-3"}'), call("c2", "read"), call("c3", "price", '{"sku":null}', (noted,))
    )
    (one,) = explored.exploration.counterfactuals
    assert (one.outcome, one.changed_json) == (CounterfactualOutcome.FAILS, '{"sku":"SKU-4"}')


async def test_second_try_finds_the_dependence_that_the_first_other_value_hid():
    """SKU-2 and SKU-3 cost the same, so that the first other value of the source shows nothing."""
    explored = await explore(call("c1", "dearest"), call("c2", "price", '{"sku":null}', (SKU,)))
    (one,) = explored.exploration.counterfactuals
    assert '{"sku":"SKU-3"}' in {recording.arguments_json for recording in explored.recordings}
    assert (one.outcome, one.changed_json) == (CounterfactualOutcome.CHANGES, '{"sku":"SKU-1"}')


async def test_echo_of_the_argument_is_no_dependence():
    said = replace(SKU, argument="/text")
    explored = await explore(call("c1", "best_seller"), call("c2", "echo", '{"text":null}', (said,)))
    (one,) = explored.exploration.counterfactuals
    assert one.outcome is CounterfactualOutcome.SAME


async def test_value_that_differs_between_runs_anyway_is_no_dependence():
    explored = await explore(call("c1", "best_seller"), call("c2", "noisy", '{"sku":null}', (SKU,)))
    (one,) = explored.exploration.counterfactuals
    assert one.outcome is CounterfactualOutcome.SAME


async def test_flow_into_a_call_that_moves_the_world_has_no_counterfactual():
    text = replace(SKU, argument="/text")
    explored = await explore(call("c1", "best_seller"), call("c2", "write", '{"text":null}', (text,)))
    assert explored.exploration.outcome is ExplorationOutcome.EXECUTED
    assert explored.exploration.counterfactuals == ()


async def test_flow_into_a_read_before_a_write_has_no_counterfactual_because_its_state_is_gone():
    explored = await explore(*CHAIN, call("c3", "write", '{"text":"x"}'))
    assert explored.exploration.counterfactuals == ()


async def test_precondition_runs_first_and_later_reads_still_have_counterfactuals():
    explored = await explore(call("c0", "register", '{"name":"shop"}', precondition=True), *CHAIN)
    assert explored.exploration.calls[0].precondition
    assert explored.exploration.calls[2].state.session
    assert [one.call_id for one in explored.exploration.counterfactuals] == ["c2"]


async def test_value_at_another_place_is_found_by_key_and_kind_and_the_call_is_bent():
    moved = replace(SKU, locator_json=canonical([{"pointer": "/structuredContent/items/0/sku"}]))
    explored = await explore(call("c1", "best_seller"), call("c2", "price", '{"sku":null}', (moved,)))
    second = explored.exploration.calls[1]
    assert second.arguments_json == '{"sku":"SKU-1"}'
    assert second.bent
    assert (
        locators.locate(explored.exploration.calls[0].result_json, second.depends_on[0].locator_json).value == "SKU-1"
    )


async def test_ambiguous_value_loses_the_planned_meaning_because_it_may_not_be_the_one_meant():
    moved = replace(SKU, locator_json="")
    explored = await explore(
        call("c1", "best_seller"), call("c2", "price", '{"sku":null}', (moved,), meaning_json='{"form":1}')
    )
    assert {one.meaning_json for one in explored.exploration.calls} == {'{"walk":true}'}


async def test_value_inside_a_string_is_remembered_with_its_slot():
    inside = replace(SKU, argument="/text", marker="{{sku}}")
    explored = await explore(
        call("c1", "best_seller"), call("c2", "echo", '{"text":"ä 😀 \'{{sku}}\' and {{sku}}"}', (inside,))
    )
    second = explored.exploration.calls[1]
    said = parse_canonical(second.arguments_json)["text"]
    (flow,) = second.depends_on
    assert said == "ä 😀 'SKU-1' and SKU-1"
    assert said[flow.slot_start : flow.slot_end] == "SKU-1"


async def test_a_value_that_stands_twice_in_one_argument_is_varied_as_one():
    first, last = (replace(SKU, argument="/text", marker=marker) for marker in ("{{from}}", "{{to}}"))
    explored = await explore(
        call("c1", "best_seller"), call("c2", "echo", '{"text":"A{{from}}:E{{to}}"}', (first, last))
    )
    assert len(explored.exploration.calls[1].depends_on) == 2
    texts = [
        parse_canonical(one.changed_json)["text"] for one in explored.exploration.counterfactuals if one.call_id == "c2"
    ]
    assert texts
    for text in texts:
        start, _, end = text.partition(":")
        assert start[1:] == end[1:] != "SKU-1"


async def test_failed_literal_is_replaced_by_an_alternative_of_the_plan():
    explored = await explore(
        call(
            "c1",
            "sheet",
            '{"sheet":"Orders"}',
            bindings=(binding("/sheet", "Orders", "Sales", "Budget"),),
            meaning_json='{"form":1}',
        )
    )
    (made,) = explored.exploration.calls
    assert (made.arguments_json, made.bent, made.meaning_json) == ('{"sheet":"Budget"}', True, '{"walk":true}')
    assert sorted(one.arguments_json for one in explored.recordings if one.is_error) == [
        '{"sheet":"Orders"}',
        '{"sheet":"Sales"}',
    ]


async def test_valid_value_named_in_the_error_text_is_tried():
    explored = await explore(call("c1", "sheet", '{"sheet":"Orders"}'))
    assert explored.exploration.outcome is ExplorationOutcome.EXECUTED
    assert explored.exploration.calls[0].arguments_json == '{"sheet":"Budget"}'


async def test_call_that_cannot_be_made_fails_the_exploration_and_is_kept_as_data():
    explored = await explore(call("c1", "price", '{"sku":"SKU-9"}'), call("c2", "best_seller"))
    record = explored.exploration
    assert (record.outcome, record.failure_code) == (ExplorationOutcome.FAILED, "tool_error_disguised")
    assert (record.failed_call_id, record.failure_text) == ("c1", "Product SKU-9 does not exist")
    assert [(one.call_id, one.looks_failed, one.is_error) for one in record.calls] == [("c1", True, False)]
    assert record.repeated == ()
    assert [one.stability for one in explored.recordings] == [Stability.UNTESTED]


async def test_attempts_are_bounded():
    many = binding("/sku", *(f"NO-{number}" for number in range(30)))
    environments = shop()
    await explore(call("c1", "price", '{"sku":"NO-0"}', bindings=(many,)), environments=environments)
    assert len(environments.lent[0].calls) == MOST_ATTEMPTS


async def test_arguments_that_break_the_schema_are_never_sent():
    environments = shop()
    explored = await explore(call("c1", "price", '{"sku":5}'), environments=environments)
    assert explored.exploration.failure_code == "invalid_arguments"
    assert environments.lent[0].calls == []


async def test_failed_call_that_moved_the_world_is_bent_in_a_fresh_environment():
    environments = shop()
    explored = await explore(
        call("c1", "write", '{"text":"bad"}', bindings=(binding("/text", "bad", "good"),)), environments=environments
    )
    (made,) = explored.exploration.calls
    assert (made.arguments_json, made.bent) == ('{"text":"good"}', True)
    assert [len(one.calls) for one in environments.lent] == [1, 1, 1]
    assert {one.arguments_json for one in explored.recordings} == {'{"text":"bad"}', '{"text":"good"}'}


async def test_fresh_environments_are_bounded_too():
    environments = shop()
    texts = binding("/text", *(f"bad {number}" for number in range(9)))
    explored = await explore(call("c1", "write", '{"text":"bad"}', bindings=(texts,)), environments=environments)
    assert explored.exploration.failure_code == "tool_error"
    assert len(environments.lent) == MOST_RESTARTS + 1
    assert len({one.arguments_json for one in explored.recordings}) == MOST_RESTARTS + 1


async def test_crash_seen_every_time_is_data():
    explored = await explore(call("c1", "dies"))
    assert explored.exploration.failure_code == "server_died"
    assert [one.recording_id for one in explored.recordings] == [explored.exploration.calls[0].recording_id]


async def test_too_large_result_keeps_digest_and_length_only():
    explored = await explore(call("c1", "best_seller"), environments=shop(limit=50))
    (made,) = explored.exploration.calls
    (recording,) = explored.recordings
    assert made.too_large
    assert (made.result_json, recording.result_json) == ("", "")
    assert recording.result_length > 50
    assert recording.result_sha256 == made.result_sha256


async def test_value_of_another_key_is_not_taken_for_the_planned_one():
    daily = replace(SKU, locator_json="")
    explored = await explore(call("c1", "daily"), call("c2", "price", '{"sku":null}', (daily,)))
    assert explored.exploration.calls[1].arguments_json == '{"sku":"SKU-1"}'
    coded = replace(daily, key="code")
    explored = await explore(call("c1", "daily"), call("c2", "price", '{"sku":null}', (coded,)))
    assert explored.exploration.calls[1].arguments_json == '{"sku":"SKU-3"}'


async def test_value_that_flows_otherwise_on_another_day_proves_nothing_of_the_call_it_flows_into():
    daily = replace(SKU, locator_json=canonical([{"pointer": "/structuredContent/sku"}]))
    explored = await explore(call("c1", "daily"), call("c2", "price", '{"sku":null}', (daily,)))
    first, second = explored.exploration.repeated
    assert (first.same_arguments, first.volatile) == (True, ("/structuredContent/sku",))
    assert not second.same_arguments
    priced = next(one for one in explored.recordings if one.arguments_json == '{"sku":"SKU-1"}')
    assert priced.stability is Stability.UNTESTED


async def test_call_that_fails_on_another_day_is_unstable():
    explored = await explore(call("c1", "expires"))
    assert explored.exploration.repeated[0].is_error
    assert [one.stability for one in explored.recordings] == [Stability.UNSTABLE]


async def test_answer_that_says_only_when_it_was_asked_depends_on_nothing():
    explored = await explore(call("c1", "best_seller"), call("c2", "stamped", '{"sku":null}', (SKU,)))
    (one,) = explored.exploration.counterfactuals
    assert one.outcome is CounterfactualOutcome.SAME


async def test_warning_of_a_call_that_moved_the_world_is_no_failure():
    explored = await explore(call("c1", "warns"))
    assert explored.exploration.outcome is ExplorationOutcome.EXECUTED


async def test_flow_into_a_write_that_a_later_write_undoes_has_no_counterfactual():
    text = replace(SKU, argument="/text", source_call_id="c0")
    explored = await explore(
        call("c0", "best_seller"),
        call("c1", "write", '{"text":"a"}'),
        call("c2", "write", '{"text":null}', (text,)),
        call("c3", "write", '{"text":"a"}'),
    )
    first, second = explored.exploration.calls[1:3]
    assert second.state == first.state_after == explored.exploration.calls[3].state_after
    assert explored.exploration.counterfactuals == ()


async def test_recording_proven_by_the_second_run_is_not_overwritten_by_an_unproven_one():
    """The counterfactual of c2 is the very call that c3 makes."""
    explored = await explore(*CHAIN, call("c3", "price", '{"sku":"SKU-2"}'))
    same = [one for one in explored.recordings if one.arguments_json == '{"sku":"SKU-2"}']
    assert [one.stability for one in same] == [Stability.MASKED]


async def test_error_that_the_server_flags_is_no_error_in_disguise():
    explored = await explore(call("c1", "write", '{"text":"bad"}'))
    (made,) = explored.exploration.calls
    assert (made.is_error, made.looks_failed) == (True, False)


async def test_unknown_tool_fails_with_its_name():
    explored = await explore(call("c1", "nothing_like_it"))
    assert explored.exploration.failure_code == "unknown_tool"
    assert "nothing_like_it" in explored.exploration.failure_text


async def test_record_is_the_same_whenever_it_is_made():
    first, second = await explore(*CHAIN), await explore(*CHAIN)
    assert first.exploration == second.exploration
    assert [r.recording_id for r in first.recordings] == [r.recording_id for r in second.recordings]


class Away:
    """A caller whose infrastructure is away."""

    async def call_tool(self, server_id, tool, arguments_json):
        raise Unavailable("no process")


async def test_unavailable_infrastructure_is_no_data():
    environments = shop()
    environments.first = lambda world: AwayContext()
    with pytest.raises(Unavailable):
        await explore(*CHAIN, environments=environments)


class AwayContext:
    async def __aenter__(self):
        return Away()

    async def __aexit__(self, *_):
        return None


def test_dead_record_keeps_the_draw_and_the_reason():
    record = dead(plan(*CHAIN), "bug", "KeyError: 'x'")
    assert (record.outcome, record.failure_code, record.counter) == (ExplorationOutcome.DEAD, "bug", 3)
    assert record.exploration_id.startswith("expl_")
