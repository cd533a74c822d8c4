"""Explorations of real MCP servers in sandboxes: values really flow, repeat and matter."""

import asyncio
import json
from pathlib import Path

import pytest

from services.explorer.adapters.environments import PooledEnvironments
from services.explorer.domain.alternatives import PlannedBender
from services.explorer.domain.exploring import Explorer
from shared.model.calls import Stability
from shared.model.catalogue import Behaviour, Effect, ToolRecord, Variation
from shared.model.explorations import CounterfactualOutcome, ExplorationOutcome
from shared.model.sub_dags import Alternative, Binding, Lane, PlannedCall, PlannedInput, SubDag
from shared.model.values import ValueKind
from shared.proof import locators
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.identity import tool_id
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.pool import EnvironmentPool, PoolBounds
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.spec import parse_servers
from tests.fakes.launching import world

pytestmark = [pytest.mark.integration, pytest.mark.timeout(540)]

CACHE = Path.home() / ".cache" / "firefly"
"""Installed servers are kept between runs: installing needs the network, running does not."""
DEMO = Path(__file__).parents[2] / "examples" / "mcp.json"
SERVERS = ("filesystem", "motherduck", "time")
FILES = {
    "sales/orders.csv": "order_id,sku,units\nPO-2026-001,SKU-2217,7\nPO-2026-002,SKU-3301,4\nPO-2026-003,SKU-2217,5\n",
    "sales/suppliers.csv": (
        "sku,supplier,time_zone\nSKU-2217,Kyoto Metalworks,Asia/Tokyo\nSKU-3301,Fjord Roasters,Europe/Oslo\n"
    ),
    "notes/policy.txt": "Returns are accepted within 30 days.\n",
}
ZONE = canonical([{"pointer": "/structuredContent/rows/0/0"}])


class Bench:
    """A pool over real servers and the tools that it listed."""

    def __init__(self, pool, world_digest, tools):
        self.pool, self.world_digest, self.tools = pool, world_digest, tools
        self.rows = []

    async def explore(self, *calls):
        environments = PooledEnvironments(self.pool, self._spend)
        sub_dag = SubDag("dag_real", Lane.DRAWS, 0, 0, 0, self.world_digest, calls, "shape", "test")
        return await Explorer(environments, (PlannedBender(),)).explore(
            sub_dag, {tool.tool_id: tool for tool in self.tools.values()}, "2026-03-02T09:30:00+00:00", "now"
        )

    def call(self, call_id, tool, arguments, *inputs, **more):
        record = self.tools[tool]
        return PlannedCall(call_id, record.tool_id, record.server_id, tool, canonical(arguments), inputs=inputs, **more)

    async def _spend(self, entry):
        self.rows.append(entry)


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """A world, and the tools of the real servers as they list them."""
    folder = tmp_path_factory.mktemp("real")
    store, digest = world(folder, FILES)
    return folder, store, digest, asyncio.run(_listed(folder, store, digest))


@pytest.fixture
async def bench(listed, tmp_path):
    folder, store, digest, tools = listed
    async with EnvironmentPool(store, _launcher(folder), tmp_path, PoolBounds(environments=1)) as pool:
        for tool in tools.values():
            pool.learn(tool)
        yield Bench(pool, digest, tools)


async def _listed(folder, store, digest):
    launcher, tools = _launcher(folder), {}
    async with (
        EnvironmentPool(store, launcher, folder / "scratch", PoolBounds(environments=1)) as pool,
        pool.lease(digest, Clock.FROZEN, SERVERS) as environment,
    ):
        for server_id in SERVERS:
            listing = await (await environment.session(server_id)).list_tools()
            server_digest = await launcher.server_digest(server_id)
            tools |= {tool.name: _record(tool, server_id, server_digest) for tool in listing.tools}
    return tools


def _launcher(folder):
    entries = json.loads(DEMO.read_text(encoding="utf-8"))["mcpServers"]
    chosen = json.dumps({"mcpServers": {name: entries[name] for name in SERVERS}})
    return Launcher(parse_servers(chosen, folder / "mcp.json"), CACHE, folder / "scratch", find_programs())


WRITERS = {"write_file", "edit_file", "create_directory", "move_file"}


def _record(tool, server_id, server_digest):
    effect = Effect.WORLD if tool.name in WRITERS else Effect.READ_ONLY
    return ToolRecord(
        tool_id(server_digest, tool.name, tool.description, tool.input_schema_json, ""),
        server_id,
        server_digest,
        tool.name,
        tool.description,
        tool.input_schema_json,
        behaviour=Behaviour(effect, Variation.STABLE, False, "told by the test"),
    )


def query(sku="{{sku}}"):
    return f"SELECT time_zone FROM read_csv('/workspace/sales/suppliers.csv') WHERE sku = '{sku}'"


BEST = "SELECT sku, sum(units) AS units FROM read_csv('/workspace/sales/orders.csv') GROUP BY sku ORDER BY units DESC"
ZONE_INPUT = PlannedInput("/target_timezone", "c2", "time_zone", ValueKind.TIME_ZONE)
SKU_INPUT = PlannedInput("/sql", "c1", "sku", ValueKind.IDENTIFIER, marker="{{sku}}", edge_id="edge_sku")


async def test_chain_across_three_calls_and_two_servers_is_executed_repeated_and_varied(bench):
    explored = await bench.explore(
        bench.call("c1", "execute_query", {"sql": BEST}),
        bench.call("c2", "execute_query", {"sql": query()}, SKU_INPUT),
        bench.call(
            "c3",
            "convert_time",
            {"source_timezone": "Europe/London", "time": "09:30", "target_timezone": None},
            ZONE_INPUT,
        ),
    )
    record = explored.exploration
    assert record.outcome is ExplorationOutcome.EXECUTED, record.failure_text
    first, second, third = record.calls
    assert "SKU-2217" in second.arguments_json
    (flow,) = second.depends_on
    sql = parse_canonical(second.arguments_json)["sql"]
    assert sql[flow.slot_start : flow.slot_end] == "SKU-2217"
    assert locators.locate(first.result_json, flow.locator_json).sha256 == flow.sha256
    assert parse_canonical(third.arguments_json)["target_timezone"] == "Asia/Tokyo"
    assert "18:30" in third.result_json
    assert [one.volatile for one in record.repeated[:2]] == [(), ()]
    assert record.repeated[2].volatile
    assert all("18:30" not in pointer for pointer in record.repeated[2].volatile)
    outcomes = {one.call_id: one.outcome for one in record.counterfactuals}
    assert set(outcomes) == {"c2", "c3"}
    assert CounterfactualOutcome.SAME not in outcomes.values()
    by_id = {one.recording_id: one for one in explored.recordings}
    assert by_id[first.recording_id].stability is Stability.STABLE
    assert by_id[third.recording_id].stability is Stability.MASKED
    assert {one.world_digest for one in [record]} == {first.state.world}
    assert sum(row.calls for row in bench.rows) == 3 + 3 + len(explored.recordings) - 3


async def test_wrong_file_name_is_bent_to_the_alternative_that_exists(bench):
    wrong, right = "/workspace/notes/polcy.txt", "/workspace/notes/policy.txt"
    bindings = (Binding("/path", (Alternative(canonical(wrong)), Alternative(canonical(right)))),)
    explored = await bench.explore(bench.call("c1", "read_text_file", {"path": wrong}, bindings=bindings))
    (made,) = explored.exploration.calls
    assert made.bent
    assert parse_canonical(made.arguments_json)["path"] == right
    assert "30 days" in made.result_json
    assert any(one.is_error for one in explored.recordings)


async def test_what_one_server_writes_another_reads_in_the_moved_world(bench):
    text = "sku,supplier,time_zone\nSKU-2217,Moved,America/Bogota\n"
    explored = await bench.explore(
        bench.call("c1", "write_file", {"path": "/workspace/sales/suppliers.csv", "content": text}),
        bench.call("c2", "execute_query", {"sql": query("SKU-2217")}),
    )
    write, read = explored.exploration.calls
    assert explored.exploration.outcome is ExplorationOutcome.EXECUTED
    assert write.state.world != write.state_after.world == read.state.world
    assert "Bogota" in read.result_json
    again = await bench.explore(bench.call("c1", "execute_query", {"sql": query("SKU-2217")}))
    assert "Tokyo" in again.exploration.calls[0].result_json
    assert again.exploration.calls[0].recording_id != read.recording_id


async def test_error_of_a_real_server_ends_the_exploration_with_its_text(bench):
    explored = await bench.explore(bench.call("c1", "execute_query", {"sql": "SELECT nothing FROM nowhere"}))
    assert explored.exploration.outcome is ExplorationOutcome.FAILED
    assert explored.exploration.failure_code in ("tool_error", "tool_error_disguised")
    assert "nowhere" in explored.exploration.failure_text


async def test_same_plan_gives_the_same_record_byte_for_byte(bench):
    plan = [
        bench.call("c1", "execute_query", {"sql": BEST}),
        bench.call("c2", "execute_query", {"sql": query()}, SKU_INPUT),
    ]
    first, second = await bench.explore(*plan), await bench.explore(*plan)
    assert first.exploration == second.exploration
