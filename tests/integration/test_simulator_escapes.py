"""What a policy under training may try through real servers, live: ways out of the world, and full disks."""

import asyncio
import contextlib
import json
import socketserver
import threading
import time
from pathlib import Path

import pytest

from services.simulator.adapters.episodes_memory import MemoryEpisodes
from services.simulator.adapters.live_pool import LivePoolThread, Places, Runnable
from services.simulator.adapters.live_runner import LiveBounds
from services.simulator.adapters.overlay_file import OverlayFile
from services.simulator.domain.episodes import EpisodePlan
from services.simulator.domain.living import Live
from services.simulator.domain.simulating import Simulator, Surroundings, Wanted
from shared.model.catalogue import Behaviour, CrawlOutcome, Effect, PathMode, ServerRecord, ToolRecord
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.session import Timeouts
from shared.runtime.servers.spec import parse_servers
from tests.fakes.launching import world
from tests.fakes.library import ListLibrary

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
CACHE = Path.home() / ".cache" / "firefly"
"""Installed servers are kept between runs."""
DEMO = Path(__file__).parents[2] / "examples" / "mcp.json"
TOOLS = {
    "motherduck": {"execute_query": ("sql",)},
    "filesystem": {
        "read_text_file": ("path",),
        "write_file": ("path", "content"),
        "move_file": ("source", "destination"),
    },
}
LONGEST_SECONDS = 100.0
"""Of one call: its own limit, tries of a call that crashed, waiting for its turn, and a machine that is busy."""
UNPROVEN = Behaviour(Effect.UNKNOWN)
SECRET = "s3cret-of-the-host"


class Catalogue(ListLibrary):
    """A snapshot without a single recording, over tools that nothing is proven about."""

    def __init__(self, digests):
        self.digests = digests
        tools = [
            ToolRecord(f"tool_{name}", server, digests[server], name, name, schema(arguments), behaviour=UNPROVEN)
            for server, named in TOOLS.items()
            for name, arguments in named.items()
        ]
        super().__init__(tools=tools)

    def server(self, server_id):
        return ServerRecord(server_id, self.digests[server_id], CrawlOutcome.READY)


def schema(arguments):
    properties = {argument: {"type": "string"} for argument in arguments}
    return json.dumps({"type": "object", "properties": properties, "required": list(properties)})


class Playground:
    """A running live tier and the folders around it."""

    def __init__(self, simulator, world_digest, scratch, outside):
        self.simulator, self.world_digest, self.scratch, self.outside = simulator, world_digest, scratch, outside

    async def episode(self):
        plan = EpisodePlan(server_ids=tuple(TOOLS), world_digest=self.world_digest)
        return (await self.simulator.create(Wanted(plan))).episode.episode_id

    async def call(self, episode_id, tool, **arguments):
        made = await self.simulator.call(episode_id, f"{tool} {sorted(arguments.items())}", tool, json.dumps(arguments))
        assert made.reply.tier == "live", made.reply
        return made


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("escapes")
    _, digest = world(folder)
    entries = json.loads(DEMO.read_text())["mcpServers"]
    chosen = json.dumps({"mcpServers": {name: entries[name] for name in TOOLS}}).replace("${workspace}", "/workspace")
    servers = parse_servers(chosen, folder / "mcp.json")
    starter = Launcher(servers, CACHE, folder / "scratch", find_programs(), Timeouts())
    assert starter.path_mode("motherduck") is PathMode.MOUNTED
    digests = {name: asyncio.run(starter.server_digest(name)) for name in TOOLS}
    return folder, digest, servers, Catalogue(digests)


@pytest.fixture
async def playground(installed, tmp_path):
    folder, digest, servers, library = installed
    runnable = Runnable(servers, library.digests, tuple(library._tools), folder / "worlds")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text(SECRET)
    kept = OverlayFile(tmp_path / "overlay.sqlite", library.snapshot_id)
    bounds = LiveBounds(world_bytes=16 * 1024 * 1024)
    tokens = iter(range(10**9))
    around = Surroundings(time.time, lambda: f"{next(tokens):032x}", 600.0)
    try:
        async with LivePoolThread(runnable, Places(CACHE, tmp_path / "scratch"), bounds) as pool:
            lives = {library.snapshot_id: Live(kept, pool)}
            simulator = Simulator({library.snapshot_id: library}, MemoryEpisodes(), around, "", lives)
            yield Playground(simulator, digest, tmp_path / "scratch", outside)
    finally:
        kept.close()


@contextlib.contextmanager
def listening():
    """A server of this machine that notes who reached it."""
    reached = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            reached.append(self.client_address)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1], reached
        finally:
            server.shutdown()
            thread.join()


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


async def test_statements_and_paths_out_of_the_world_reach_nothing_and_the_servers_go_on(playground):
    outside = playground.outside

    async def tried(tool, arguments):
        started = time.monotonic()
        answer = await playground.call(await playground.episode(), tool, **arguments)
        assert SECRET not in answer.shown.text
        # A pattern that matches no file is no error to DuckDB: it finds no rows.
        assert is_refused(answer) or '"rowCount":0' in plain(answer), (arguments, answer.shown.text)
        assert time.monotonic() - started < LONGEST_SECONDS, arguments

    with listening() as (port, reached):
        statements = (
            f"COPY (SELECT 1 AS a) TO '{outside}/out.csv'",
            "COPY (SELECT 1 AS a) TO '/etc/out.csv'",
            "COPY (SELECT 1 AS a) TO '/workspace/../out.csv'",
            f"ATTACH '{outside}/out.duckdb' AS far",
            f"SELECT * FROM read_text('/workspace/../..{outside}/secret.txt')",
            "SELECT * FROM read_text('/etc/shadow')",
            f"SELECT * FROM read_csv('http://127.0.0.1:{port}/x.csv')",
            f"INSTALL httpfs FROM 'http://127.0.0.1:{port}'",
            "INSTALL httpfs",
        )
        calls = [("execute_query", {"sql": statement}) for statement in statements]
        calls += [
            ("read_text_file", {"path": f"/workspace/../..{outside}/secret.txt"}),
            ("write_file", {"path": f"{outside}/out.txt", "content": "x"}),
            ("move_file", {"source": "/workspace/note.txt", "destination": f"{outside}/note.txt"}),
        ]
        await asyncio.gather(*(tried(tool, arguments) for tool, arguments in calls))
        assert reached == []
    assert files_of(outside) == ["secret.txt"]
    assert "out.csv" not in files_of(Path("/etc"))
    episode_id = await playground.episode()
    assert "42" in (await playground.call(episode_id, "execute_query", sql="SELECT 6 * 7 AS answer")).shown.text
    assert "milk" in (await playground.call(episode_id, "read_text_file", path="/workspace/note.txt")).shown.text


async def test_link_out_of_the_world_leads_nowhere(playground):
    """A link that lies in the copy, whoever made it: inside the sandbox its target does not exist."""
    episode_id = await playground.episode()
    written = await playground.call(episode_id, "write_file", path="/workspace/new.txt", content="x")
    assert not written.reply.is_error
    (copy,) = [path.parent for path in playground.scratch.rglob("new.txt")]
    (copy / "link.txt").symlink_to(playground.outside / "secret.txt")
    for tool, arguments in (
        ("read_text_file", {"path": "/workspace/link.txt"}),
        ("execute_query", {"sql": "SELECT * FROM read_text('/workspace/link.txt')"}),
    ):
        made = await playground.simulator.call(episode_id, tool, tool, json.dumps(arguments))
        assert SECRET not in made.shown.text
        assert made.reply.tier == "miss" or is_refused(made)


async def test_statement_that_fills_the_disk_loses_its_server_and_leaves_nothing(playground):
    episode_id, started = await playground.episode(), time.monotonic()
    endless = "COPY (SELECT random() AS a FROM range(4000000000)) TO '/workspace/big.csv'"
    answer = await playground.call(episode_id, "execute_query", sql=endless)
    assert answer.reply.is_error
    assert time.monotonic() - started < 2 * LONGEST_SECONDS
    left = sum(path.lstat().st_size for path in playground.scratch.rglob("big.csv*"))
    assert left < 16 * 1024 * 1024
    again = await playground.call(await playground.episode(), "execute_query", sql="SELECT 6 * 7 AS answer")
    assert "42" in again.shown.text


def plain(answer):
    return answer.shown.text.replace(" ", "").replace("\n", "")


def is_refused(answer):
    """Whether a server said that it cannot, as an error or, as some do, in words."""
    return answer.reply.is_error or '"success":false' in plain(answer)
