"""What each server gave: counted by draws and references, with reasons for the rest."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from cli.running.yields import Yields, yields_table
from shared.model.catalogue import Behaviour, CrawlOutcome, Effect, FailureClass, ServerRecord, ToolRecord
from shared.model.explorations import ExplorationOutcome
from shared.model.sub_dags import PlannedCall
from shared.model.tasks import VerdictKind
from tests.fakes.dataset import order_task
from tests.unit.cli.test_running import drawn, explored, judged

pytestmark = pytest.mark.unit


def server(name: str, outcome: CrawlOutcome = CrawlOutcome.READY) -> ServerRecord:
    failed = None if outcome is CrawlOutcome.READY else FailureClass.INSTALL_FAILED
    return ServerRecord(name, "", outcome, failure_class=failed)


def tool(name: str, effect: Effect) -> ToolRecord:
    return ToolRecord(f"tool_{name}", "shop", "", name, "", "{}", behaviour=Behaviour(effect))


def plan(counter: int, *servers: str):
    calls = tuple(PlannedCall(f"c{i}", f"tool_{s}", s, "t", "{}", (), ()) for i, s in enumerate(servers))
    return replace(drawn(counter)[2], calls=calls)


def row(yields: Yields, name: str) -> dict:
    return next(row for row in yields.rows() if row["server"] == name)


def test_a_draw_counts_once_for_each_server_of_its_plan_and_says_why_it_gave_nothing():
    yields = Yields()
    for record in (
        *(server("shop"), server("clock"), tool("find", Effect.READ_ONLY), tool("sell", Effect.WORLD)),
        *(plan(0, "shop", "shop", "clock"), plan(1, "shop"), plan(2, "shop")),
        *(explored(0)[2], explored(1)[2], explored(2, ExplorationOutcome.FAILED)[2]),
        *(judged(0)[2], judged(1, kind=VerdictKind.REJECTED)[2], judged(2, kind=VerdictKind.NOTHING)[2]),
    ):
        yields.apply(record)
    shop = row(yields, "shop")
    assert (shop["tools"], shop["reading"], shop["draws"]) == (2, 1, 3)
    assert shop["reasons"] == {"unstable": 1, "tool_error": 1}
    assert row(yields, "clock")["draws"] == 1
    assert row(yields, "clock")["reasons"] == {}


def test_tasks_are_counted_by_their_references_once_each():
    yields, (verified, _) = Yields(), order_task()
    used = {call.server_id for call in verified.task.reference}
    for name in (*used, "idle"):
        yields.apply(server(name))
    yields.apply(verified)
    yields.apply(verified)
    assert {name: row(yields, name)["tasks"] for name in used} == dict.fromkeys(used, 1)
    assert row(yields, "idle")["tasks"] == 0
    assert sum(one["in_tasks"] for one in yields.rows()) == len(
        {(c.server_id, c.tool) for c in verified.task.reference}
    )


def test_the_table_says_why_a_server_gave_nothing():
    yields = Yields()
    yields.apply(server("broken", CrawlOutcome.FAILED))
    yields.apply(server("unused"))
    out = io.StringIO()
    Console(file=out, width=160).print(yields_table(yields))
    assert "not usable: install_failed" in out.getvalue()
    assert "no draw calls it" in out.getvalue()
