"""What a finished run left in its Kafka: transactions that are still open, records that nobody has handled."""

import asyncio
from collections.abc import Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupLoadInProgressError

from shared.runtime.streaming.reader import committed_messages

Places = Mapping[TopicPartition, int]
LOADING_SECONDS = 60


async def open_transactions(bootstrap: str) -> int:
    """Count the partitions whose last stable offset stands before their end: something there is not decided."""
    stable, written = await _ends(bootstrap, "read_committed"), await _ends(bootstrap, "read_uncommitted")
    return sum(stable[place] < end for place, end in written.items())


async def unhandled(bootstrap: str, topic: str = "", beyond: Collection[tuple[str, str]] = ()) -> int:
    """Count committed records behind the committed offsets of every group, of one topic or all.

    Offsets alone would not do: markers and aborted records have offsets too. Pairs of group and topic in `beyond` are
    left out.

    Raises:
        TimeoutError: Kafka knows no group, so the count would mean nothing.
    """
    left = 0
    for group, committed in (await _groups(bootstrap)).items():
        for place, known in committed.items():
            if topic not in ("", place.topic) or (group, place.topic) in beyond:
                continue
            messages = committed_messages(bootstrap, place.topic, {place.partition: max(0, known)})
            left += len([message async for message in messages])
    return left


async def _groups(bootstrap: str) -> dict[str, dict[TopicPartition, int]]:
    """Read the offsets of every group; a Kafka that has just been started knows none for some seconds."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        before: dict[str, dict[TopicPartition, int]] = {}
        for _ in range(LOADING_SECONDS):
            found = await _listed(admin)
            # Groups of some partitions may be there before those of others: what stands still for a second is all.
            if found and found == before:
                return found
            before = found
            await asyncio.sleep(1)
    finally:
        await admin.close()
    raise TimeoutError(f"Kafka at {bootstrap} knows no consumer group after {LOADING_SECONDS} s")


async def _listed(admin: AIOKafkaAdminClient) -> dict[str, dict[TopicPartition, int]]:
    try:
        groups = [group for group, _ in await admin.list_consumer_groups()]
    except GroupLoadInProgressError:
        return {}
    offsets = [await admin.list_consumer_group_offsets(group) for group in groups]
    return {
        group: {place: known.offset for place, known in one.items()} for group, one in zip(groups, offsets, strict=True)
    }


async def _ends(bootstrap: str, isolation: str) -> Places:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level=isolation)
    await consumer.start()
    try:
        topics = [topic for topic in await consumer.topics() if not topic.startswith("__")]
        places = [
            TopicPartition(topic, each) for topic in topics for each in consumer.partitions_for_topic(topic) or ()
        ]
        ends: Places = await consumer.end_offsets(places)
        return ends
    finally:
        await consumer.stop()
