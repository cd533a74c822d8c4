"""Topics are created beforehand, from the table."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from shared.model.errors import BadInput, Unavailable
from shared.runtime.topics import DAY_MS, DEAD_LETTER_BYTES, TOPICS, Topic

ADMIN_SECONDS = 60.0
LEADER_SECONDS = 30.0
DLQ_RETENTION_MS = 30 * DAY_MS
ALREADY_EXISTS = 36

logger = structlog.get_logger()


async def create_topics(
    bootstrap: str, replication: int = 1, min_isr: int = 1, topics: Sequence[Topic] = TOPICS
) -> None:
    """Create what is missing of the table and its dead-letter topics, check the rest, wait for leaders.

    Raises:
        BadInput: an existing topic differs from the table.
        Unavailable: Kafka does not answer.
    """
    wanted = [new for topic in topics for new in _wanted(topic, replication, min_isr)]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=30_000)
    try:
        async with asyncio.timeout(ADMIN_SECONDS):
            await admin.start()
            await _create(admin, wanted)
            await _wait_for_leaders(admin, [new.name for new in wanted])
            await _check(admin, topics, wanted)
    except (KafkaError, TimeoutError) as error:
        raise Unavailable(f"Kafka at {bootstrap} does not answer: {error!r}") from error
    finally:
        await admin.close()


def configs(topic: Topic, min_isr: int) -> dict[str, str]:
    """Topic settings that follow from the table; manifests are held equal to them."""
    return {
        "cleanup.policy": topic.cleanup.value,
        "retention.ms": str(topic.retention_ms),
        "max.message.bytes": str(topic.max_bytes),
        "min.insync.replicas": str(min_isr),
    }


def dead_letter_configs(min_isr: int) -> dict[str, str]:
    """Settings of every dead-letter topic; it has one partition."""
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(DLQ_RETENTION_MS),
        "max.message.bytes": str(DEAD_LETTER_BYTES),
        "min.insync.replicas": str(min_isr),
    }


def _wanted(topic: Topic, replication: int, min_isr: int) -> list[Any]:
    made = [NewTopic(topic.name, topic.partitions, replication, topic_configs=configs(topic, min_isr))]
    if topic.dead_letters:
        made.append(NewTopic(topic.dlq, 1, replication, topic_configs=dead_letter_configs(min_isr)))
    return made


async def _create(admin: Any, wanted: Sequence[Any]) -> None:
    response = await admin.create_topics(list(wanted))
    for name, code, *rest in response.topic_errors:
        # Two processes may make them at once.
        if code not in (0, ALREADY_EXISTS):
            raise BadInput(
                f"Kafka refuses to create topic {name}: {rest[0] if rest and rest[0] else for_code(code).__name__}"
            )
    logger.info("topics_created", new=sum(code == 0 for _, code, *_ in response.topic_errors), all=len(wanted))


async def _wait_for_leaders(admin: Any, names: Sequence[str]) -> None:
    # A topic that was just made has no leaders for a moment, and nothing can be written to it.
    deadline = time.monotonic() + LEADER_SECONDS
    while time.monotonic() < deadline:
        found = await admin.describe_topics(list(names))
        partitions = [partition for topic in found for partition in topic["partitions"]]
        if all(topic["partitions"] for topic in found) and all(one["leader"] >= 0 for one in partitions):
            return
        await asyncio.sleep(0.1)
    raise Unavailable(f"some of {len(names)} topics have no leader after {LEADER_SECONDS:.0f} s")


async def _check(admin: Any, topics: Sequence[Topic], wanted: Sequence[Any]) -> None:
    expected = {new.name: new.topic_configs for new in wanted}
    for name, found in (await _configs(admin, list(expected))).items():
        _compare(name, expected[name], found)
    counts = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics(list(expected))}
    for topic in topics:
        twin = topic.same_partitions_as
        if twin in counts and counts[twin] != counts[topic.name]:
            raise BadInput(
                f"topic {topic.name} has {counts[topic.name]} partitions and {twin} has {counts[twin]}: "
                "they must be equal; create both anew or start on an empty data folder"
            )


async def _configs(admin: Any, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Ask until every topic is known: any broker may be asked, and one of several hears of a new topic a bit late."""
    found: dict[str, dict[str, str]] = {}
    deadline = time.monotonic() + LEADER_SECONDS
    while missing := [name for name in names if name not in found]:
        for response in await admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, one) for one in missing]
        ):
            found |= {
                name: {entry[0]: entry[1] for entry in entries}
                for code, _, _, name, entries in response.resources
                if code == 0
            }
        if len(found) < len(names):
            if time.monotonic() > deadline:
                raise Unavailable(f"Kafka does not know topic {missing[0]} after {LEADER_SECONDS:.0f} s")
            await asyncio.sleep(0.1)
    return found


def _compare(name: str, expected: Mapping[str, str], found: Mapping[str, str]) -> None:
    for key in ("cleanup.policy", "retention.ms", "max.message.bytes"):
        if found.get(key) != expected[key]:
            raise BadInput(
                f"topic {name} has {key}={found.get(key)}, this version needs {expected[key]}: "
                "change it with kafka-configs or start on an empty data folder"
            )
