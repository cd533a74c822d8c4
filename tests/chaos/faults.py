"""What is done to two programs of each stage and to their brokers while they work."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from cli.embedded.kafka import Kafka
from cli.embedded.kafka_node import START_SECONDS
from tests.chaos.harness import Program

SESSION_SECONDS = 6
SLEEP_SECONDS = SESSION_SECONDS + 3
"""Of a stopped program: long enough for the broker to give its partitions away."""
GAP_SECONDS = 2 * SESSION_SECONDS
DOWN_SECONDS = 5
"""How long one of several brokers is away."""


@dataclass(slots=True)
class Victims:
    """What can be hurt: pairs of programs by stage, and the brokers they share."""

    kafka: Kafka
    pairs: Mapping[str, Sequence[Program]]
    rounds: int = 0
    """How many faults there were."""
    asleep: set[Program] = field(default_factory=set)

    def turn(self) -> list[Program]:
        """One program of each stage, the other one next time."""
        return [pair[self.rounds % len(pair)] for pair in self.pairs.values()]


Fault = Callable[[Victims], Awaitable[None]]


async def sigkill(victims: Victims) -> None:
    """End them at once."""
    for program in victims.turn():
        program.signal(signal.SIGKILL)


async def sigterm(victims: Victims) -> None:
    """Ask them to end."""
    for program in victims.turn():
        program.signal(signal.SIGTERM)


async def sigstop(victims: Victims) -> None:
    """Put them to sleep for longer than the session time-out, then wake them as zombies."""
    programs = victims.turn()
    for program in programs:
        program.signal(signal.SIGSTOP)
    await asyncio.sleep(SLEEP_SECONDS)
    for program in programs:
        program.signal(signal.SIGCONT)


async def broker(victims: Victims) -> None:
    """Kill one broker and start it again; of three, another one each time, away for a while."""
    nodes = victims.kafka.nodes
    node = nodes[victims.rounds % len(nodes)]
    await asyncio.to_thread(node.kill)
    if len(nodes) == 1:
        await asyncio.to_thread(victims.kafka.start)
        return
    await asyncio.sleep(DOWN_SECONDS)
    node.spawn()
    cluster = frozenset(one.address.client_port for one in nodes)
    await asyncio.to_thread(node.wait_ready, time.monotonic() + START_SECONDS, cluster)


async def nothing(_: Victims) -> None:
    """The programs or the records are at fault themselves."""


@asynccontextmanager
async def kept_running(programs: Sequence[Program]) -> AsyncIterator[None]:
    """Start again what has ended, as a supervisor does."""

    async def keep() -> None:
        while True:
            for program in programs:
                if program.process is not None and program.process.poll() is not None:
                    program.start()
            await asyncio.sleep(0.5)

    task = asyncio.create_task(keep())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
