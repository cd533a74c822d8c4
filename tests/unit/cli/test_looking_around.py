"""Looking around a world is recorded for everybody, and what the crawl could not prove is asked once more."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import snapshot_expand
from cli.paths.around import looks
from cli.paths.expanding import Expansion
from cli.paths.reproving import put_in, reproven, unproven
from cli.snapshot_expand import wider
from services.crawler.domain.records import ServerFacts
from services.simulator.adapters.live_pool import Runnable
from services.simulator.adapters.snapshot_file import read_content
from shared.model.catalogue import (
    Behaviour,
    CrawlOutcome,
    Effect,
    PathMode,
    ServerRecord,
    ToolRecord,
    Variation,
    WorldFile,
    WorldRecord,
)
from shared.model.tasks import OfferedTool
from shared.proof.canonical import canonical
from shared.runtime.servers.spec import ServersFile
from tests.unit.cli.test_paths import FILES, WORLD, ServerPool, gathered, shelf, snapshot_of  # noqa: F401 - a fixture
from tests.unit.crawler.test_probing import LISTING, Shop

LOOKED_AT = WorldRecord(
    WORLD, "shop", "2026-03-03T14:00:00+00:00", tuple(WorldFile(name, 1, "") for name in sorted(FILES))
)
FOLDERS = {"/workspace", "/workspace/sales", "/workspace/catalog", "/workspace/buying", "/workspace/notes"}


def paths_of(calls):
    return {arguments.split('"')[3] for _, arguments in calls}


async def test_every_place_is_asked_about_until_a_kind_of_place_is_refused(shelf):  # noqa: F811
    made = gathered(shelf)
    pool = ServerPool(FILES)
    nothing_else = replace(made, solutions=())
    expanded = await Expansion(nothing_else, pool, looks(made.content, (LOOKED_AT,))).run()
    asked = paths_of(pool.made)
    assert {f"/workspace/{name}" for name in FILES} <= asked, "each file is read"
    assert asked & FOLDERS == {"/workspace"}, "one folder was refused, so the others are not asked"
    assert set(pool.made.values()) == {1}
    assert expanded.looks == expanded.calls == len(pool.made) == len(expanded.recordings)


async def test_looks_are_counted_apart_and_made_once(shelf):  # noqa: F811
    made, pool = gathered(shelf), ServerPool(FILES)
    without = (await Expansion(made, ServerPool(FILES)).run()).calls
    expanded = await Expansion(made, pool, looks(made.content, (LOOKED_AT,))).run()
    assert set(pool.made.values()) == {1}
    assert expanded.calls == without + expanded.looks > without


async def test_what_is_recorded_already_is_not_made_again(shelf):  # noqa: F811
    made, pool = gathered(shelf), ServerPool(FILES)
    first = await Expansion(made, pool, looks(made.content, (LOOKED_AT,))).run()
    content = wider(made.content, first)
    again = replace(made, content=content)
    second = await Expansion(again, pool, looks(content, (LOOKED_AT,))).run()
    assert set(pool.made.values()) == {1}
    assert (second.calls, second.ambiguous) == (0, first.ambiguous)
    assert wider(content, second).recordings == content.recordings


def test_only_tools_that_are_offered_and_proven_look_around(shelf):  # noqa: F811
    content = gathered(shelf).content
    unknown = tuple(replace(tool, behaviour=Behaviour()) for tool in content.tools)
    assert looks(replace(content, tools=unknown), (LOOKED_AT,)) == ()
    assert looks(content, (replace(LOOKED_AT, world_digest="o" * 64),)) == ()
    older = tuple(replace(server, server_digest="e" * 64) for server in content.servers)
    assert looks(replace(content, servers=older), (LOOKED_AT,)) == ()


FAILED = Behaviour(evidence="every call failed, so nothing is proven")
NAMES = ("list_workbooks", "delete_note", "draw", "list_sheets")


@pytest.fixture
def office(shelf):  # noqa: F811
    """A snapshot of one server with a tool of each state of proof, all offered but the last one."""
    behaviours = (FAILED, FAILED, Behaviour(Effect.UNKNOWN, Variation.RANDOM), FAILED)
    tools = tuple(
        ToolRecord(name, "excel", "d", name, LISTING.description, LISTING.input_schema_json, behaviour=behaviour)
        for name, behaviour in zip(NAMES, behaviours, strict=True)
    )
    content = gathered(shelf).content
    shown = tuple(OfferedTool("excel", name, name, "", "", canonical({}), "", "", True) for name in NAMES[:3])
    tasks = tuple(replace(one, task=replace(one.task, tools=shown)) for one in content.tasks)
    return replace(content, tasks=tasks, tools=tools, servers=(ServerRecord("excel", "d", CrawlOutcome.READY),))


def test_unproven_is_what_never_succeeded_and_promises_no_change(office):
    assert unproven(office, ("excel",)) == {"excel": frozenset({"list_workbooks"})}
    assert unproven(office, ("files",)) == {}


class OneServer:
    """The part of the crawler's servers that a second try uses."""

    def __init__(self, shop):
        self.shop = shop

    async def facts(self, server_id):
        return ServerFacts(server_id, "d", "", "", PathMode.MOUNTED)

    def mentions_world(self, _):
        return True

    def workshop(self, *_):
        return self.shop


async def test_a_second_try_proves_what_the_crawl_could_not(office):
    spreadsheets = replace(LOOKED_AT, files=(WorldFile("finance/budget.xlsx", 1, ""),))
    (proven,) = await reproven(office, spreadsheets, OneServer(Shop(LISTING)), ("excel",))
    assert (proven.name, proven.behaviour.effect) == ("list_workbooks", Effect.READ_ONLY)
    changed = put_in(office.tools, (proven,))
    assert [tool.behaviour for tool in changed[1:]] == [tool.behaviour for tool in office.tools[1:]]
    assert changed[0].behaviour == proven.behaviour


async def test_a_second_try_that_fails_proves_nothing(office):
    nothing_there = replace(LOOKED_AT, files=())
    assert await reproven(office, nothing_there, OneServer(Shop()), ("excel",)) == ()


def test_the_command_writes_what_it_proved_made_and_looked_at(shelf, tmp_path, monkeypatch):  # noqa: F811
    """The command as a whole over a pool that answers from files: only starting real servers is left out."""
    made, pool = gathered(shelf), ServerPool(FILES)
    unproven_one = tuple(replace(tool, behaviour=FAILED) for tool in made.content.tools[1:])
    place = Path(snapshot_of(tmp_path, replace(made.content, tools=made.content.tools[:1] + unproven_one)))
    (place / "runtime").mkdir()

    class Pool:
        def __init__(self, runnable, _):
            assert {tool.behaviour.effect for tool in runnable.tools} == {Effect.READ_ONLY}

        async def __aenter__(self):
            return pool

        async def __aexit__(self, *_):
            return None

    async def proven(*_):
        return made.content.tools[1:]

    runnable = Runnable(ServersFile(place, ()), {}, (*made.content.tools[:1], *unproven_one), place / "worlds")
    monkeypatch.setattr(snapshot_expand, "read_runtime", lambda *_: runnable)
    monkeypatch.setattr(snapshot_expand, "_proven", proven)
    monkeypatch.setattr(snapshot_expand, "LivePoolThread", Pool)
    command = [str(place), str(tmp_path / "wide"), "--json"]
    shown = CliRunner().invoke(snapshot_expand.expand, command, catch_exceptions=False)
    told = json.loads(shown.stdout.splitlines()[-1])
    content = read_content(tmp_path / "wide", (WORLD,))
    assert (told["calls"], told["tasks"]) == (len(pool.made), 2)
    assert told["calls"] > told["looks_around"] > 0
    assert told["new_recordings"] == told["calls"] == len(content.recordings) - len(made.content.recordings)
    assert {tool.behaviour.effect for tool in content.tools} == {Effect.READ_ONLY}
