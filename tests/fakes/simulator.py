"""A real gRPC simulator in this process, over a snapshot on disk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc

from services.simulator.adapters.episodes_memory import MemoryEpisodes
from services.simulator.adapters.outcomes_sqlite import SqliteOutcomes
from services.simulator.adapters.snapshot_file import open_snapshot, write_snapshot
from services.simulator.domain.simulating import Simulator, Surroundings
from services.simulator.server import Doors, register
from services.simulator.settings import Settings
from tests.fakes import dataset


class Clock:
    """Time that a test moves."""

    def __init__(self):
        self.now = 1_000_000_000.0

    def __call__(self):
        return self.now


class Serving:
    """Address, clock and doors of a running simulator."""

    def __init__(self, target, clock, doors, task):
        self.target, self.clock, self.doors, self.task = target, clock, doors, task


@asynccontextmanager
async def serving(folder: Path, *tasks, **settings) -> AsyncIterator[Serving]:
    """Serve the office's snapshot, of some tasks or the usual one, on a free port."""
    made = dataset.content(*tasks)
    write_snapshot(made, dataset.world_folders(folder / "worlds"), folder / "snapshot", "test")
    library, clock = open_snapshot(folder / "snapshot"), Clock()
    tokens = (f"{number:032x}" for number in range(100_000))
    simulator = Simulator(
        {library.snapshot_id: library}, MemoryEpisodes(), Surroundings(clock, lambda: next(tokens), 60.0)
    )
    doors = Doors(simulator, Settings(snapshot=folder / "snapshot", live_store=False, **settings), SqliteOutcomes(None))
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", 16 * 1024 * 1024)])
    register(doors, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield Serving(f"127.0.0.1:{port}", clock, doors, made.tasks[0].task)
    finally:
        await server.stop(None)
        library.close()
