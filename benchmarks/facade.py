"""The MCP facade beside a bare server of the official SDK: `python -m benchmarks.facade EXPORT`.

Both over streamable HTTP, stateless, JSON answers; the bare one returns a constant of the same length, checks nothing
and keeps nothing. The client is the SDK's.
"""

import argparse
import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psutil
import uvicorn
from firefly.simulator.v1 import simulator_service_pb2 as pb
from mcp import Client, types
from mcp.server.lowlevel import Server

from benchmarks.serving import RUNS, Called, Figures, free_port, process, quantile, simulator

CLIENTS, CALLS = 16, 10
"""Clients at once, calls of each, one after the other: no more than a task allows."""


def serve_constant(port: int, size: int) -> None:
    """Answer every call with the same text."""
    tool = types.Tool(name="constant", description="", input_schema={"type": "object"})
    block = types.TextContent(type="text", text="x" * size)

    async def list_tools(ctx: Any, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool])

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


async def measure(export: Path) -> None:
    """Measure both alternately."""
    called, figures, mcp_port, bare_port = Called(export), Figures(), free_port(), free_port()
    async with AsyncExitStack() as resources:
        ours = await resources.enter_async_context(simulator(export, "memory", "--mcp-port", str(mcp_port)))
        (request,) = await called.requests(ours.stub, 1, 1)
        size = len((await ours.stub.CallTool(request)).text)
        command = [sys.executable, "-m", "benchmarks.facade", "--constant", str(bare_port), str(size)]
        bare = psutil.Process(resources.enter_context(process(command)).pid)
        await _listening(bare_port)
        for _ in range(RUNS):
            opening = pb.CreateEpisodeRequest(task_id=called.task_id)
            urls = [(await ours.stub.CreateEpisode(opening)).mcp_url for _ in range(CLIENTS)]
            for who, to, name, cpu in (
                ("reference", [f"http://127.0.0.1:{bare_port}/mcp"] * CLIENTS, "constant", lambda: _cpu(bare)),
                ("ours", urls, called.name, ours.cpu_seconds),
            ):
                busy = cpu()
                rate, spent = await calls(to, name, json.loads(called.arguments) if who == "ours" else {})
                where = f"MCP facade, {CLIENTS} clients"
                figures.add(f"{where}, calls", "1/s", who, rate)
                figures.add(f"{where}, p50", "ms", who, quantile(spent, 0.5) * 1e3)
                figures.add(f"{where}, p99", "ms", who, quantile(spent, 0.99) * 1e3)
                figures.add(f"{where}, CPU of the server", "us/call", who, (cpu() - busy) / len(spent) * 1e6)
    figures.write()


def _cpu(one: psutil.Process) -> float:
    times = one.cpu_times()
    return float(times.user + times.system)


async def _listening(port: int) -> None:
    async with asyncio.timeout(60):
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
    asked = parser.parse_args()
    if asked.constant:
        serve_constant(*asked.constant)
    else:
        asyncio.run(measure(asked.export))


if __name__ == "__main__":
    main()
