"""Producers: the transactional one of an input partition, and `Publisher` for writers without input."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.structs import OffsetAndMetadata

from shared.model.errors import Fenced, FireflyError, Unavailable
from shared.runtime.streaming import clients
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.messages import Outgoing, encode
from shared.runtime.streaming.partitioning import murmur2

START_SECONDS = 20.0
COMMIT_SECONDS = 30.0
STOP_SECONDS = 5.0

logger = structlog.get_logger()


class CommitUncertain(FireflyError):
    """The transaction may or may not be committed: start again with the same id, then look at the offset."""


class PartitionProducer:
    """The transactional producer of one input partition; its id is the partition's, so a newer owner fences it."""

    def __init__(self, bootstrap: str, group: str, source: TopicPartition) -> None:
        self._bootstrap, self._group, self._source = bootstrap, group, source
        self._id = f"{group}-{source.topic}-{source.partition}"
        self._producer: Any = None

    async def start(self) -> None:
        """Fence older holders of the id and settle what they left open.

        Raises:
            Unavailable: Kafka does not answer.
        """
        # A producer that failed cannot be started again; the id is what lives on, not the client.
        await self.stop()
        self._producer = clients.transactional_producer(self._bootstrap, self._id)
        try:
            await asyncio.wait_for(self._producer.start(), START_SECONDS)
        except (KafkaError, TimeoutError) as error:
            await self.stop()
            raise Unavailable(f"Kafka gave no producer id to {self._id}: {error!r}") from error

    async def commit(self, outgoing: Sequence[Outgoing], next_offset: int) -> None:
        """Write records and input offset in one transaction.

        Raises:
            Fenced: another process holds the id.
            CommitUncertain: anything else went wrong.
        """
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._commit(outgoing, OffsetAndMetadata(next_offset, ""))
        except ProducerFenced as error:
            raise Fenced(f"{self._id} has a newer holder") from error
        # aiokafka asserts its transaction's state: after a failure in the background its own calls trip over that.
        except (KafkaError, TimeoutError, AssertionError) as error:
            raise CommitUncertain(f"{self._id}: {error!r}") from error

    async def stop(self) -> None:
        """Close; what is open is aborted by the next holder."""
        producer, self._producer = self._producer, None
        if producer:
            await stop_quietly(producer)

    async def _commit(self, outgoing: Sequence[Outgoing], offset: OffsetAndMetadata) -> None:
        await self._producer.begin_transaction()
        # A batch can fail without failing aiokafka's transaction: never commit before every record is acknowledged.
        # And never add the offset meanwhile: the broker refuses records while the transaction's partitions change.
        await asyncio.gather(*await _sent(self._producer, outgoing))
        await self._producer.send_offsets_to_transaction({self._source: offset}, self._group)
        await self._producer.commit_transaction()


class Publisher:
    """Idempotent writer: `async with Publisher(bootstrap, "cli") as p: await p.publish(outputs)`."""

    def __init__(self, bootstrap: str, source: str) -> None:
        self._bootstrap, self._source = bootstrap, source
        self._producer: Any = None

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            Unavailable: Kafka does not answer.
        """
        self._producer = clients.idempotent_producer(self._bootstrap)
        async with AsyncExitStack() as undone:
            # Also where the start is cancelled: `async with` calls no `__aexit__` for an enter that failed.
            undone.push_async_callback(stop_quietly, self._producer)
            try:
                await asyncio.wait_for(self._producer.start(), START_SECONDS)
            except (KafkaError, TimeoutError) as error:
                raise Unavailable(f"Kafka at {self._bootstrap} does not answer: {error!r}") from error
            undone.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop_quietly(self._producer)

    async def publish(self, outputs: Sequence[Output], parent: Mapping[str, bytes] | None = None) -> None:
        """Write and await all acknowledgements; `parent` are headers whose trace goes on.

        Raises:
            Unavailable: Kafka did not acknowledge in time.
            Rejected: a record is over its topic's limit.
        """
        await self.write(encode(outputs, self._source, parent or {}))

    async def write(self, outgoing: Sequence[Outgoing]) -> None:
        """Write what is encoded already; raises as `publish`."""
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await asyncio.gather(*await _sent(self._producer, outgoing))
        except (KafkaError, TimeoutError) as error:
            raise Unavailable(f"Kafka did not acknowledge: {error!r}") from error


async def _sent(producer: Any, outgoing: Sequence[Outgoing]) -> list[asyncio.Future[Any]]:
    """Hand records to aiokafka; the futures are their acknowledgements."""
    if len(outgoing) == 1:
        # Not a batch of its own: single records of tasks that write at the same time share one.
        (one,) = outgoing
        headers = list(one.headers)
        sent = [await producer.send(one.topic, one.value, key=one.key, partition=one.partition, headers=headers)]
    else:
        counts = {topic: len(await producer.partitions_for(topic)) for topic in {one.topic for one in outgoing}}
        sent = [
            await producer.send_batch(batch, topic, partition=partition)
            for topic, partition, batch in _batches(producer.create_batch, outgoing, counts)
        ]
    for future in sent:
        # When one send of a gather fails the others are abandoned, and asyncio would report each as never retrieved.
        future.add_done_callback(_seen)
    return sent


def _batches(
    make: Callable[[], Any], outgoing: Sequence[Outgoing], counts: Mapping[str, int]
) -> Iterator[tuple[str, int, Any]]:
    """Yield topic, partition and a filled batch, in order for each partition; `counts` are partitions of each topic."""
    # aiokafka's `send` makes a future and looks at the metadata for each record; a batch has one future.
    filling: dict[tuple[str, int], Any] = {}
    for one in outgoing:
        place = one.topic, murmur2(one.key) % counts[one.topic] if one.partition is None else one.partition
        batch = filling.get(place) or filling.setdefault(place, make())
        if _is_full(batch, one):
            yield *place, batch
            filling[place] = batch = make()
            _is_full(batch, one)  # an empty batch takes any size
    for place, batch in filling.items():
        yield *place, batch


def _is_full(batch: Any, one: Outgoing) -> bool:
    """Append, or say that there is no room."""
    return batch.append(timestamp=None, key=one.key, value=one.value, headers=list(one.headers)) is None


def _seen(future: asyncio.Future[Any]) -> None:
    """Take the exception of a future nobody awaits any more: the failure was reported by another one."""
    if not future.cancelled():
        future.exception()


async def stop_quietly(client: Any) -> None:
    """Stop a producer or consumer within a bound, whatever state it is in."""
    try:
        await asyncio.wait_for(client.stop(), STOP_SECONDS)
    except (KafkaError, TimeoutError, AssertionError) as error:
        logger.debug("client_stop_failed", error=repr(error))
