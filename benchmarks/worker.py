"""The transactional worker beside a bare aiokafka loop: `python -m benchmarks.worker [--profile]`.

Both read the same 1 KiB records from four partitions and write one record for each, in transactions with the offsets,
with the same client settings. The worker decodes, runs a handler that does nothing and encodes again, with headers and
metrics; the loop parses and serialises the same message. The loop's transactions have as many records as the worker's
had on average.
"""

import argparse
import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Any

from aiokafka import TopicPartition
from firefly.crawler.v1.crawl_request_pb2 import CrawlRequest
from prometheus_client import REGISTRY

from benchmarks import beside
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming import clients
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.stage import Stage
from shared.runtime.streaming.worker import TransactionalWorker

RECORDS, IN_FLIGHT = 20_000, 500
SOURCE, OUT = "bench-in", "bench-out"


class Worker:
    """Ours and the reference over one broker."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap, self._numbers = bootstrap, count()
        self.batch = IN_FLIGHT
        """Records per transaction that ours had last."""

    async def ours(self) -> beside.Pace:
        """Records per second of the worker, from its first event to its last commit."""
        begun: list[beside.Clock] = []
        left, all_handled = RECORDS, asyncio.Event()

        async def copy(event: Event) -> Sequence[Output]:
            nonlocal left
            if not begun:
                begun.append(beside.Clock())
            left -= 1
            if not left:
                all_handled.set()
            return [Output(OUT, event.key, event.record)]

        stage = Stage(f"bench-{next(self._numbers)}", (SOURCE,), copy)
        settings = ServiceSettings(kafka_bootstrap=self._bootstrap, max_in_flight=IN_FLIGHT, concurrency=IN_FLIGHT)
        stopping = asyncio.Event()
        running = asyncio.create_task(TransactionalWorker(settings, stage).run(stopping))
        await all_handled.wait()
        await beside.until_committed(self._bootstrap, stage.group, RECORDS)
        pace = begun[0].pace(RECORDS)
        stopping.set()
        await running
        labels = {"stage": stage.name, "outcome": "committed"}
        self.batch = round(RECORDS / (REGISTRY.get_sample_value("firefly_transactions_total", labels) or 1))
        return pace

    async def reference(self) -> beside.Pace:
        """Records per second of the loop, likewise."""
        group = f"bare-{next(self._numbers)}"
        consumer = clients.group_consumer(ServiceSettings(kafka_bootstrap=self._bootstrap), group)
        producer = clients.transactional_producer(self._bootstrap, group)
        consumer.subscribe([SOURCE])
        await consumer.start()
        await producer.start()
        done, begun = 0, None
        while done < RECORDS:
            batches = await consumer.getmany(timeout_ms=200, max_records=self.batch)
            begun = begun or (beside.Clock() if batches else None)
            done += await _commit(producer, batches, group) if batches else 0
        assert begun
        pace = begun.pace(RECORDS)
        await consumer.stop()
        await producer.stop()
        return pace


async def _commit(producer: Any, batches: Any, group: str) -> int:
    records = [record for found in batches.values() for record in found]
    ends = {TopicPartition(one.topic, one.partition): one.offset + 1 for one in records}
    await producer.begin_transaction()
    await asyncio.gather(*[await producer.send(OUT, _transformed(one.value), key=one.key) for one in records])
    await producer.send_offsets_to_transaction(ends, group)
    await producer.commit_transaction()
    return len(records)


def _transformed(value: bytes) -> bytes:
    return bytes(CrawlRequest.FromString(value).SerializeToString())


async def measure(is_profiled: bool) -> None:
    """Fill the topic and measure."""
    async with beside.kafka() as bootstrap:
        await beside.create(bootstrap, SOURCE, OUT)
        await beside.fill(bootstrap, SOURCE, ((f"id-{n}".encode(), beside.request_of(n)) for n in range(RECORDS)))
        both = Worker(bootstrap)
        if is_profiled:
            await beside.profiled(both.ours)
            return
        name = f"transactional worker, 1 KiB records, transactions of up to {IN_FLIGHT}"
        await beside.take_turns(name, both.ours, both.reference)
        print(f"{both.batch} records in a transaction, on average")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", action="store_true", help="only say where the worker's time goes")
    asyncio.run(measure(parser.parse_args().profile))
