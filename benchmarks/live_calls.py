"""Warm live calls beside the bare SDK client: `python -m benchmarks.live_calls SNAPSHOT` (one made with `--runtime`).

Every call is one that nobody made before: a number that a database is asked for. The reference calls the same server,
installed and shut in the same way, as many processes as ours runs at once, straight through the SDK's client.
"""

import argparse
import asyncio
import itertools
import json
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from firefly.simulator.v1 import simulator_service_pb2 as pb

from benchmarks.serving import Figures, load, quantile, simulator
from services.simulator.adapters.live_runner import LiveBounds
from services.simulator.adapters.runtime_files import read_runtime
from services.simulator.adapters.snapshot_file import open_snapshot, snapshot_folder
from services.simulator.settings import Settings
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.pool import EnvironmentPool, PoolBounds
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.session import Session
from shared.runtime.servers.world_store import WorldStore

SERVER, TOOL = "motherduck", "execute_query"
IN_FLIGHT, CALLS = 64, 192
Request = Any
Asking = Callable[[Request], Awaitable[Any]]


async def sessions(place: Path, count: int, resources: AsyncExitStack) -> tuple[list[Session], str]:
    """Start so many processes of the server, each over a world copy; returns them and the world."""
    folder = snapshot_folder(place)
    library = open_snapshot(folder)
    resources.callback(library.close)
    runnable = read_runtime(folder, library)
    scratch = Path(resources.enter_context(tempfile.TemporaryDirectory()))
    launcher = Launcher(runnable.servers, Settings(snapshot=folder).cache_dir, scratch, find_programs())
    worlds = WorldStore(runnable.worlds)
    world = next(iter(worlds.digests()))
    pool = await resources.enter_async_context(
        EnvironmentPool(worlds, launcher, scratch, PoolBounds(environments=count))
    )
    leases = [pool.lease(world, Clock.FROZEN, (SERVER,)) for _ in range(count)]
    environments = [await resources.enter_async_context(lease) for lease in leases]
    return [await one.session(SERVER) for one in environments], world


async def measure(place: Path, runs: int) -> None:
    """Measure both alternately."""
    figures, numbers, at_once = Figures(), itertools.count(1_000_000), LiveBounds().at_once
    async with AsyncExitStack() as resources:
        found, world = await sessions(place, at_once, resources)
        ours = await resources.enter_async_context(simulator(place, "memory", "--live"))
        # A queue of sessions would let whoever gives one back take it again at once, ahead of all that wait.
        turns, free = asyncio.Semaphore(len(found)), list(found)

        async def bare(request: Request) -> None:
            async with turns:
                session = free.pop()
                try:
                    await session.call(TOOL, json.loads(request.arguments_json))
                finally:
                    free.append(session)

        async def live(request: Request) -> None:
            answer = await ours.stub.CallTool(request, timeout=300)
            if answer.tier != pb.TIER_LIVE or answer.is_error:
                raise SystemExit(f"not live: {answer}")

        opening = pb.CreateEpisodeRequest(server_ids=[SERVER], world_digest=world)
        for run in range(runs + 1):
            for who, ask in (("reference", bare), ("ours", live)):
                episode_ids = [(await ours.stub.CreateEpisode(opening)).episode_id for _ in range(CALLS)]
                requests = [_request(episode_id, next(numbers)) for episode_id in episode_ids]
                rate, spent = await load(ask, requests, IN_FLIGHT)
                if run:  # the first one warms both up
                    figures.add(f"live calls, {IN_FLIGHT} in flight", "1/s", who, rate)
                    figures.add(f"live p50, {IN_FLIGHT} in flight", "ms", who, quantile(spent, 0.5) * 1e3)
                    figures.add(f"live p99, {IN_FLIGHT} in flight", "ms", who, quantile(spent, 0.99) * 1e3)
    figures.write()


def _request(episode_id: str, number: int) -> pb.CallToolRequest:
    arguments = json.dumps({"sql": f"SELECT {number} AS answer"})
    return pb.CallToolRequest(episode_id=episode_id, call_id="1", tool_name=TOOL, arguments_json=arguments)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    asyncio.run(measure(asked.snapshot, asked.runs))


if __name__ == "__main__":
    main()
