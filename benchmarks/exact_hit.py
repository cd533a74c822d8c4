"""Exact hits beside a bare grpc.aio echo: `python -m benchmarks.exact_hit EXPORT [--store memory|sqlite]`.

Both are called alternately, medians of five; opening the episodes is not counted. CPU is the server process's own.
"""

import argparse
import asyncio
from pathlib import Path

from benchmarks.serving import RUNS, STORES, Called, Figures, Server, echo_server, load, quantile, simulator

PER_EPISODE = 10
CALLS = {1: 500, 64: 3000, 512: 3000}


async def measure(export: Path, store: str) -> None:
    """Measure all levels of load."""
    called = Called(export)
    async with simulator(export, store) as ours, echo_server(await called.size(ours.stub)) as echo:
        for in_flight, calls in CALLS.items():
            await _level(called, ours, echo, (in_flight, calls, store))


async def _level(called: Called, ours: Server, echo: Server, how: tuple[int, int, str]) -> None:
    in_flight, calls, store = how
    figures, where = Figures(), f"{in_flight} in flight, episodes in {store}"
    for _ in range(RUNS):
        requests = await called.requests(ours.stub, -(-calls // PER_EPISODE), PER_EPISODE)
        for who, server, ask in (("reference", echo, echo.echo), ("ours", ours, ours.stub.CallTool)):
            busy = server.cpu_seconds()
            rate, spent = await load(ask, requests, in_flight)
            figures.add(f"exact hit calls, {where}", "1/s", who, rate)
            figures.add(f"exact hit p50, {where}", "ms", who, quantile(spent, 0.5) * 1e3)
            figures.add(f"exact hit p99, {where}", "ms", who, quantile(spent, 0.99) * 1e3)
            cpu = (server.cpu_seconds() - busy) / len(requests) * 1e6
            figures.add(f"exact hit CPU of the server, {where}", "us/call", who, cpu)
    figures.write()


def main() -> None:
    """Measure every store that was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("export", type=Path)
    parser.add_argument("--store", choices=STORES, action="append")
    asked = parser.parse_args()
    for store in asked.store or STORES:
        asyncio.run(measure(asked.export, store))


if __name__ == "__main__":
    main()
