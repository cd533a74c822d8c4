"""Episodes as MCP servers, through the official SDK's own client."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
from firefly_client import AsyncClient
from mcp import Client

from services.simulator.server.mcp_facade import CALL_ID, McpFacade
from tests.fakes.launching import until
from tests.fakes.office import Office
from tests.fakes.simulator import serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]
READ = ("files-read_file", {"path": "orders/latest.txt"})


@asynccontextmanager
async def both(tmp_path, **settings):
    async with serving(tmp_path, **settings) as made, AsyncClient(made.target, timeout_seconds=10) as client:
        facade, stopping = McpFacade(made.doors.simulator, "127.0.0.1", 0), asyncio.Event()
        running = asyncio.create_task(facade.run(stopping))
        await until(lambda: facade.readiness().ok or running.done())
        made.doors.mcp_base_url = lambda: facade.base_url
        try:
            yield made, client
        finally:
            stopping.set()
            await asyncio.wait_for(running, 20)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_episode_is_an_mcp_server_with_its_own_tools_and_answers(tmp_path, mode):
    async with both(tmp_path) as (made, client):
        episode = await client.episode(made.task.task_id)
        other = await client.free_episode(["desk"], Office().world)
        async with Client(episode.start.mcp_url, mode=mode) as one, Client(other.start.mcp_url, mode=mode) as two:
            listed = [tool.name for tool in (await one.list_tools()).tools]
            assert listed == [tool.name for tool in episode.tools]
            assert [tool.name for tool in (await two.list_tools()).tools] == [tool.name for tool in other.tools]
            answer = await one.call_tool(*READ)
            assert (answer.content[0].text, answer.is_error) == ("order: A-17\nclerk: Ada Nnadi\n", False)
            wrong = await one.call_tool("files-read_file", {})
            assert wrong.is_error
            missed = await one.call_tool("files-read_file", {"path": "never/recorded.txt"})
        by_grpc = await episode.call(*READ)
        assert by_grpc.text == answer.content[0].text
        assert "miss" not in str(missed.content).lower()
        verdict = await episode.verify('{"total": 25.6, "items": 3}')
        assert (verdict.reward, verdict.tiers) == (1.0, {"exact": 2, "error": 1, "miss": 1})


async def test_a_call_looks_at_its_own_tool_and_lists_none(tmp_path, monkeypatch):
    looked, listed = [], []
    async with both(tmp_path) as (made, client):
        simulator = made.doors.simulator
        tool, offered = simulator.tool, simulator.offered
        monkeypatch.setattr(
            simulator, "tool", lambda episode, name: looked.append((episode.episode_id, name)) or tool(episode, name)
        )
        monkeypatch.setattr(simulator, "offered", lambda episode: listed.append(episode) or offered(episode))
        reads = await client.episode(made.task.task_id)
        writes = await client.free_episode(["desk"], Office().world)
        async with Client(reads.start.mcp_url) as one, Client(writes.start.mcp_url) as two:
            await asyncio.gather(one.list_tools(), two.list_tools())
            listed.clear()
            # Side by side: the schema of each call is that of its own episode's tool.
            await asyncio.gather(*(one.call_tool(*READ) for _ in range(3)), two.call_tool("register", {"label": "x"}))
        assert listed == []
        expected = [(reads.episode_id, READ[0])] * 3 + [(writes.episode_id, "register")]
        assert sorted(looked) == sorted(expected)


async def test_a_header_that_contradicts_the_arguments_is_refused_by_the_tools_own_schema(tmp_path, monkeypatch):
    async with both(tmp_path) as (made, client), aiohttp.ClientSession() as session:
        episode = await client.episode(made.task.task_id)
        marked = {"type": "object", "properties": {"path": {"type": "string", "x-mcp-header": "Path"}}}
        tool = made.doors.simulator.tool
        monkeypatch.setattr(
            made.doors.simulator,
            "tool",
            lambda episode, name: replace(tool(episode, name), input_schema_json=json.dumps(marked)),
        )
        headers = {
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2026-07-28",
            "mcp-method": "tools/call",
            "mcp-name": READ[0],
        }
        about = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        params = {"name": READ[0], "arguments": READ[1], "_meta": about}
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        statuses = {}
        for said in (READ[1]["path"], "another.txt"):
            async with session.post(
                episode.start.mcp_url, json=call, headers={**headers, "mcp-param-path": said}
            ) as answer:
                statuses[said] = answer.status
        assert statuses == {READ[1]["path"]: 200, "another.txt": 400}


async def test_repeated_call_id_is_answered_once(tmp_path):
    async with both(tmp_path) as (made, client):
        episode = await client.free_episode(["desk", "files"], Office().world)
        async with Client(episode.start.mcp_url) as one:
            for _ in range(3):
                await one.call_tool("register", {"label": "x"}, meta={CALL_ID: "same"})
        assert (await made.doors.simulator.get(episode.episode_id)).calls[0].call_id == "same"
        assert len((await made.doors.simulator.get(episode.episode_id)).calls) == 1


async def test_header_names_the_episode_where_a_harness_cannot_change_the_path(tmp_path):
    async with both(tmp_path) as (made, client), aiohttp.ClientSession() as session:
        episode = await client.episode(made.task.task_id)
        base = episode.start.mcp_url.split("/episodes")[0]
        headers = {
            "x-firefly-episode": episode.episode_id,
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2025-11-25",
        }
        listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        async with session.post(f"{base}/mcp", json=listing, headers=headers) as answer:
            assert answer.status == 200
            tools = (await answer.json())["result"]["tools"]
        assert [tool["name"] for tool in tools] == [tool.name for tool in episode.tools]


async def test_it_ends_by_an_explicit_call_and_by_idle_time(tmp_path):
    async with both(tmp_path) as (made, client), aiohttp.ClientSession() as session:
        closed, idle = await client.episode(made.task.task_id), await client.episode(made.task.task_id)
        url = closed.start.mcp_url.removesuffix("/mcp")
        async with session.delete(url) as answer:
            assert answer.status == 204
        made.clock.now += 61
        for url, reason in (
            (idle.start.mcp_url, "episode_expired"),
            (idle.start.mcp_url.replace(idle.episode_id, "ep_wrong"), "unknown_episode"),
        ):
            async with session.post(url, json={}) as answer:
                assert (answer.status, (await answer.json())["reason"]) == (404, reason)


async def test_closed_episode_is_gone(tmp_path):
    async with both(tmp_path) as (made, client), aiohttp.ClientSession() as session:
        episode = await client.episode(made.task.task_id)
        await episode.close()
        async with session.post(episode.start.mcp_url, json={}) as answer:
            assert (answer.status, (await answer.json())["reason"]) == (404, "episode_closed")
