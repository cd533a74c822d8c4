"""Start-up of the publish gate per million published ids: `python -m benchmarks.gate [--million]`.

The gate reads its output partition back and keeps 16 bytes of every key; beside it a bare `getmany` loop that keeps the
keys themselves. Each run is a process of its own, so that its memory is its own. Measured with fewer ids and
multiplied, unless a million is asked for; once more with records as large as verified tasks are.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psutil

from benchmarks import beside, results
from shared.model.catalogue import CrawlRequest
from shared.runtime.streaming import admin, clients
from shared.runtime.streaming.gate import PartitionGate
from shared.runtime.streaming.stage import Gate
from shared.runtime.topics import BY_NAME, Topic

MILLION = 1_000_000
TASK_BYTES = 55 * 1024
"""Mean size of a verified task of the demo servers."""
SMALL_BYTES = 1024
KINDS = ("ours", "reference")


def one_partition(name: str) -> Topic:
    """Register a topic that a gate could own."""
    BY_NAME[name] = replace(Topic(name, (CrawlRequest,), (), (), "id"), partitions=1)
    return BY_NAME[name]


async def read_back(kind: str, bootstrap: str, topic: str) -> dict[str, float]:
    """Read once; seconds, bytes of memory gained, ids found."""
    process = psutil.Process()
    before, clock = process.memory_info().rss, beside.Clock()
    if kind == "ours":
        gate = PartitionGate(Gate(topic, lambda event, outputs: ()), 0, "bench")
        found = await gate.read_back(bootstrap)
        pace, after = clock.pace(found), process.memory_info().rss
    else:
        kept = await _bare(bootstrap, topic)
        pace, after = clock.pace(len(kept)), process.memory_info().rss
    took = {"seconds": pace.seconds, "processor": pace.processor_seconds}
    return {**took, "bytes": after - before, "found": pace.count}


async def _bare(bootstrap: str, topic: str) -> set[bytes]:
    from aiokafka import TopicPartition

    consumer, place = clients.free_consumer(bootstrap), TopicPartition(topic, 0)
    await consumer.start()
    try:
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end, kept = (await consumer.end_offsets([place]))[place], set[bytes]()
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=200, max_records=500)).values():
                kept.update(record.key for record in records)
        return kept
    finally:
        await consumer.stop()


async def _measured(bootstrap: str, topic: str, count: int) -> dict[str, dict[str, list[float]]]:
    """Read in turns, in processes of their own; per kind and figure the runs."""
    found: dict[str, dict[str, list[float]]] = {kind: {"seconds": [], "processor": [], "bytes": []} for kind in KINDS}
    for number in range(beside.RUNS + 1):
        for kind in KINDS:
            command = [sys.executable, "-m", "benchmarks.gate", "--read", kind, bootstrap, topic]
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            try:
                said, _ = await asyncio.wait_for(process.communicate(), beside.LONGEST_SECONDS)
            finally:
                if process.returncode is None:
                    process.kill()
            read: dict[str, float] = json.loads(said.splitlines()[-1])
            assert read["found"] == count, f"{kind} found {read['found']} of {count} ids"
            for figure, runs in found[kind].items():
                runs += [read[figure]] if number else []
    return found


def _entries(found: dict[str, Any], count: int, size: int) -> Iterator[dict[str, Any]]:
    each = MILLION / count
    for figure, unit, scale in (("seconds", "s", each), ("processor", "s", each), ("bytes", "MiB", each / 2**20)):
        if figure == "bytes" and size > SMALL_BYTES:
            continue  # so few ids weigh less than the fetch buffers: multiplied, it would say nothing about ids
        ours, reference = ([value * scale for value in found[kind][figure]] for kind in KINDS)
        name = f"publish gate start-up per million ids, {figure.replace('bytes', 'memory')}, {size // 1024} KiB records"
        how = "" if count == MILLION else f" (from {count})"
        yield results.entry(name + how, unit, statistics.median(ours), statistics.median(reference), ours)


async def measure(counts: dict[int, int]) -> None:
    """Fill a partition per size of record and measure."""
    async with beside.kafka() as bootstrap:
        for size, count in counts.items():
            topic = one_partition(f"bench-gate-{size}")
            await admin.create_topics(bootstrap, topics=[topic])
            body = os.urandom(size)
            records = ((f"task_{number:032x}".encode(), body) for number in range(count))
            await beside.fill(bootstrap, topic.name, records, partitions=1)
            found = await _measured(bootstrap, topic.name, count)
            results.merge(list(_entries(found, count, size)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--million", action="store_true", help="read a million small records instead of fewer")
    parser.add_argument("--read", nargs=3, metavar=("KIND", "BOOTSTRAP", "TOPIC"))
    asked = parser.parse_args()
    if asked.read:
        print(json.dumps(asyncio.run(read_back(*asked.read))))
    else:
        asyncio.run(measure({SMALL_BYTES: MILLION if asked.million else 100_000, TASK_BYTES: 2_000}))
