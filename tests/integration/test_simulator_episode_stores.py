"""One suite over every place where episodes live: memory, a SQLite file, a real Valkey."""

import asyncio
from dataclasses import replace

import pytest
import redis

from services.simulator.adapters.episodes_memory import KEPT_SECONDS, MemoryEpisodes
from services.simulator.adapters.episodes_sqlite import SqliteEpisodes
from services.simulator.adapters.episodes_valkey import ValkeyEpisodes
from services.simulator.domain import episodes
from services.simulator.domain.episodes import EpisodePlan, open_episode
from services.simulator.domain.replaying import Played, Reply, Tier
from services.simulator.domain.situation import Situation
from services.simulator.domain.toolbox import BoundTool
from shared.model.calls import State
from shared.model.errors import BadInput, Unavailable

pytestmark = pytest.mark.integration
NOW = 1_000_000_000.0
_serial = iter(range(10_000))


@pytest.fixture(params=["memory", "sqlite", "valkey"])
async def store(request, tmp_path):
    if request.param == "memory":
        made = MemoryEpisodes()
    elif request.param == "sqlite":
        made = SqliteEpisodes(tmp_path / "state" / "episodes.sqlite")
    else:
        url = request.getfixturevalue("valkey").removesuffix("/0") + "/5"
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        made = ValkeyEpisodes(url)
    yield made
    await made.close()


def episode(**changes):
    plan = EpisodePlan(server_ids=("files",), world_digest="w")
    made = open_episode(f"ep_{next(_serial)}", "snap_1", plan, changes.pop("expires_at", NOW + 60))
    reply = Reply(Tier.MISS, '{"content":[]}', True, error_code="not_recorded", schema_path="/a")
    played = Played(reply, Situation("w2", (("files", "s"),)))
    return replace(episodes.applied(made, "c1", "d", played, None, made.expires_at), version=1)


def called(made, call_id, expires_at=NOW + 90):
    """One more call, which moves the world as a live one does."""
    tool = BoundTool("write", "files", "d" * 64, "write", "", "{}")
    after = made.situation.after("files", State(f"w-{call_id}", "s2"))
    reply = Reply(Tier.LIVE, '{"content":[{"text":"\u00fc"}]}', False, "rec_1", reason="not_recorded")
    return episodes.applied(made, call_id, "d", Played(reply, after, '{"a":1}'), tool, expires_at)


async def test_created_episode_is_loaded_as_it_was(store):
    made = await store.create(episode(), "", NOW)
    assert await store.load(made.episode_id, NOW) == made


async def test_unknown_episode_is_none(store):
    assert await store.load("ep_nowhere", NOW) is None


async def test_same_request_id_returns_the_first_episode(store):
    first = await store.create(episode(), "once", NOW)
    second = await store.create(episode(), "once", NOW)
    assert (second, await store.load(second.episode_id, NOW)) == (first, first)


async def test_different_or_no_request_ids_make_different_episodes(store):
    made = [await store.create(episode(), name, NOW) for name in ("", "", "a", "b")]
    assert len({one.episode_id for one in made}) == 4


async def test_change_is_stored_once_per_version(store):
    made = await store.create(episode(), "", NOW)
    assert await store.replace(episodes.closed(made), NOW)
    assert not await store.replace(episodes.refused(made, NOW + 60), NOW)
    loaded = await store.load(made.episode_id, NOW)
    assert loaded.closed
    assert not await store.replace(loaded, NOW)
    assert await store.replace(episodes.refused(loaded, NOW + 60), NOW)


async def test_of_many_writers_at_once_one_wins(store):
    made = await store.create(episode(), "", NOW)
    won = await asyncio.gather(*(store.replace(episodes.closed(made), NOW) for _ in range(20)))
    assert sum(won) == 1


async def test_change_to_an_unknown_episode_is_not_stored(store):
    assert not await store.replace(episodes.closed(episode()), NOW)


async def test_episode_is_loaded_as_its_calls_left_it(store):
    made = await store.create(episode(), "", NOW)
    for number in range(3):
        made = called(made, f"c{number}")
        assert await store.replace(made, NOW)
    assert await store.load(made.episode_id, NOW) == made


async def test_expired_episode_is_remembered_for_a_while_and_then_forgotten(store):
    made = await store.create(episode(), "", NOW)
    assert await store.load(made.episode_id, NOW + 61) == made
    assert await store.load(made.episode_id, NOW + 61 + KEPT_SECONDS) is None


async def test_open_episodes_are_those_neither_closed_nor_expired(store):
    made = [await store.create(episode(expires_at=NOW + life), "", NOW) for life in (10, 100, 100)]
    await store.replace(episodes.closed(made[2]), NOW)
    assert [await store.open_count(NOW + seconds) for seconds in (1, 50, 101)] == [2, 1, 0]


async def test_sqlite_episodes_survive_a_restart_and_are_shared(tmp_path):
    first, second = SqliteEpisodes(tmp_path / "e.sqlite"), SqliteEpisodes(tmp_path / "e.sqlite")
    made = await first.create(episode(), "", NOW)
    assert await second.load(made.episode_id, NOW) == made
    assert await second.replace(episodes.closed(made), NOW)
    assert not await first.replace(episodes.closed(made), NOW)
    assert (await first.load(made.episode_id, NOW)).closed
    for one in (first, second):
        await one.close()


async def test_sqlite_stores_that_take_turns_see_each_other_and_so_does_a_third(tmp_path):
    stores = [SqliteEpisodes(tmp_path / "e.sqlite") for _ in range(2)]
    made = await stores[0].create(episode(), "", NOW)
    for number in range(6):
        store = stores[number % 2]
        loaded = await store.load(made.episode_id, NOW)
        assert loaded == made
        made = called(loaded, f"c{number}")
        assert await store.replace(made, NOW)
    stores.append(SqliteEpisodes(tmp_path / "e.sqlite"))
    assert [await store.load(made.episode_id, NOW) for store in stores] == [made] * 3
    assert await stores[2].open_count(NOW) == 1
    for one in stores:
        await one.close()


async def test_sqlite_store_forgets_what_is_long_over_with_its_changes_and_keeps_what_was_moved_on(tmp_path):
    store = SqliteEpisodes(tmp_path / "e.sqlite")
    old, moved = [await store.create(episode(expires_at=NOW + 10), "", NOW) for _ in range(2)]
    assert await store.replace(called(old, "c", NOW + 20), NOW)
    assert await store.replace(called(moved, "c", NOW + 2 * KEPT_SECONDS), NOW)
    await store.create(episode(expires_at=NOW + 3 * KEPT_SECONDS), "", NOW + 21 + KEPT_SECONDS)
    rows = store._database.execute("SELECT DISTINCT episode_id FROM changes").fetchall()
    assert rows == [(moved.episode_id,)]
    await store.close()


def test_sqlite_store_that_cannot_be_opened_names_the_file(tmp_path):
    (tmp_path / "e.sqlite").write_text("no database, but long enough to be taken for one" * 20)
    with pytest.raises(BadInput, match=r"e\.sqlite"):
        SqliteEpisodes(tmp_path / "e.sqlite")


async def test_absent_valkey_is_unavailable():
    store = ValkeyEpisodes("redis://127.0.0.1:1/0")
    with pytest.raises(Unavailable, match="does not answer"):
        await store.load("ep_1", NOW)
    await store.close()
