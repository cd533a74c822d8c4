"""Spellings proven on a real server: pairs executed both ways, and what a snapshot then answers without any server."""

import asyncio
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cli.respelling import Proof
from services.simulator.adapters import sql_reader
from services.simulator.adapters.live_pool import LivePoolThread, Places, Runnable
from services.simulator.adapters.snapshot_file import open_snapshot, write_snapshot
from services.simulator.domain.ports import LiveCall
from services.simulator.domain.proving import LEAST_PAIRS, Pair, trials
from services.simulator.domain.replaying import Tier, replay
from services.simulator.domain.situation import Situation
from services.simulator.domain.snapshots import Content
from services.simulator.domain.toolbox import free_tools
from shared.model.calls import Recording
from shared.model.catalogue import Behaviour, CrawlOutcome, Effect, PathMode, ServerRecord, ToolRecord
from shared.proof.canonical import canonical
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.session import Timeouts
from shared.runtime.servers.spec import parse_servers
from tests.fakes.launching import world
from tests.fakes.library import ListLibrary

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
CACHE = Path.home() / ".cache" / "firefly"
DEMO = Path(__file__).parents[2] / "examples" / "mcp.json"
TOOL = "execute_query"
SCHEMA = json.dumps({"type": "object", "properties": {"sql": {"type": "string"}}, "required": ["sql"]})
ORDERS = "id,city,price\n" + "".join(f"{n},{'Oslo' if n % 3 else 'Bergen'},{n * 1.5}\n" for n in range(1, 25))
QUERIES = [f"SELECT city, price FROM '/workspace/orders.csv' WHERE id = {n} ORDER BY price" for n in range(1, 15)] + [
    "SELECT city, count(*) AS orders FROM '/workspace/orders.csv' GROUP BY city ORDER BY city",
    "SELECT max(price), min(price) FROM '/workspace/orders.csv' WHERE city = 'Oslo' AND id IN (1, 2, 4)",
]


class Motherduck:
    """The real server, its digest and one world."""

    def __init__(self, folder):
        self.folder, (_, self.world) = folder, world(folder, {"orders.csv": ORDERS})
        entry = json.loads(DEMO.read_text(encoding="utf-8"))["mcpServers"]["motherduck"]
        self.servers = parse_servers(json.dumps({"mcpServers": {"motherduck": entry}}), folder / "mcp.json")
        starter = Launcher(self.servers, CACHE, folder / "scratch", find_programs(), Timeouts())
        self.digest = asyncio.run(starter.server_digest("motherduck"))
        reads = Behaviour(Effect.READ_ONLY)
        self.tool = ToolRecord("tool_1", "motherduck", self.digest, TOOL, "", SCHEMA, behaviour=reads)

    def content(self, recordings):
        server = ServerRecord("motherduck", self.digest, CrawlOutcome.READY, source="mcp-server-motherduck 1.1.0")
        return Content((), recordings, (server,), (self.tool,), (self.world,))

    def call(self, sql):
        first = Situation(self.world)
        common = ("motherduck", self.digest, TOOL, canonical({"sql": sql}), Effect.READ_ONLY, PathMode.MOUNTED)
        return LiveCall(self.world, (), first, *common)

    def pool(self):
        runnable = Runnable(self.servers, {"motherduck": self.digest}, (self.tool,), self.folder / "worlds")
        return LivePoolThread(runnable, Places(CACHE, self.folder / "live"))


async def proven(real):
    """Record the queries, and try two rules and a wrong one."""
    async with real.pool() as pool:
        made = [await pool.run(real.call(sql), lambda made: made) for sql in QUERIES]
        assert all(isinstance(one, Recording) and not one.is_error for one in made)
        content = real.content(tuple(made))
        proof = Proof(ListLibrary(made, tools=[real.tool]), pool, made)
        found = list(trials(content, sql_reader.read, {(real.digest, TOOL)}))
        tried = {one.rule: await proof.try_out(one) for one in found if one.rule in ("duckdb_case", "duckdb_space")}
        # As if a rule took another name of a column for a spelling.
        wrong = [Pair(made[-2], made[-2].arguments_json.replace("AS orders", "AS Orders"))]
        return content, tried, await proof.try_out(replace(found[0], pairs=tuple(wrong)))


def test_pairs_on_a_real_server_prove_spellings_that_replay_then_answers(tmp_path):
    real = Motherduck(tmp_path)
    content, tried, wrong = asyncio.run(proven(real))
    assert {rule: (one.agreed, one.holds) for rule, one in tried.items()} == {
        "duckdb_case": (LEAST_PAIRS, True),
        "duckdb_space": (LEAST_PAIRS, True),
    }
    assert (wrong.agreed, wrong.disagreed, wrong.holds) == (0, 1, False)
    rules = tuple(one.as_rule(sql_reader.VERSION) for one in tried.values())
    write_snapshot(
        replace(content, spellings=rules), {real.world: tmp_path / "worlds" / real.world}, tmp_path / "snapshot", "test"
    )
    with closing(open_snapshot(tmp_path / "snapshot")) as library:
        query = "select city,\n  count( * ) as orders\nfrom '/workspace/orders.csv'  group by city order by city"
        reply = play(library, real, query)
        assert (reply.tier, reply.reason) == (Tier.NORMALISED, "spelling:duckdb_case,duckdb_space")
        assert reply.result_json == content.recordings[-2].result_json
        for other in (
            query.replace("as orders", "as Orders"),
            query.replace("order by city", ""),
            query.replace("city,\n  count( * ) as orders", "count( * ) as orders, city"),
            query + " -- no rule for comments was tried",
        ):
            assert play(library, real, other).tier is Tier.MISS


def play(library, real, sql):
    tool = next(one for one in free_tools(["motherduck"], library) if one.name == TOOL)
    return replay(tool, json.dumps({"sql": sql}), Situation(real.world), library).reply
