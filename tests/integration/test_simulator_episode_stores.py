"""One suite over every place where episodes live: memory, a SQLite file, a real Valkey."""

import asyncio

import pytest
import redis

from services.simulator.adapters.episodes_memory import KEPT_SECONDS, MemoryEpisodes
from services.simulator.adapters.episodes_sqlite import SqliteEpisodes
from services.simulator.adapters.episodes_valkey import ValkeyEpisodes
from services.simulator.domain import episodes
from services.simulator.domain.episodes import EpisodePlan, open_episode
from services.simulator.domain.replaying import Played, Reply, Tier
from services.simulator.domain.situation import Situation
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
    return episodes.applied(made, "c1", "d", played, None, made.expires_at)


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
    assert not await store.replace(made, NOW)
    loaded = await store.load(made.episode_id, NOW)
    assert loaded.closed
    assert await store.replace(loaded, NOW)


async def test_of_many_writers_at_once_one_wins(store):
    made = await store.create(episode(), "", NOW)
    won = await asyncio.gather(*(store.replace(made, NOW) for _ in range(20)))
    assert sum(won) == 1


async def test_change_to_an_unknown_episode_is_not_stored(store):
    assert not await store.replace(episode(), NOW)


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
    assert await second.replace(made, NOW)
    assert not await first.replace(made, NOW)
    for one in (first, second):
        await one.close()


def test_sqlite_store_that_cannot_be_opened_names_the_file(tmp_path):
    (tmp_path / "e.sqlite").write_text("no database, but long enough to be taken for one" * 20)
    with pytest.raises(BadInput, match=r"e\.sqlite"):
        SqliteEpisodes(tmp_path / "e.sqlite")


async def test_absent_valkey_is_unavailable():
    store = ValkeyEpisodes("redis://127.0.0.1:1/0")
    with pytest.raises(Unavailable, match="does not answer"):
        await store.load("ep_1", NOW)
    await store.close()
