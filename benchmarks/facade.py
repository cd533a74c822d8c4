"""The MCP facade beside a bare server of the official SDK: `python -m benchmarks.facade EXPORT`.

Both over streamable HTTP, stateless, JSON answers; the bare one returns a constant of the same length, checks nothing
and keeps nothing. The client is the SDK's. Ours takes turns with two bare ones: one has a single tool and is called
without arguments, which spares the SDK the look at its schema; the other has the task's tools and gets the same calls.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import uvicorn
from firefly.simulator.v1 import simulator_service_pb2 as pb
from mcp import Client, types
from mcp.server.lowlevel import Server

from benchmarks.serving import RUNS, START_SECONDS, Called, Figures, free_port, process, quantile, simulator

CLIENTS, CALLS = 16, 10
"""Clients at once, calls of each, one after the other: no more than a task allows."""


def serve_constant(port: int, size: int, listing: Path | None = None) -> None:
    """Answer every call with the same text; `listing` holds the tools to offer as JSON, by default there is one."""
    tool = types.Tool(name="constant", description="", input_schema={"type": "object"})
    told = json.loads(listing.read_text(encoding="utf-8")) if listing else []
    tools = [types.Tool.model_validate(one) for one in told] or [tool]
    block = types.TextContent(type="text", text="x" * size)

    async def list_tools(ctx: Any, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=tools)

    async def call_tool(ctx: Any, params: Any) -> types.CallToolResult:
        return types.CallToolResult(content=[block])

    app = Server("bare", version="1", on_list_tools=list_tools, on_call_tool=call_tool).streamable_http_app(
        stateless_http=True, json_response=True
    )
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False, ws="none")


async def calls(urls: list[str], name: str, arguments: dict[str, Any]) -> tuple[float, list[float]]:
    """Call from several clients at once; returns calls per second and sorted seconds."""
    spent: list[float] = []
    async with AsyncExitStack() as resources:
        clients = [await resources.enter_async_context(Client(url)) for url in urls]

        async def work(client: Client) -> None:
            for _ in range(CALLS):
                begun = time.perf_counter()
                made = await client.call_tool(name, arguments)
                spent.append(time.perf_counter() - begun)
                if made.is_error:
                    raise SystemExit(f"{name} failed: {made}")

        begun = time.perf_counter()
        await asyncio.gather(*(work(client) for client in clients))
        return len(spent) / (time.perf_counter() - begun), sorted(spent)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the servers that take turns."""

    process: psutil.Process
    urls: list[str]
    name: str
    arguments: dict[str, Any]


async def measure(export: Path) -> None:
    """Measure all three alternately."""
    called, figures, mcp_port, ports = Called(export), Figures(), free_port(), (free_port(), free_port())
    async with AsyncExitStack() as resources:
        ours = await resources.enter_async_context(simulator(export, "memory", "--mcp-port", str(mcp_port)))
        (request,) = await called.requests(ours.stub, 1, 1)
        size = str(len((await ours.stub.CallTool(request)).text))
        opening = pb.CreateEpisodeRequest(task_id=called.task_id)
        listing = Path(resources.enter_context(tempfile.TemporaryDirectory())) / "tools.json"
        listing.write_text(_listing((await ours.stub.CreateEpisode(opening)).tools), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.facade", "--constant"]
        bare = resources.enter_context(process([*command, str(ports[0]), size]))
        alike = resources.enter_context(process([*command, str(ports[1]), size, "--listing", str(listing)]))
        arguments = json.loads(called.arguments)
        # Constants: only where they listen differs from ours.
        one = Side(psutil.Process(bare.pid), _urls(ports[0]), "constant", {})
        two = Side(psutil.Process(alike.pid), _urls(ports[1]), called.name, arguments)
        await asyncio.gather(*map(_listening, ports))
        for _ in range(RUNS):
            urls = [(await ours.stub.CreateEpisode(opening)).mcp_url for _ in range(CLIENTS)]
            own = Side(psutil.Process(ours.process.pid), urls, called.name, arguments)
            found = {side.urls[0]: await _turn(side) for side in (one, own, two)}
            for where, other in (("bare server", one), ("bare server of the same tools and call", two)):
                for who, side in (("ours", own), ("reference", other)):
                    for unit, value in found[side.urls[0]].items():
                        figures.add(f"MCP facade, {CLIENTS} clients, {where}, {unit}", unit.split()[-1], who, value)
    figures.write()


async def _turn(side: Side) -> dict[str, float]:
    busy = _cpu(side.process)
    rate, spent = await calls(side.urls, side.name, side.arguments)
    cpu = (_cpu(side.process) - busy) / len(spent) * 1e6
    p50, p99 = quantile(spent, 0.5) * 1e3, quantile(spent, 0.99) * 1e3
    return {"calls in 1/s": rate, "p50 in ms": p50, "p99 in ms": p99, "CPU of the server in us/call": cpu}


def _urls(port: int) -> list[str]:
    return [f"http://127.0.0.1:{port}/mcp"] * CLIENTS


def _listing(tools: Iterable[Any]) -> str:
    listed = []
    for one in tools:
        schema = {**json.loads(one.input_schema_json), "type": "object"}
        listed.append({"name": one.name, "description": one.description, "inputSchema": schema})
    return json.dumps(listed)


def _cpu(one: psutil.Process) -> float:
    times = one.cpu_times()
    return float(times.user + times.system)


async def _listening(port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


def main() -> None:
    """Measure, or be the bare server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("export", type=Path, nargs="?")
    parser.add_argument("--constant", type=int, nargs=2)
    parser.add_argument("--listing", type=Path)
    asked = parser.parse_args()
    if asked.constant:
        port, size = asked.constant
        serve_constant(port, size, asked.listing)
    else:
        asyncio.run(measure(asked.export))


if __name__ == "__main__":
    main()
