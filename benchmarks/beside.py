"""What the streaming benchmarks share: a Kafka of their own, filled topics, and taking turns with a reference."""

import asyncio
import contextlib
import cProfile
import os
import pstats
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from benchmarks import results
from cli.embedded.kafka import Kafka
from shared.model.catalogue import CrawlRequest
from shared.runtime import wire
from shared.runtime.streaming import admin, clients
from shared.runtime.topics import BY_NAME, Topic

RUNS = 5
PARTITIONS = 4
LONGEST_SECONDS = 60.0
"""Of one run; a run that takes longer is stuck."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one run was."""

    count: int
    seconds: float
    processor_seconds: float
    """Of the measured process, all threads; other work on the machine changes it little."""


Run = Callable[[], Awaitable[Pace]]


class Clock:
    """Takes both times from its making on."""

    def __init__(self) -> None:
        self._at, self._processor_at = time.perf_counter(), time.process_time()

    def pace(self, count: int) -> Pace:
        """What it took up to now."""
        return Pace(count, time.perf_counter() - self._at, time.process_time() - self._processor_at)


@contextlib.asynccontextmanager
async def kafka() -> AsyncIterator[str]:
    """Start one broker in a temporary folder; yields its bootstrap servers."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Kafka(Path(folder) / "kafka")
        await asyncio.to_thread(broker.start)
        try:
            yield broker.bootstrap
        finally:
            await asyncio.to_thread(broker.stop)


def topic_of(name: str) -> Topic:
    """Make a topic that carries crawl requests."""
    return replace(Topic(name, (CrawlRequest,), (), (), "id"), partitions=PARTITIONS)


async def create(bootstrap: str, *names: str) -> None:
    """Create topics that carry crawl requests, with their dead-letter topics."""
    for name in names:
        BY_NAME[name] = topic_of(name)
    await admin.create_topics(bootstrap, topics=[BY_NAME[name] for name in names])


async def fill(bootstrap: str, topic: str, records: Iterable[tuple[bytes, bytes]], partitions: int = PARTITIONS) -> int:
    """Write (key, value) pairs, in turn to every partition; returns how many."""
    count = 0
    producer = clients.idempotent_producer(bootstrap)
    await producer.start()
    try:
        sent = []
        for count, (key, value) in enumerate(records, 1):
            sent.append(await producer.send(topic, value, key=key, partition=count % partitions))
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
    return count


def request_of(number: int, size: int = 1024) -> bytes:
    """Serialise a crawl request of about `size` bytes that lz4 cannot shrink much."""
    record = CrawlRequest(f"id-{number}", "server", os.urandom((size - 30) // 2).hex())
    return wire.encode("crawl-requests", record)


async def until_committed(bootstrap: str, group: str, count: int) -> None:
    """Wait until a group's committed offsets of all partitions sum up to `count`."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        done = 0
        while done < count:
            await asyncio.sleep(0.02)
            with contextlib.suppress(KafkaError):  # a group has no coordinator before its first member
                offsets = await client.list_consumer_group_offsets(group)
                done = sum(max(0, found.offset) for found in offsets.values())
    finally:
        await client.close()


async def take_turns(name: str, ours: Run, reference: Run) -> None:
    """Warm both up, measure them alternately, keep the medians: events per second, and per second of the processor."""
    found: dict[str, list[Pace]] = {"ours": [], "reference": []}
    for number in range(RUNS + 1):
        for who, run in (("ours", ours), ("reference", reference)):
            pace = await asyncio.wait_for(run(), LONGEST_SECONDS)
            each_us = pace.processor_seconds / pace.count * 1e6
            note = "" if number else " (to warm up)"
            print(f"  {who} {pace.count / pace.seconds:.0f} 1/s, processor {each_us:.1f} us each{note}", flush=True)
            found[who] += [pace] if number else []
    by_wall, by_processor = (
        {who: [one.count / getattr(one, took) for one in paces] for who, paces in found.items()}
        for took in ("seconds", "processor_seconds")
    )
    results.merge(
        [
            results.entry(
                f"{name}{how}",
                unit,
                statistics.median(rates["ours"]),
                statistics.median(rates["reference"]),
                rates["ours"],
            )
            for how, unit, rates in (("", "1/s", by_wall), (", processor", "1/processor s", by_processor))
        ]
    )


@contextlib.contextmanager
def profiling(lines: int = 25) -> Iterator[None]:
    """Run under cProfile, and print where the time went."""
    profile = cProfile.Profile()
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(lines)


async def profiled(ours: Run) -> None:
    """Run ours once to warm up and once under cProfile."""
    await ours()
    with profiling():
        await ours()
