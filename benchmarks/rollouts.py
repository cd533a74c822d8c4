"""A trainer's step beside the echo: `python -m benchmarks.rollouts EXPORT`.

512 episodes of 10 calls, about one call a second each; 1,024 calls at once; one and two simulator processes. A process
is a replica: the port is its own, and a client spreads its calls (round robin), because one connection stays with one
process whatever port it came from.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from firefly.simulator.v1 import simulator_service_pb2 as pb

from benchmarks.serving import RUNS, Ask, Called, Figures, Server, echo_server, load, quantile, simulator

EPISODES, TURNS, THINK_SECONDS = 512, 10, 1.0
BURST = 1024
STORE = "sqlite"
"""Where episodes are kept by a service on one machine; `firefly sim serve` keeps them in memory unless told."""


async def paced(ask: Ask, requests: Sequence[pb.CallToolRequest]) -> tuple[list[float], int]:
    """Play all episodes at once, each thinking between calls; returns sorted seconds and how many calls failed."""
    spent: list[float] = []
    chance = random.Random(1)
    failed = 0

    async def episode(number: int, pauses: list[float]) -> None:
        nonlocal failed
        for turn, pause in enumerate(pauses):
            await asyncio.sleep(pause)
            begun = time.perf_counter()
            try:
                await ask(requests[turn * EPISODES + number])
            except Exception:  # noqa: BLE001 - whatever a call ends with, it was dropped
                failed += 1
            else:
                spent.append(time.perf_counter() - begun)

    pauses = [[chance.uniform(0.5, 1.5) * THINK_SECONDS for _ in range(TURNS)] for _ in range(EPISODES)]
    await asyncio.gather(*(episode(number, one) for number, one in enumerate(pauses)))
    return sorted(spent), failed


async def rollouts(called: Called, ours: Server, echo: Server, runs: int) -> None:
    """Measure paced episodes."""
    figures, before = Figures(), ours.mebibytes()
    for _ in range(runs):
        requests = await called.requests(ours.stub, EPISODES, TURNS)
        for who, ask in (("reference", echo.echo), ("ours", ours.stub.CallTool)):
            spent, failed = await paced(ask, requests)
            figures.add(f"{EPISODES} episodes with think time p50, {STORE}", "ms", who, quantile(spent, 0.5) * 1e3)
            figures.add(f"{EPISODES} episodes with think time p99, {STORE}", "ms", who, quantile(spent, 0.99) * 1e3)
            figures.add(f"{EPISODES} episodes with think time dropped, {STORE}", "calls", who, failed)
    figures.add(f"{EPISODES * runs} episodes memory grown, {STORE}", "MiB", "ours", ours.mebibytes() - before)
    figures.write()


async def bursts(called: Called, ours: Server, echo: Server) -> None:
    """Measure the first calls of a step, all at once."""
    figures = Figures()
    for _ in range(RUNS):
        requests = await called.requests(ours.stub, BURST, 1)
        for who, ask in (("reference", echo.echo), ("ours", ours.stub.CallTool)):
            begun = time.perf_counter()
            await asyncio.gather(*(ask(request) for request in requests))
            figures.add(f"burst of {BURST} calls, last answer, {STORE}", "ms", who, (time.perf_counter() - begun) * 1e3)
    figures.write()


async def processes(called: Called, export: Path) -> None:
    """Measure one and two processes over one episode file; the reference is one process."""
    figures = Figures()
    async with AsyncExitStack() as resources:
        replicas = [await resources.enter_async_context(simulator(export, "memory")) for _ in range(2)]
        for _ in range(RUNS):
            found = [await called.requests(one.stub, 150, TURNS) for one in replicas]
            alone = await called.requests(replicas[0].stub, 300, TURNS)
            rate, _ = await load(replicas[0].stub.CallTool, alone, 64)
            figures.add("exact hit calls, 2 processes, 64 in flight", "1/s", "reference", rate)
            begun = time.perf_counter()
            await asyncio.gather(
                *(load(one.stub.CallTool, requests, 32) for one, requests in zip(replicas, found, strict=True))
            )
            rate = sum(len(requests) for requests in found) / (time.perf_counter() - begun)
            figures.add("exact hit calls, 2 processes, 64 in flight", "1/s", "ours", rate)
    figures.write()


async def measure(export: Path, runs: int) -> None:
    """Measure everything."""
    called = Called(export)
    async with simulator(export, STORE) as ours, echo_server(await called.size(ours.stub)) as echo:
        await bursts(called, ours, echo)
        await rollouts(called, ours, echo, runs)
    await processes(called, export)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("export", type=Path)
    parser.add_argument("--runs", type=int, default=RUNS)
    asked = parser.parse_args()
    asyncio.run(measure(asked.export, asked.runs))


if __name__ == "__main__":
    main()
