"""Kafka clients with the settings that every room shares; the only place that knows aiokafka's parameters."""

from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from shared.runtime.settings import ServiceSettings
from shared.runtime.topics import DEAD_LETTER_BYTES

FETCH_BYTES = 16 * 1024 * 1024
REQUEST_BYTES = DEAD_LETTER_BYTES
BATCH_BYTES = 512 * 1024
REQUEST_TIMEOUT_MS = 15_000
TRANSACTION_TIMEOUT_MS = 30_000
FETCH_WAIT_MS = 100
"""A partition that resumes waits for the fetch under way: this bounds it."""


def group_consumer(settings: ServiceSettings, group: str) -> Any:
    """Make a consumer that commits nothing itself and reads only committed records."""
    session_ms = int(settings.session_timeout_seconds * 1000)
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap,
        group_id=group,
        # Two live holders of one id are never told by Kafka 4.3: they take all partitions from each other for ever
        # (measured: 15 rejoins each in 15 s), hence empty unless the platform guarantees one holder.
        group_instance_id=settings.instance_id or None,
        session_timeout_ms=session_ms,
        # At most a quarter of the session: a heartbeat that is late must not cost the partitions.
        heartbeat_interval_ms=min(3000, session_ms // 4),
        rebalance_timeout_ms=30_000,
        # aiokafka rebalances eagerly: everything is revoked each
        # time, so no assignor could keep partitions where they are.
        partition_assignment_strategy=[RoundRobinPartitionAssignor],
        **_reading(),
    )


def free_consumer(bootstrap: str) -> Any:
    """Make a consumer outside any group."""
    return AIOKafkaConsumer(bootstrap_servers=bootstrap, **_reading())


def transactional_producer(bootstrap: str, transactional_id: str) -> Any:
    """Make a producer that is the only holder of its id once it has started."""
    return AIOKafkaProducer(
        transactional_id=transactional_id, transaction_timeout_ms=TRANSACTION_TIMEOUT_MS, **_writing(bootstrap)
    )


def idempotent_producer(bootstrap: str) -> Any:
    """Make a producer whose retries write nothing twice."""
    return AIOKafkaProducer(enable_idempotence=True, **_writing(bootstrap))


def _reading() -> dict[str, Any]:
    return {
        "enable_auto_commit": False,
        "isolation_level": "read_committed",
        # A group without offsets is new, or was away for longer
        # than its offsets are kept: skipping to the end would lose.
        "auto_offset_reset": "earliest",
        "max_partition_fetch_bytes": DEAD_LETTER_BYTES,
        "fetch_max_bytes": FETCH_BYTES,
        "fetch_max_wait_ms": FETCH_WAIT_MS,
        "metadata_max_age_ms": 10_000,
    }


def _writing(bootstrap: str) -> dict[str, Any]:
    return {
        "bootstrap_servers": bootstrap,
        "acks": "all",
        # Every record's acknowledgement is awaited: with a linger
        # of 5 ms Faust's sends were 18 times slower (measured).
        "linger_ms": 0,
        "compression_type": "lz4",
        "max_request_size": REQUEST_BYTES,
        "max_batch_size": BATCH_BYTES,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        # Stock: 100 ms, waited whenever the coordinator still writes the last transaction's markers.
        "retry_backoff_ms": 20,
        "metadata_max_age_ms": 10_000,
    }
