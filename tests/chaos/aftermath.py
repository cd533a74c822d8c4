"""What a finished run left in its Kafka: transactions that are still open, records that nobody has handled."""

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.runtime.streaming.reader import committed_messages

Places = Mapping[TopicPartition, int]


async def open_transactions(bootstrap: str) -> int:
    """Count the partitions whose last stable offset stands before their end: something there is not decided."""
    stable, written = await _ends(bootstrap, "read_committed"), await _ends(bootstrap, "read_uncommitted")
    return sum(stable[place] < end for place, end in written.items())


async def unhandled(bootstrap: str, topic: str = "") -> int:
    """Count committed records behind the committed offsets of every group, of one topic or all.

    Offsets alone would not do: markers and aborted records have offsets too.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        groups = [group for group, _ in await admin.list_consumer_groups()]
        offsets = [await admin.list_consumer_group_offsets(group) for group in groups]
    finally:
        await admin.close()
    left = 0
    for committed in offsets:
        for place, known in committed.items():
            if topic not in ("", place.topic):
                continue
            messages = committed_messages(bootstrap, place.topic, {place.partition: max(0, known.offset)})
            left += len([message async for message in messages])
    return left


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
