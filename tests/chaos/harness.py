"""Start, stop, kill and watch programs under test; count what they wrote."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaProducer

from shared.model.catalogue import CrawlRequest
from shared.runtime import wire
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.messages import Message
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.reader import Follower

ROOT = Path(__file__).parents[2]


class Program:
    """One process of `tests.chaos.program`, its output in a file."""

    def __init__(self, folder: Path, bootstrap: str, prefix: str, **settings: object) -> None:
        self.folder, self.log = folder, folder / f"{prefix}.log"
        chosen = {"kafka_bootstrap": bootstrap, "chaos_prefix": prefix, "session_timeout_seconds": 6, **settings}
        self._environment = {f"FIREFLY_{name.upper()}": str(value) for name, value in chosen.items()}
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        """Start it (again)."""
        self.starts += 1
        passed = {name: os.environ[name] for name in ("PATH", "FIREFLY_CHAOS_MUTANT") if name in os.environ}
        environment = {**passed, "PYTHONPATH": f"{ROOT}", **self._environment}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.program"],
                env=environment,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,
            )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its process group."""
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        self.signal(signal.SIGKILL)
        self.wait(30)

    def wait(self, seconds: float) -> int:
        """Return the exit code."""
        assert self.process is not None
        return self.process.wait(seconds)


@asynccontextmanager
async def running(*programs: Program) -> AsyncIterator[None]:
    """Start programs and leave none behind."""
    for program in programs:
        program.start()
    try:
        yield
    finally:
        for program in programs:
            if program.process:
                program.signal(signal.SIGCONT)
                program.kill()


def request(key: str) -> CrawlRequest:
    """The record that a test writes under `key`."""
    return CrawlRequest(key, "server", "test")


async def load(bootstrap: str, topic: str, keys: Sequence[str]) -> None:
    """Write one record per key."""
    async with Publisher(bootstrap, "loader") as publisher:
        await publisher.publish([Output(topic, key, request(key)) for key in keys])


async def watch(
    bootstrap: str, topics: Sequence[str], enough: Callable[[Counter[str]], bool], seconds: float
) -> list[Message]:
    """Read committed messages until their keys are enough; fails when nothing has come for `seconds`.

    A bound on silence, not on the whole: a busy machine is slow, only a broken program is silent.
    """
    messages: list[Message] = []
    keys: Counter[str] = Counter()
    clock = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds) as silence, Follower(bootstrap, topics) as follower:
            async for message in follower.messages():
                silence.reschedule(clock.time() + seconds)
                messages.append(message)
                keys[message.key.decode()] += 1
                if enough(keys):
                    break
    except TimeoutError:
        raise AssertionError(f"only {len(keys)} keys, {keys.total()} records, then {seconds} s nothing") from None
    return messages


async def load_in_transactions(bootstrap: str, topic: str, keys: Sequence[str]) -> None:
    """Write keys in transactions of 20; after each, ten `aborted-` records that never count."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"loader-{topic}") as producer:
        for start in range(0, len(keys), 20):
            for is_aborted in (False, True):
                await producer.begin_transaction()
                names = [f"aborted-{start}-{n}" for n in range(10)] if is_aborted else keys[start : start + 20]
                for name in names:
                    await producer.send(topic, wire.encode(topic, request(name)), key=name.encode())
                await (producer.abort_transaction() if is_aborted else producer.commit_transaction())


def at_least(count: int) -> Callable[[Counter[str]], bool]:
    """Say yes to so many different keys."""
    return lambda keys: len(keys) >= count


async def settled(bootstrap: str, topics: Sequence[str], wanted: set[str], seconds: float) -> Counter[tuple[str, str]]:
    """Wait for all wanted keys, then a little for what comes too much; count (topic, key)."""
    await watch(bootstrap, topics, lambda keys: keys.keys() >= wanted, seconds)
    await asyncio.sleep(1.0)
    async with Follower(bootstrap, topics) as follower:
        return Counter([(one.topic, one.key.decode()) async for one in follower.messages_to_end()])


async def until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.02)
