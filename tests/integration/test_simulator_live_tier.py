"""The live tier over real sandboxed processes: first answers stay, states are rebuilt, escapes are contained."""

import asyncio
import json
import shutil
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from services.simulator.adapters.episodes_memory import MemoryEpisodes
from services.simulator.adapters.live_pool import LivePoolThread, Places, Runnable
from services.simulator.adapters.live_runner import LiveBounds
from services.simulator.adapters.overlay_file import OverlayFile
from services.simulator.domain.episodes import EpisodePlan
from services.simulator.domain.living import Live
from services.simulator.domain.simulating import Simulator, Surroundings, Wanted
from shared.model.catalogue import Behaviour, CrawlOutcome, Effect, PathMode, ServerRecord, ToolRecord
from shared.model.errors import BadInput, Rejected, Unavailable
from shared.runtime.servers.programs import find_programs
from tests.fakes.launching import SCRIPTS, launcher, servers_file, until, world
from tests.fakes.library import ListLibrary

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
SERVERS = {"kinds": "kinds", "looks": "looks_around", "mischief": "mischief"}
EFFECTS = {
    "write_note": Effect.WORLD, "touch_log": Effect.WORLD, "register_project": Effect.SESSION, "link": Effect.WORLD,
    "forks": Effect.UNKNOWN, "fill": Effect.WORLD, "next_number": Effect.SESSION,
}  # fmt: skip
ARGUMENTS = {
    "read_note": ("path",), "write_note": ("path", "text"), "register_project": ("name",), "exists": ("path",),
    "write": ("path",), "reach": ("host",), "link": ("target",),
}  # fmt: skip
TOOLS = {
    "kinds": ("add", "draw", "list_files", "read_note", "write_note", "next_number", "register_project",
              "list_projects", "always_fails"),
    "looks": ("environment", "exists", "write", "reach", "processes"),
    "mischief": ("link", "forks", "fill"),
}  # fmt: skip


def schema(name):
    properties = {argument: {"type": "string"} for argument in ARGUMENTS.get(name, ())}
    return json.dumps({"type": "object", "properties": properties, "required": list(properties)})


class Catalogue(ListLibrary):
    """A snapshot without a single recording, over three real servers."""

    def __init__(self, digests):
        self.digests = digests
        tools = [
            ToolRecord(
                f"tool_{name}", server, digests[server], name, name, schema(name),
                behaviour=Behaviour(EFFECTS.get(name, Effect.READ_ONLY)),
            )
            for server, names in TOOLS.items()
            for name in names
        ]  # fmt: skip
        super().__init__(tools=tools)

    def server(self, server_id):
        return ServerRecord(server_id, self.digests[server_id], CrawlOutcome.READY)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Digests, world and catalogue, made once."""
    folder = tmp_path_factory.mktemp("live")
    _, digest = world(folder)
    starter = launcher(folder, **SERVERS)
    assert starter.path_mode("kinds") is PathMode.MOUNTED
    digests = {name: asyncio.run(starter.server_digest(name)) for name in SERVERS}
    return folder, digest, Catalogue(digests)


class Clock:
    def __call__(self):
        return 1_000_000.0


@asynccontextmanager
async def simulating(made, tmp_path, overlay="overlay.sqlite", bounds=None, servers=None, **more):
    folder, _, library = made
    file = servers or servers_file(folder, **SERVERS)
    runnable = Runnable(file, library.digests, tuple(library._tools), folder / "worlds")
    kept = OverlayFile(tmp_path / overlay, library.snapshot_id)
    tokens = iter(range(10**9))
    places = Places(folder / "cache", tmp_path / f"scratch-{overlay}")
    try:
        async with LivePoolThread(runnable, places, bounds, **more) as pool:
            live = Live(kept, pool)
            around = Surroundings(Clock(), lambda: f"{next(tokens):032x}", 60.0)
            yield Simulator({library.snapshot_id: library}, MemoryEpisodes(), around, "", {library.snapshot_id: live})
    finally:
        kept.close()


async def opened(simulator, made):
    plan = EpisodePlan(server_ids=tuple(SERVERS), world_digest=made[1])
    return (await simulator.create(Wanted(plan))).episode.episode_id


async def played(simulator, episode_id, *calls):
    answers = []
    for number, (tool, arguments) in enumerate(calls):
        made = await simulator.call(episode_id, f"{len(answers)}-{number}-{tool}", tool, json.dumps(arguments))
        answers.append(made)
    return answers


def texts(answers):
    return [answer.shown.text for answer in answers]


PLAY = (
    ("read_note", {"path": "/workspace/note.txt"}),
    ("write_note", {"path": "/workspace/new.txt", "text": "fresh"}),
    ("read_note", {"path": "/workspace/new.txt"}),
    ("register_project", {"name": "mine"}),
    ("list_projects", {}),
    ("read_note", {"path": "/workspace/nowhere"}),
)


async def test_live_answers_are_the_servers_own_and_the_same_for_ever(made, tmp_path):
    async with simulating(made, tmp_path) as one:
        first = await played(one, await opened(one, made), *PLAY, ("draw", {}))
        again = await played(one, await opened(one, made), *PLAY, ("draw", {}))
        name = one.live.overlay.digest()
    assert {answer.reply.tier for answer in first} == {"live"}
    assert texts(first)[:5] == ["remember the milk", "ok", "fresh", "registered mine", "mine"]
    assert first[5].reply.is_error
    async with simulating(made, tmp_path) as other:
        restarted = await played(other, await opened(other, made), *PLAY, ("draw", {}))
        assert other.live.overlay.digest() == name
    assert first == again == restarted


async def test_state_is_rebuilt_from_the_episodes_own_calls(made, tmp_path):
    async with simulating(made, tmp_path) as first:
        await played(first, await opened(first, made), *PLAY[:4])
    # The overlay knows the writes; this pool has never made them, and must before it can read what they left.
    async with simulating(made, tmp_path) as second:
        answers = await played(second, await opened(second, made), *PLAY[:4], ("list_files", {}), ("list_projects", {}))
        untouched = await played(second, await opened(second, made), ("list_files", {}), ("list_projects", {}))
    assert texts(answers)[4:] == ["new.txt note.txt orders.csv", "mine"]
    assert texts(untouched) == ["note.txt orders.csv", "nothing registered"]


async def test_state_that_cannot_be_rebuilt_is_an_honest_miss(made, tmp_path):
    async with simulating(made, tmp_path) as first:
        (draw, *_) = await played(
            first, await opened(first, made), ("write_note", {"path": "/workspace/a", "text": "1"})
        )
        assert draw.reply.tier == "live"
    async with simulating(made, tmp_path) as second:
        episode_id = await opened(second, made)
        await played(second, episode_id, ("write_note", {"path": "/workspace/a", "text": "1"}))
        store = second._store
        episode = await store.load(episode_id, 0)
        (step,) = episode.steps
        spoilt = replace(step, arguments_json='{"path":"/workspace/a","text":"2"}')
        assert await store.replace(replace(episode, steps=(spoilt,), version=episode.version + 1), 0)
        answer = await second.call(episode_id, "last", "read_note", '{"path":"/workspace/a"}')
    assert (answer.reply.tier, answer.reply.reason) == ("miss", "state_not_rebuilt")


async def test_invalid_arguments_never_reach_a_server(made, tmp_path):
    async with simulating(made, tmp_path) as one:
        answers = await played(
            one, await opened(one, made), ("read_note", {}), ("read_note", {"path": 7}), ("nosuch", {})
        )
        assert one.live.overlay.count() == 0
    assert [answer.reply.error_code for answer in answers] == ["invalid_arguments", "invalid_arguments", "unknown_tool"]


async def test_the_same_call_at_once_is_made_once_and_one_too_many_is_refused(made, tmp_path):
    async with simulating(made, tmp_path, bounds=LiveBounds(at_once=1, waiting=1)) as one:
        first, second, third = [await opened(one, made) for _ in range(3)]
        pool = one.live._pool
        same = [asyncio.create_task(one.call(episode, "c", "draw", "{}")) for episode in (first, second)]
        await until(lambda: pool.in_flight)
        with pytest.raises(Rejected, match="overloaded"):
            await one.call(third, "c", "list_files", "{}")
        answers = await asyncio.gather(*same)
        assert answers[0] == answers[1]
        assert (await one.call(third, "c", "list_files", "{}")).reply.tier == "live"


async def test_caller_that_goes_away_leaves_its_answer_in_the_overlay(made, tmp_path):
    async with simulating(made, tmp_path) as one:
        episode_id = await opened(one, made)
        call = asyncio.create_task(one.call(episode_id, "c", "list_files", "{}"))
        await until(lambda: one.live.in_flight)
        call.cancel()
        await asyncio.wait({call})
        await until(lambda: not one.live.in_flight, 60)
        assert one.live.overlay.count() == 1


async def test_server_that_does_not_start_is_never_the_agents_failure_and_pauses(made, tmp_path):
    folder, digest, library = made
    broken = {**SERVERS, "kinds": {"command": sys.executable, "args": [str(SCRIPTS / "exits.py")]}}
    digests = dict(library.digests)
    digests["kinds"] = await launcher(folder, **broken).server_digest("kinds")
    catalogue = Catalogue(digests)
    async with simulating((folder, digest, catalogue), tmp_path, servers=servers_file(folder, **broken)) as one:
        episode_id = await opened(one, (folder, digest, catalogue))
        for number in range(3):
            with pytest.raises(Unavailable, match="does not start"):
                await one.call(episode_id, f"c{number}", "list_files", "{}")
        with pytest.raises(Unavailable, match="pause"):
            await one.call(episode_id, "c", "list_files", "{}")
        assert one.live.overlay.count() == 0
        assert (await one.call(episode_id, "other", "exists", '{"path":"/workspace"}')).reply.tier == "live"


async def test_another_package_set_than_the_recorded_one_is_refused_at_the_start(made, tmp_path):
    folder, digest, library = made
    catalogue = Catalogue({**library.digests, "kinds": "0" * 64})
    with pytest.raises(BadInput, match="kinds installs here as another"):
        async with simulating((folder, digest, catalogue), tmp_path):
            pass


async def test_overlay_is_append_only_bound_to_its_snapshot_and_refuses_what_was_changed(made, tmp_path):
    async with simulating(made, tmp_path) as one:
        await played(one, await opened(one, made), PLAY[0])
        database = one.live.overlay._database
        for statement in ("DELETE FROM answers", "UPDATE answers SET refused='x'"):
            with pytest.raises(Exception, match="append-only"):
                database.execute(statement)
        database.execute("DROP TRIGGER answers_stay")
        database.execute("UPDATE answers SET record = CAST(replace(record, 'milk', 'wine') AS BLOB)")
        with pytest.raises(Rejected, match="overlay.sqlite"):
            await played(one, await opened(one, made), PLAY[0])
    with pytest.raises(BadInput, match="belongs to"):
        OverlayFile(tmp_path / "overlay.sqlite", "snap_other")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("read_note", {"path": "/etc/shadow"}),
        ("read_note", {"path": "/workspace/../../etc/shadow"}),
        ("write", {"path": "/usr/x"}),
        ("write", {"path": "/workspace/../x"}),
        ("link", {"target": "/etc/shadow"}),
        ("link", {"target": "{secret}"}),
        ("reach", {"host": "127.0.0.1"}),
    ],
)
async def test_paths_links_and_network_out_of_the_world_are_contained(made, tmp_path, tool, arguments):
    secret = tmp_path / "secret.txt"
    secret.write_text("s3cret")
    filled = {name: value.format(secret=secret) for name, value in arguments.items()}
    async with simulating(made, tmp_path) as one:
        (answer,) = await played(one, await opened(one, made), (tool, filled))
    assert answer.reply.tier == "live"
    assert "refused" in answer.shown.text or "no such file" in answer.shown.text
    assert "s3cret" not in answer.shown.text


async def test_processes_that_a_call_leaves_behind_end_with_their_environment(made, tmp_path):
    before = len(sleepers())
    async with simulating(made, tmp_path, bounds=LiveBounds(held=0)) as one:
        (answer,) = await played(one, await opened(one, made), ("forks", {"count": 40}))
        assert answer.shown.text == "40 started"
        await until(lambda: len(sleepers()) <= before, 60)


async def test_call_that_fills_the_disk_loses_its_server_and_leaves_nothing(made, tmp_path):
    bounds = LiveBounds(world_bytes=8 * 1024 * 1024)
    async with simulating(made, tmp_path, bounds=bounds) as one:
        episode_id = await opened(one, made)
        (answer,) = await played(one, episode_id, ("fill", {"mebibytes": 24, "wait_after": 23}))
        assert (answer.reply.tier, answer.reply.is_error) == ("live", True)
        assert "the server ended" in answer.shown.text
        (after,) = await played(one, episode_id, ("list_files", {}))
        assert after.shown.text == "note.txt orders.csv"
        used = sum(path.stat().st_size for path in tmp_path.rglob("*.bin"))
        assert used == 0


async def test_live_load_does_not_slow_what_is_recorded(made, tmp_path):
    """Hits run on another thread than live calls; the bound is generous, a shared loop misses it by far."""
    async with simulating(made, tmp_path, bounds=LiveBounds(at_once=2)) as one:
        episode_id = await opened(one, made)
        await one.call(episode_id, "warm", "list_files", "{}")
        load = [asyncio.create_task(one.call(await opened(one, made), "c", "read_note", json.dumps({"path": f"/n{n}"})))
                for n in range(20)]  # fmt: skip
        waits, loop = [], asyncio.get_running_loop()
        while not all(task.done() for task in load):
            started = loop.time()
            await one.call(await opened(one, made), "c", "list_files", "{}")
            waits.append(loop.time() - started)
            await asyncio.sleep(0.01)
        await asyncio.gather(*load)
    assert sorted(waits)[len(waits) // 2] < 0.1


def sleepers():
    return [child for child in psutil.Process().children(recursive=True) if child.name() == "sleep"]


def test_sandbox_is_there_for_these_tests():
    assert find_programs().bwraps
    assert shutil.which("sh")
    assert Path("/bin/sleep").exists()
