"""Cuts: pure functions of (previous cut, epoch, catalogue), whatever the order of arrival."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.graph.domain.catalogue import Catalogue
from services.graph.domain.cuts import NOTHING, Epoch, Version, digest_of, next_version
from services.graph.domain.epochs import Epochs
from services.graph.domain.versions import ReadingBack, Versions
from shared.model.catalogue import CrawlOutcome, FailureClass, ServerRecord
from shared.model.explorations import CounterfactualOutcome, Exploration, ExplorationOutcome
from shared.model.graphs import Edge, EdgeKind, Grade
from shared.model.sub_dags import EpochOpened, Lane
from shared.model.values import ValueKind
from shared.runtime import wire
from tests.unit.graph.town import (
    BY_NAME,
    MASS_AT,
    SERVERS,
    TOOLS,
    WORLD,
    call,
    exploration,
    flow,
    records,
)

PRICE, MASS = BY_NAME["product_price"].tool_id, BY_NAME["convert_mass"].tool_id
BEST = BY_NAME["best_products"].tool_id


def catalogue(order: list[int] | None = None) -> Catalogue:
    made = Catalogue(SERVERS, [WORLD])
    entries = records()
    for index in order or range(len(entries)):
        made.apply(entries[index])
    return made


def first_two() -> Version:
    zero = next_version(None, catalogue(), NOTHING, ())
    return next_version(zero, catalogue(), NOTHING, ())


def folded(*explorations: Exploration, epoch: int = 0) -> Version:
    return next_version(first_two(), catalogue(), Epoch(epoch, explorations), ())


def edges(version: Version, source: str, target: str, pointer: str) -> list[Edge]:
    return [e for e in version.nodes[source].edges if e.target_tool_id == target and e.target == pointer]


def test_version_one_without_late_servers_equals_version_zero() -> None:
    zero, one = next_version(None, catalogue(), NOTHING, ()), first_two()
    assert (zero.cut.version, one.cut.version) == (0, 1)
    assert zero.cut.graph_digest == one.cut.graph_digest
    assert zero.cut.node_count == len(TOOLS)


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(4)), st.permutations(range(len(records()))), st.lists(st.integers(0, 3), max_size=4))
def test_order_of_arrival_and_repeats_do_not_change_a_cut(
    order: list[int], catalogue_order: list[int], repeated: list[int]
) -> None:
    outcomes = [CounterfactualOutcome.FAILS, CounterfactualOutcome.SAME, CounterfactualOutcome.CHANGES]
    made = [exploration(counter, outcomes[counter % 3]) for counter in range(4)]
    expected = [version.cut.graph_digest for version in run(made, list(range(len(records()))))]
    assert [v.cut.graph_digest for v in run([made[i] for i in (*order, *repeated)], catalogue_order)] == expected
    assert len(expected) == 3


def run(explorations: list[Exploration], catalogue_order: list[int]) -> list[Version]:
    """Versions cut while explorations arrive one by one; the epoch's opening comes in the middle."""
    versions = Versions(catalogue(catalogue_order), Epochs())
    cut: list[Version] = []
    for offset, one in enumerate(explorations):
        if offset == 2:
            versions.epochs.open(EpochOpened(0, 0, 0, 4), ("sub-dags", 0), 0)
        versions.epochs.add(one, ("explorations", offset % 2), offset)
        cut.extend(versions.due(may_start=False))
    return cut


def test_a_flow_that_fails_with_another_value_gets_the_best_grade() -> None:
    (edge,) = edges(folded(exploration(0)), BEST, PRICE, "/sku")
    assert (edge.grade, edge.accepted, edge.fails) == (Grade.OTHER_VALUE_FAILS, 1, 1)
    assert (edge.source_key, edge.source_kind) == ("sku", ValueKind.IDENTIFIER)


def test_a_changed_answer_is_the_middle_grade_and_an_ignored_value_only_accepted() -> None:
    (changes,) = edges(folded(exploration(0, CounterfactualOutcome.CHANGES)), BEST, PRICE, "/sku")
    (same,) = edges(folded(exploration(0, CounterfactualOutcome.SAME)), BEST, PRICE, "/sku")
    assert (changes.grade, same.grade) == (Grade.ANSWER_DEPENDS, Grade.ACCEPTED)


def test_evidence_adds_up_over_epochs() -> None:
    two = folded(exploration(0))
    three = next_version(two, catalogue(), Epoch(1, [exploration(7, epoch=1)]), ())
    (edge,) = edges(three, BEST, PRICE, "/sku")
    assert (edge.accepted, edge.fails) == (2, 2)
    assert three.nodes[BEST].successes == 2


def test_observed_values_with_units_make_edges_to_parameters_of_that_unit() -> None:
    (edge,) = edges(folded(exploration(0)), BEST, MASS, "/value")
    assert (edge.source_key, edge.grade) == ("weight_lb", Grade.ACCEPTED)
    zones = edges(folded(exploration(0)), BEST, BY_NAME["time_in"].tool_id, "/timezone")
    assert [edge.grade for edge in zones] == [Grade.CANDIDATE]


def test_prices_do_not_flow_into_masses() -> None:
    assert not edges(folded(exploration(0)), PRICE, MASS, "/value")


def test_values_enter_sql_text() -> None:
    into_sql = edges(folded(exploration(0)), BEST, BY_NAME["run"].tool_id, "/query")
    assert {edge.source_key for edge in into_sql} >= {"sku", "name"}


def test_samples_come_from_the_lowest_counter_and_stay() -> None:
    node = folded(exploration(3), exploration(1)).nodes[BEST]
    assert [one.sample_json for one in node.outputs if one.key == "sku"] == ['"SKU-1"']
    assert [one.recording_id for one in node.outputs if one.key == "sku"] == ["rec_c1_best_products"]


def test_volatile_values_are_no_outputs() -> None:
    node = folded(exploration(0, volatile=("/structuredContent/products/0/sku",))).nodes[BEST]
    assert "sku" not in {one.key for one in node.outputs}


def test_echoes_and_enum_members_make_no_edge() -> None:
    version = folded(exploration(0))
    assert not edges(version, MASS, MASS, "/from_unit")
    assert not any(one.key in ("value", "from_unit") for one in version.nodes[MASS].outputs)


def test_a_failed_call_counts_and_teaches_valid_values() -> None:
    said = "Unknown timezone 'Mars'. Available timezones: 'Europe/Oslo', 'Asia/Tokyo'"
    failed = call("c1", "time_in", {"timezone": "Mars"}, said, failed=True)
    node = folded(replace(exploration(0), calls=(failed,))).nodes[BY_NAME["time_in"].tool_id]
    assert (node.successes, node.failures) == (0, 1)
    (parameter,) = node.parameters
    assert parameter.examples == ('"Europe/Oslo"', '"Asia/Tokyo"')


def test_a_value_named_by_the_error_is_refused() -> None:
    taken = call("c1", "best_products", {"month": "May"}, {"products": [{"sku": "SKU-X", "weight_lb": 3}]})
    refusing = call(
        "c2",
        "product_price",
        {"sku": "SKU-X"},
        "no product SKU-X",
        (flow('[{"pointer":"/structuredContent/products/0/sku"}]', "/sku"),),
        failed=True,
    )
    (edge,) = edges(folded(replace(exploration(0), calls=(taken, refusing), counterfactuals=())), BEST, PRICE, "/sku")
    assert (edge.refused, edge.accepted, edge.grade) == (1, 0, Grade.CANDIDATE)


def test_session_tools_precede_what_names_their_thing() -> None:
    register, symbols = BY_NAME["register_project_tool"].tool_id, BY_NAME["list_symbols"].tool_id
    before = edges(first_two(), register, symbols, "")
    assert [(edge.kind, edge.accepted) for edge in before] == [(EdgeKind.PRECONDITION, 0)]
    done = (
        call("c1", "register_project_tool", {"path": "/w", "name": "p"}, {"status": "ok"}, precondition=True),
        call("c2", "list_symbols", {"project": "p", "file_path": "a.py"}, {"functions": [{"name": "total_units"}]}),
    )
    (held,) = edges(folded(replace(exploration(0), calls=done, counterfactuals=())), register, symbols, "")
    assert held.accepted == 1


def test_an_error_that_misses_a_thing_points_to_its_maker() -> None:
    failed = call("c1", "list_symbols", {"project": "q", "file_path": "a.py"}, "Project 'q' not found", failed=True)
    version = folded(replace(exploration(0), calls=(failed,), counterfactuals=()))
    (edge,) = edges(version, BY_NAME["register_project_tool"].tool_id, BY_NAME["list_symbols"].tool_id, "")
    assert edge.refused == 1


def test_dead_explorations_complete_an_epoch_and_change_nothing() -> None:
    dead = replace(exploration(0), outcome=ExplorationOutcome.DEAD, calls=(), repeated=(), counterfactuals=())
    assert folded(dead).cut.graph_digest == first_two().cut.graph_digest


def test_tools_that_are_gone_take_their_edges_with_them() -> None:
    smaller = Catalogue(SERVERS, [WORLD])
    for record in records([one for one in TOOLS if one.server_id != "units"]):
        smaller.apply(record)
    version = next_version(folded(exploration(0)), smaller, NOTHING, ())
    assert MASS not in version.nodes
    assert not edges(version, BEST, MASS, "/value")


@pytest.mark.parametrize("missing", range(len(records())))
def test_the_first_cut_waits_for_every_server_and_world(missing: int) -> None:
    partly = Catalogue(SERVERS, [WORLD])
    for index, record in enumerate(records()):
        if index != missing:
            partly.apply(record)
    waits = not isinstance(records()[missing], type(TOOLS[0]))
    assert partly.is_settled() is not waits
    assert bool(list(Versions(partly, Epochs()).due(may_start=False))) is not waits


def test_a_failed_server_is_settled_too() -> None:
    made = Catalogue(["shop", "broken"])
    for record in records():
        made.apply(record)
    assert not made.is_settled()
    made.apply(ServerRecord("broken", "", CrawlOutcome.FAILED, failure_class=FailureClass.EXITED))
    assert made.is_settled()
    assert {one.server_id for one in made.tools()} == {"shop"}


def test_late_servers_join_at_the_next_cut_when_the_first_may_start_early() -> None:
    made = Catalogue([*SERVERS, "late"])
    for record in records():
        made.apply(record)
    versions = Versions(made, Epochs())
    assert list(versions.due(may_start=False)) == []
    assert [version.cut.version for version in versions.due(may_start=True)] == [0, 1]
    late = replace(TOOLS[0], tool_id="tool_late", server_id="late")
    made.apply(late)
    made.apply(ServerRecord("late", "d", CrawlOutcome.READY, tool_ids=("tool_late",)))
    versions.epochs.open(EpochOpened(0, 0, 0, 1), ("sub-dags", 0), 0)
    versions.epochs.add(exploration(0), ("explorations", 0), 0)
    (two,) = versions.due(may_start=True)
    assert "tool_late" in two.nodes


def test_an_empty_epoch_waits_for_news_while_servers_are_still_crawled() -> None:
    made = Catalogue([*SERVERS, "late"])
    for record in records():
        made.apply(record)
    versions = Versions(made, Epochs())
    assert [version.cut.settled for version in versions.due(may_start=True)] == [False, False]
    versions.epochs.open(EpochOpened(0, 0, 0, 0), ("sub-dags", 0), 0)
    assert list(versions.due(may_start=True)) == []
    made.apply(ServerRecord("late", "", CrawlOutcome.FAILED, failure_class=FailureClass.EXITED))
    (two,) = versions.due(may_start=True)
    assert two.cut.settled


def test_two_epochs_are_in_flight_and_fold_in_turn() -> None:
    versions = Versions(catalogue(), Epochs())
    assert [version.cut.version for version in versions.due(may_start=False)] == [0, 1]
    for epoch in (0, 1):
        versions.epochs.open(EpochOpened(epoch, epoch, epoch, 1), ("sub-dags", 0), epoch)
    versions.epochs.add(exploration(1, epoch=1), ("explorations", 0), 0)
    assert list(versions.due(may_start=False)) == []
    versions.epochs.add(exploration(0), ("explorations", 1), 0)
    assert [(v.cut.version, v.cut.folded_epoch) for v in versions.due(may_start=False)] == [(2, 0), (3, 1)]


def test_the_requests_lane_is_outside_cuts() -> None:
    epochs = Epochs()
    epochs.open(EpochOpened(0, 0, 0, 1), ("sub-dags", 0), 0)
    epochs.add(replace(exploration(0), lane=Lane.REQUESTS), ("explorations", 0), 0)
    assert epochs.complete(0) is None


def test_a_cut_says_from_where_to_read_what_it_did_not_fold() -> None:
    versions = Versions(catalogue(), Epochs())
    list(versions.due(may_start=False))
    epochs = versions.epochs
    for offset, one in enumerate([exploration(0), exploration(2, epoch=1), exploration(1)]):
        assert epochs.is_new(("explorations", 0), offset)
        epochs.add(one, ("explorations", 0), offset)
    assert not epochs.is_new(("explorations", 0), 1)
    for epoch, first in ((0, 0), (1, 2)):
        assert epochs.is_new(("sub-dags", 1), epoch)
        epochs.open(EpochOpened(epoch, epoch, first, 2), ("sub-dags", 1), epoch)
    (two,) = versions.due(may_start=False)
    assert {(one.topic, one.partition): one.offset for one in two.cut.offsets} == {
        ("explorations", 0): 1,
        ("sub-dags", 1): 1,
    }
    again = Versions(catalogue(), Epochs())
    again.resume(two)
    for epoch, first in ((0, 0), (1, 2)):
        again.epochs.open(EpochOpened(epoch, epoch, first, 2), ("sub-dags", 1), epoch)
    again.epochs.add(exploration(0), ("explorations", 0), 0)
    again.epochs.add(exploration(2, epoch=1), ("explorations", 0), 1)
    again.epochs.add(exploration(3, epoch=1), ("explorations", 0), 3)
    epochs.add(exploration(3, epoch=1), ("explorations", 0), 3)
    (resumed,), (straight,) = list(again.due(may_start=False)), list(versions.due(may_start=False))
    assert resumed.cut.graph_digest == straight.cut.graph_digest


def test_a_version_survives_the_wire_and_is_found_again_behind_an_unfinished_attempt() -> None:
    version = folded(exploration(0))
    reading = ReadingBack()
    stale = replace(next(iter(version.nodes.values())), tool_id="tool_gone")
    for node in (stale, *version.nodes.values()):
        reading.add(wire.decode("tool-graph", wire.encode("tool-graph", node)))
    assert reading.found is None
    reading.add(wire.decode("tool-graph", wire.encode("tool-graph", version.cut)))
    assert reading.found == Version(dict(version.nodes), version.cut)
    assert digest_of(version.nodes.values()) == version.cut.graph_digest


def test_an_unclosed_or_damaged_version_is_not_found() -> None:
    version = folded(exploration(0))
    reading = ReadingBack()
    for node in list(version.nodes.values())[:-1]:
        reading.add(node)
    reading.add(version.cut)
    assert reading.found is None


def test_a_value_of_a_dropped_edge_is_found_again_by_its_place() -> None:
    lonely = replace(exploration(0), counterfactuals=())
    (edge,) = edges(folded(lonely), BEST, MASS, "/value")
    assert edge.accepted == 1
    wrong = replace(
        lonely,
        calls=(lonely.calls[0], replace(lonely.calls[2], depends_on=(flow(MASS_AT.replace("lb", "kg"), "/value"),))),
    )
    (edge,) = edges(folded(wrong), BEST, MASS, "/value")
    assert edge.accepted == 0
