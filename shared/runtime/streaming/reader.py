"""Read topics outside any group, to the end once or for ever: only committed records, undecodable ones reported."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.model.errors import Rejected, Unavailable
from shared.runtime import telemetry
from shared.runtime.streaming import clients
from shared.runtime.streaming.events import Event
from shared.runtime.streaming.messages import Message
from shared.runtime.streaming.producer import stop_quietly

Position = tuple[str, int]
"""Topic and partition."""

POLL_MS = 200
BATCH = 500
STALL_SECONDS = 30.0
RETRY_SECONDS = 1.0

logger = structlog.get_logger()


async def end_offsets(bootstrap: str, topics: Sequence[str]) -> dict[Position, int]:
    """Return the next committed offset of each partition.

    Raises:
        Unavailable: Kafka does not answer.
    """
    async with Follower(bootstrap, topics) as follower:
        return follower.ends


async def read_all(bootstrap: str, topic: str, start: Mapping[int, int] | None = None) -> AsyncGenerator[Event, None]:
    """Yield every event of `topic` from `start` (partition -> offset; earliest where absent) to the end known now.

    Raises:
        Unavailable: Kafka does not answer, or nothing came for 30 s.
    """
    begin = {(topic, partition): offset for partition, offset in (start or {}).items()}
    async with Follower(bootstrap, [topic], begin) as follower:
        async for message in follower.messages_to_end():
            if event := decoded(message):
                yield event


async def committed_messages(
    bootstrap: str, topic: str, start: Mapping[int, int] | None = None
) -> AsyncGenerator[Message, None]:
    """Yield raw messages to the end known now, of the partitions named in `start` or all; raises as `read_all`.

    The way to read dead letters, whose values may be no records.
    """
    begin = {(topic, partition): offset for partition, offset in (start or {}).items()}
    async with Follower(bootstrap, [topic], begin, only=tuple(begin)) as follower:
        async for message in follower.messages_to_end():
            yield message


async def committed_keys(bootstrap: str, topic: str, partition: int) -> AsyncGenerator[list[bytes], None]:
    """Yield the keys of a partition up to the end known now, some at a time; raises as `read_all`.

    Without a `Message` for each record: the gate reads millions.
    """
    place = (topic, partition)
    async with Follower(bootstrap, [topic], {place: 0}, only=(place,)) as follower:
        async for records in follower.records_to_end():
            yield [record.key or b"" for record in records]


async def follow(
    bootstrap: str, topics: Sequence[str], start: Mapping[Position, int] | None = None
) -> AsyncGenerator[Event, None]:
    """Yield events for ever, waiting out an absent Kafka."""
    position = dict(start or {})
    while True:
        try:
            async with Follower(bootstrap, topics, position) as follower:
                async for event in follower:
                    position[event.topic, event.partition] = event.offset + 1
                    yield event
        except Unavailable as error:
            logger.warning("kafka_unavailable", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)


def decoded(message: Message) -> Event | None:
    """Decode, or report and pass over."""
    try:
        return message.decode()
    except Rejected as error:
        telemetry.EVENTS_SKIPPED.labels(message.topic).inc()
        logger.warning(
            "record_skipped", topic=message.topic, partition=message.partition, offset=message.offset, error=str(error)
        )
        return None


class Follower:
    """Events of some topics for ever, from given offsets: `async with Follower(...) as f: async for event in f`."""

    def __init__(
        self,
        bootstrap: str,
        topics: Sequence[str],
        start: Mapping[Position, int] | None = None,
        only: Sequence[Position] = (),
    ) -> None:
        self._topics, self._start, self._only = tuple(topics), dict(start or {}), frozenset(only)
        self._bootstrap = bootstrap
        self._consumer: Any = None
        self._reached: dict[Position, int] = {}
        self.ends: dict[Position, int] = {}
        """The next committed offset of each partition when it was opened."""

    async def __aenter__(self) -> Self:
        """Connect and look at the ends.

        Raises:
            Unavailable: Kafka does not answer, or a topic is missing.
        """
        self._consumer = clients.free_consumer(self._bootstrap)
        async with AsyncExitStack() as undone:
            # Also where the opening is cancelled: nobody would ever stop the consumer, and its sockets stay open.
            undone.push_async_callback(stop_quietly, self._consumer)
            try:
                await asyncio.wait_for(self._open(), STALL_SECONDS)
            except (KafkaError, TimeoutError) as error:
                raise Unavailable(f"Kafka at {self._bootstrap} does not answer: {error!r}") from error
            undone.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop_quietly(self._consumer)

    @property
    def reached(self) -> dict[Position, int]:
        """The next offset of each partition; passes commit markers and aborted records too."""
        return dict(self._reached)

    def is_caught_up(self) -> bool:
        """Say whether everything committed when it was opened has been yielded."""
        return all(self._reached[position] >= end for position, end in self.ends.items())

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield for ever; undecodable records are reported and passed over.

        Raises:
            Unavailable: Kafka is away.
        """
        async for message in self.messages():
            if event := decoded(message):
                yield event

    async def messages(self) -> AsyncIterator[Message]:
        """Yield raw messages for ever; raises as iteration does."""
        while True:
            for records in (await self._poll()).values():
                for record in records:
                    yield Message.of(record)
            # After the yields: a reader that stops within a batch has not reached its end.
            await self._mark()

    async def messages_to_end(self) -> AsyncIterator[Message]:
        """Yield raw messages to `ends`; raises as `records_to_end`."""
        async for records in self.records_to_end():
            for record in records:
                yield Message.of(record)

    async def records_to_end(self) -> AsyncIterator[list[Any]]:
        """Yield aiokafka's records to `ends`, some of a partition at a time.

        Raises:
            Unavailable: nothing came for 30 s.
        """
        last = time.monotonic()
        while not self.is_caught_up():
            # Progress is measured in positions, not messages: a stretch
            # of aborted records yields nothing and is no stall.
            before = dict(self._reached)
            for place, records in (await self._poll()).items():
                end = self.ends[place.topic, place.partition]
                yield records if records[-1].offset < end else [one for one in records if one.offset < end]
            await self._mark()
            last = time.monotonic() if before != self._reached else last
            if time.monotonic() - last > STALL_SECONDS:
                raise Unavailable(f"nothing came from {', '.join(self._topics)} for {STALL_SECONDS:.0f} s")

    async def _open(self) -> None:
        await self._consumer.start()
        partitions = [TopicPartition(*position) for position in await self._partitions()]
        self._consumer.assign(partitions)
        ends, begins = await asyncio.gather(
            self._consumer.end_offsets(partitions), self._consumer.beginning_offsets(partitions)
        )
        for partition in partitions:
            position = (partition.topic, partition.partition)
            # Retention may have removed what was asked for meanwhile.
            begin = max(begins[partition], self._start.get(position, 0))
            self.ends[position], self._reached[position] = ends[partition], begin
            self._consumer.seek(partition, begin)

    async def _partitions(self) -> list[Position]:
        metadata = await self._consumer._client.fetch_all_metadata()  # the public call is cached
        missing = [topic for topic in self._topics if not metadata.partitions_for_topic(topic)]
        if missing:
            raise Unavailable(f"there is no topic {missing[0]}: `firefly up` creates them")
        found = [(topic, partition) for topic in self._topics for partition in metadata.partitions_for_topic(topic)]
        return sorted(position for position in found if not self._only or position in self._only)

    async def _poll(self) -> dict[Any, list[Any]]:
        try:
            batches: dict[Any, list[Any]] = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH)
        except KafkaError as error:
            raise Unavailable(f"reading {', '.join(self._topics)}: {error!r}") from error
        return batches

    async def _mark(self) -> None:
        """Note how far everything was yielded; positions pass commit markers and aborted records too."""
        for topic, partition in self._reached:
            self._reached[topic, partition] = await self._consumer.position(TopicPartition(topic, partition))
