"""Environments are lent again exactly while nothing moved; what moved is retired, spares come in the background."""

import asyncio
import json
import time

import pytest

from shared.model.catalogue import Behaviour, Effect, ToolRecord, Variation
from shared.model.errors import Rejected
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.pool import EnvironmentPool, PoolBounds
from tests.fakes.launching import children, launcher, until, world

pytestmark = pytest.mark.integration


def record(tool, effect, pure=False):
    behaviour = Behaviour(effect, Variation.STABLE, pure, "told by the test")
    return ToolRecord("tool_x", "s", "digest", tool, "", '{"type": "object"}', behaviour=behaviour)


@pytest.fixture
async def lending(tmp_path):
    store, digest = world(tmp_path)
    bounds = PoolBounds(environments=2, spare_uses=1)
    async with EnvironmentPool(store, launcher(tmp_path, s="kinds"), tmp_path / "scratch", bounds) as pool:
        pool.learn(record("read_note", Effect.READ_ONLY))
        pool.learn(record("write_note", Effect.WORLD))
        pool.learn(record("register_project", Effect.SESSION))
        pool.learn(record("next_number", Effect.READ_ONLY))
        yield pool, digest


async def number(environment):
    called = await environment.call_tool("s", "next_number", "{}")
    return json.loads(called.result_json)["content"][0]["text"]


async def test_an_environment_in_which_nothing_moved_is_lent_again(lending):
    pool, digest = lending
    async with pool.lease(digest, Clock.FROZEN) as first:
        assert await number(first) == "1"
        await first.call_tool("s", "read_note", '{"path": "/workspace/note.txt"}')
    async with pool.lease(digest, Clock.FROZEN) as second:
        assert second is first
        assert await number(second) == "2"  # the same process


async def test_a_session_moving_call_retires_the_process_only(lending):
    pool, digest = lending
    async with pool.lease(digest, Clock.FROZEN) as first:
        await number(first)
        called = await first.call_tool("s", "register_project", '{"name": "a"}')
        assert called.state_after.session
        assert called.state_after.world == digest
    async with pool.lease(digest, Clock.FROZEN) as second:
        assert second is first
        assert second.state("s").session == ""
        assert await number(second) == "1"


async def test_an_unproven_call_retires_the_process_and_moves_the_session(lending):
    pool, digest = lending
    async with pool.lease(digest, Clock.FROZEN) as first:
        called = await first.call_tool("s", "add", "{}")
        assert called.effect is Effect.UNKNOWN
        assert called.state_after.session
        await number(first)
    async with pool.lease(digest, Clock.FROZEN) as second:
        assert await number(second) == "1"


async def test_a_moved_world_retires_the_environment(lending):
    pool, digest = lending
    async with pool.lease(digest, Clock.FROZEN) as first:
        called = await first.call_tool("s", "write_note", '{"path": "/workspace/new.txt", "text": "x"}')
        assert called.state_after.world != digest
        assert called.effect is Effect.WORLD
        read = await first.call_tool("s", "read_note", '{"path": "/workspace/new.txt"}')
        assert not read.is_error
        assert read.state.world == called.state_after.world
    async with pool.lease(digest, Clock.FROZEN) as second:
        assert second is not first
        read = await second.call_tool("s", "read_note", '{"path": "/workspace/new.txt"}')
        assert read.is_error


async def test_writing_back_what_was_there_is_no_move(lending):
    pool, digest = lending
    async with pool.lease(digest, Clock.FROZEN) as first:
        await first.call_tool("s", "write_note", '{"path": "/workspace/note.txt", "text": "changed"}')
        same = {"path": "/workspace/note.txt", "text": "remember the milk"}
        called = await first.call_tool("s", "write_note", json.dumps(same))
        assert called.state_after.world == digest
        again = await first.call_tool("s", "write_note", json.dumps(same))
        assert again.wrote
        assert again.state == again.state_after
    async with pool.lease(digest, Clock.FROZEN) as second:
        assert second is first


async def test_clocks_and_fresh_leases_have_environments_of_their_own(lending):
    pool, digest = lending
    async with pool.lease(digest, Clock.FROZEN) as frozen:
        first = await frozen.call_tool("s", "now", "{}")
    async with pool.lease(digest, Clock.MOVED_ON) as moved:
        assert moved is not frozen
        assert (await moved.call_tool("s", "now", "{}")).result_sha256 != first.result_sha256
    async with pool.lease(digest, Clock.FROZEN, fresh=True) as fresh:
        assert fresh is not frozen
        assert await number(fresh) == "1"


async def test_borrowers_wait_for_one_another_within_the_bound(lending):
    pool, digest = lending
    order = []

    async def borrow(name, hold):
        async with pool.lease(digest, Clock.FROZEN):
            order.append(name)
            await hold.wait()

    hold = asyncio.Event()
    tasks = [asyncio.create_task(borrow(name, hold)) for name in "abc"]
    await until(lambda: len(order) == 2)
    await asyncio.sleep(0.1)
    assert len(order) == 2
    async with pool.lease(digest, Clock.MOVED_ON):  # the other clock has a bound of its own
        hold.set()
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks)
    assert sorted(order) == ["a", "b", "c"]


async def test_spares_are_started_before_they_are_asked_for(lending):
    pool, digest = lending
    async with pool.lease(digest, Clock.FROZEN) as first:
        await first.call_tool("s", "write_note", '{"path": "/workspace/new.txt", "text": "x"}')
    gone = children()
    await until(lambda: children() - gone)
    async with pool.lease(digest, Clock.FROZEN) as second:
        assert "s" in second.running
        started = time.monotonic()
        await number(second)
        assert time.monotonic() - started < 2


async def test_a_statement_that_changes_something_is_not_read_only(tmp_path):
    store, digest = world(tmp_path)
    async with EnvironmentPool(store, launcher(tmp_path, s="kinds"), tmp_path / "scratch") as pool:
        pool.learn(record("add", Effect.READ_ONLY))
        async with pool.lease(digest, Clock.FROZEN) as environment:
            read = await environment.call_tool("s", "add", '{"sql": "select updated from t"}')
            assert read.effect is Effect.READ_ONLY
            written = await environment.call_tool("s", "add", '{"sql": "create table t as select 1"}')
            assert written.effect is Effect.UNKNOWN
            assert written.state_after.session


async def test_unknown_worlds_are_rejected_and_block_nobody(lending):
    pool, digest = lending
    for _ in range(5):
        with pytest.raises(Rejected, match="unknown_world"):
            async with pool.lease("0" * 64, Clock.FROZEN):
                pass
    async with pool.lease(digest, Clock.FROZEN) as environment:
        assert await number(environment) == "1"


async def test_idle_environments_are_closed_and_leftovers_removed(tmp_path):
    store, digest = world(tmp_path)
    leftover = tmp_path / "scratch/environments/p4194303/0"
    leftover.mkdir(parents=True)
    before = children()
    bounds = PoolBounds(idle_seconds=0.1)
    async with EnvironmentPool(store, launcher(tmp_path, s="kinds"), tmp_path / "scratch", bounds) as pool:
        assert not leftover.exists()
        async with pool.lease(digest, Clock.FROZEN) as environment:
            await environment.call_tool("s", "add", "{}")
        await until(lambda: not children() - before)


async def test_what_was_written_while_nobody_borrowed_is_put_back_before_the_next_lease(lending):
    pool, digest = lending
    async with pool.lease(digest, Clock.FROZEN) as first:
        await number(first)
    # As a process does that was started ahead of need and opens its database only now.
    (first.folder / "late.db").write_text("x")
    async with pool.lease(digest, Clock.FROZEN) as second:
        called = await second.call_tool("s", "read_note", '{"path": "/workspace/late.db"}')
        assert called.is_error
        assert called.state.world == digest
