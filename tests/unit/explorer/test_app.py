"""The explorer's handler and catalogue: what waits, what is skipped, what goes out."""

import asyncio
from datetime import UTC, datetime

import pytest

from services.explorer.adapters.environments import MeteredCaller
from services.explorer.app import Exploring, dead_exploration
from services.explorer.domain.alternatives import PlannedBender
from services.explorer.domain.exploring import Explorer
from shared.model.catalogue import CrawlOutcome, ServerRecord, WorldRecord
from shared.model.errors import Rejected, Unavailable
from shared.model.explorations import ExplorationOutcome
from shared.model.sub_dags import EpochOpened
from shared.runtime import wire
from shared.runtime.catalogue import Catalogue
from shared.runtime.servers.clocks import Clock
from shared.runtime.streaming.events import Event
from tests.unit.explorer.shop import SKU, call, plan, shop

PLAN = plan(call("c1", "best_seller"), call("c2", "price", '{"sku":null}', (SKU,)))


class CaughtUp:
    def is_caught_up(self):
        return True


def event(record):
    return Event("sub-dags", 0, 0, "k", record, {}, 0)


def known_catalogue(environments):
    learned = []
    catalogue = Catalogue(learned.append, _follower=CaughtUp())
    for record in environments.records.values():
        catalogue.apply(record)
    assert learned == []
    catalogue.apply(ServerRecord("shop", "d", CrawlOutcome.READY, tool_ids=tuple(environments.records)))
    catalogue.apply(WorldRecord("w" * 64, "acme", "2026-03-02T09:30:00+00:00"))
    assert len(learned) == len(environments.records)
    return catalogue


def handler(environments, catalogue, wait_seconds=0.05):
    return Exploring(
        Explorer(environments, (PlannedBender(),)), catalogue, wait_seconds, lambda: datetime(2026, 11, 21, tzinfo=UTC)
    )


async def test_sub_dag_becomes_one_exploration_and_its_recordings():
    environments = shop()
    outputs = await handler(environments, known_catalogue(environments)).handle(event(PLAN))
    assert [one.topic for one in outputs] == ["explorations", "recordings", "recordings", "recordings"]
    assert outputs[0].key == PLAN.sub_dag_id
    assert outputs[0].record.frozen_now == "2026-03-02T09:30:00+00:00"
    assert all(one.key == one.record.recording_id for one in outputs[1:])
    assert {one.record.observed_at for one in outputs[1:]} == {"2026-11-21T00:00:00.000+00:00"}
    for one in outputs:
        assert wire.decode(one.topic, wire.encode(one.topic, one.record)) == one.record


async def test_opening_of_an_epoch_is_skipped():
    assert await handler(shop(), Catalogue()).handle(event(EpochOpened(0, 0, 0, 10))) == ()


async def test_tool_counts_only_once_its_server_is_done():
    environments = shop()
    catalogue = Catalogue(_follower=CaughtUp())
    for record in environments.records.values():
        catalogue.apply(record)
    outputs = await handler(environments, catalogue).handle(event(PLAN))
    assert outputs[0].record.failure_code == "unknown_tool"


async def test_handler_waits_for_a_tool_that_is_on_its_way():
    environments = shop()
    catalogue = Catalogue(_follower=CaughtUp())
    waiting = asyncio.create_task(handler(environments, catalogue, 20).handle(event(PLAN)))
    await asyncio.sleep(0)
    for record in environments.records.values():
        catalogue.apply(record)
    catalogue.apply(ServerRecord("shop", "d", CrawlOutcome.READY, tool_ids=tuple(environments.records)))
    catalogue.apply(WorldRecord("w" * 64, "acme", "now"))
    outputs = await asyncio.wait_for(waiting, 5)
    assert outputs[0].record.outcome is ExplorationOutcome.EXECUTED


async def test_catalogue_not_yet_read_is_unavailable_and_no_verdict_on_the_tool():
    with pytest.raises(Unavailable):
        await handler(shop(), Catalogue()).handle(event(PLAN))


def test_dead_letter_of_a_draw_carries_its_exploration():
    (output,) = dead_exploration(event(PLAN), Rejected("unknown_world", "no world w"))
    assert (output.topic, output.record.outcome) == ("explorations", ExplorationOutcome.DEAD)
    assert (output.record.failure_code, output.record.counter) == ("unknown_world", PLAN.counter)
    (bug,) = dead_exploration(event(PLAN), KeyError("0x7f31"))
    assert (bug.record.failure_code, bug.record.failure_text) == ("bug", "KeyError")
    assert dead_exploration(event(None), Rejected("undecodable")) == ()


async def test_every_call_is_one_ledger_row_of_its_exploration():
    environments, rows = shop(), []

    async def spend(entry):
        rows.append(entry)

    async with environments.first(None) as caller:
        metered = MeteredCaller(caller, spend, "expl_1", Clock.FROZEN)
        await metered.call_tool("shop", "best_seller", "{}")
        await metered.call_tool("shop", "best_seller", "{}")
    assert [(row.subject, row.calls, row.stage) for row in rows] == [("expl_1", 1, "explorer")] * 2
    assert len({row.entry_id for row in rows}) == 2
