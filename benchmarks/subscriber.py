"""`firefly_client.kafka` beside bare `getmany`: `python -m benchmarks.subscriber [--profile]`.

Both read the same tasks, 8 KiB each, to the end, without looking into them; one in fifty has a status of its own. The
subscriber joins the two topics and keeps its place in a file.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from firefly.verifier.v1 import task_status_pb2
from firefly_client.kafka import RECORD_BYTES, STATUS, TASKS, FileOffsets, Subscription

from benchmarks import beside

TASK_COUNT, TASK_BYTES, WITH_STATUS = 40_000, 8 * 1024, 50
BATCH = 500


def _tasks() -> Iterator[tuple[bytes, bytes]]:
    body = os.urandom(TASK_BYTES // 2).hex().encode()
    for number in range(TASK_COUNT):
        yield f"task-{number}".encode(), body


def _statuses() -> Iterator[tuple[bytes, bytes]]:
    for number in range(0, TASK_COUNT, WITH_STATUS):
        name = f"task-{number}"
        status = task_status_pb2.TaskStatus(task_id=name, state=task_status_pb2.TASK_STATE_QUARANTINED)
        yield name.encode(), status.SerializeToString()


class Reading:
    """Ours and the reference over one broker."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self._bootstrap, self._folder = bootstrap, folder

    async def ours(self) -> beside.Pace:
        """Tasks per second of the subscriber, once it is open."""
        place = self._folder / "seen.json"
        place.unlink(missing_ok=True)
        seen = 0
        async with Subscription(self._bootstrap, FileOffsets(place), follow=False) as changes:
            clock = beside.Clock()
            async for _ in changes:
                seen += 1
            pace = clock.pace(seen)
        assert seen == TASK_COUNT
        return pace

    async def reference(self) -> beside.Pace:
        """Tasks per second of a consumer that is told to read everything."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            max_partition_fetch_bytes=RECORD_BYTES,
        )
        await consumer.start()
        try:
            partitions = [TopicPartition(TASKS, number) for number in range(beside.PARTITIONS)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            clock, seen = beside.Clock(), 0
            while seen < TASK_COUNT:
                for records in (await consumer.getmany(timeout_ms=200, max_records=BATCH)).values():
                    for _ in records:
                        seen += 1
            return clock.pace(seen)
        finally:
            await consumer.stop()


async def measure(is_profiled: bool) -> None:
    """Fill the topics and measure."""
    async with beside.kafka() as bootstrap:
        with tempfile.TemporaryDirectory() as folder:
            await beside.create(bootstrap, TASKS, STATUS)
            await beside.fill(bootstrap, TASKS, _tasks())
            await beside.fill(bootstrap, STATUS, _statuses())
            both = Reading(bootstrap, Path(folder))
            if is_profiled:
                await beside.profiled(both.ours)
                return
            await beside.take_turns("verified-tasks subscriber, 8 KiB tasks", both.ours, both.reference)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", action="store_true", help="only say where the subscriber's time goes")
    asyncio.run(measure(parser.parse_args().profile))
