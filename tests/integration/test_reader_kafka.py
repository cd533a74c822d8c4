"""Readers and topics on a real Kafka."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer

from shared.model.errors import BadInput, Unavailable
from shared.runtime.streaming import admin
from shared.runtime.streaming.reader import Follower, committed_messages, end_offsets, follow, read_all
from shared.runtime.topics import BY_NAME, TOPICS
from tests.chaos import topics
from tests.chaos.harness import load, load_in_transactions, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]


async def test_read_all_ends_behind_aborted_records_and_yields_none_of_them(kafka: str) -> None:
    source, _, _ = await topics.create(kafka, "read")
    keys = [f"id-{n}" for n in range(60)]
    await load_in_transactions(kafka, source, keys)
    events = [event async for event in read_all(kafka, source)]
    assert sorted(event.key for event in events) == sorted(keys)
    assert all(event.record.request_id == event.key for event in events)


async def test_read_all_begins_where_it_is_told(kafka: str) -> None:
    source, _, _ = await topics.create(kafka, "read-start")
    await load(kafka, source, [f"id-{n}" for n in range(50)])
    ends = await end_offsets(kafka, [source])
    start = {partition: offset - 3 for (_, partition), offset in ends.items()}
    assert len([event async for event in read_all(kafka, source, start)]) == 3 * len(start)
    assert [event async for event in read_all(kafka, source, {p: o + 3 for p, o in start.items()})] == []


async def test_undecodable_record_is_passed_over(kafka: str) -> None:
    source, _, _ = await topics.create(kafka, "read-garbage")
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        await producer.send_and_wait(source, b"\xff\xff", key=b"garbage")
    await load(kafka, source, ["fine"])
    assert [event.key async for event in read_all(kafka, source)] == ["fine"]
    raw = [message.key async for message in committed_messages(kafka, source)]
    assert sorted(raw) == [b"fine", b"garbage"]


async def test_follower_says_when_it_has_caught_up_and_goes_on(kafka: str) -> None:
    source, _, _ = await topics.create(kafka, "follow")
    await load(kafka, source, ["one", "two"])
    seen: list[str] = []
    async with asyncio.timeout(20), Follower(kafka, [source]) as follower:
        assert not follower.is_caught_up()
        events = aiter(follower)
        seen += [(await anext(events)).key, (await anext(events)).key]
        third = asyncio.ensure_future(anext(events))
        await until(follower.is_caught_up, 10)
        await load(kafka, source, ["three"])
        seen.append((await third).key)
    assert sorted(seen) == ["one", "three", "two"]


async def test_follow_begins_behind_what_is_known(kafka: str) -> None:
    source, _, _ = await topics.create(kafka, "follow-start")
    await load(kafka, source, ["old-1", "old-2"])
    events = follow(kafka, [source], await end_offsets(kafka, [source]))
    first = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0.3)
    await load(kafka, source, ["new"])
    assert (await asyncio.wait_for(first, 20)).key == "new"
    await events.aclose()


async def test_reader_says_what_is_missing(kafka: str) -> None:
    with pytest.raises(Unavailable, match="there is no topic nowhere"):
        await end_offsets(kafka, ["nowhere"])
    with pytest.raises(Unavailable, match="127.0.0.1:9 does not answer"):
        await end_offsets("127.0.0.1:9", ["nowhere"])


async def test_table_is_created_once_and_found_right_again(kafka: str) -> None:
    await admin.create_topics(kafka)
    await admin.create_topics(kafka)
    ends = await end_offsets(kafka, [topic.name for topic in TOPICS])
    assert len(ends) == sum(topic.partitions for topic in TOPICS)
    dlqs = await end_offsets(kafka, [topic.dlq for topic in TOPICS if topic.dead_letters])
    assert len(dlqs) == sum(topic.dead_letters for topic in TOPICS)


async def test_topic_that_differs_from_the_table_is_refused_in_one_sentence(kafka: str) -> None:
    source, out, _ = await topics.create(kafka, "differs")
    with pytest.raises(BadInput, match=f"topic {source} has retention.ms=604800000, this version needs -1"):
        await admin.create_topics(kafka, topics=[replace(BY_NAME[source], retention_ms=-1)])
    twin = replace(BY_NAME[source], name="differs-twin", partitions=3, same_partitions_as=out)
    with pytest.raises(BadInput, match="differs-twin has 3 partitions and differs-out has 2"):
        await admin.create_topics(kafka, topics=[twin, BY_NAME[out]])
