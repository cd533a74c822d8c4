"""Raw Kafka messages on both sides of a handler, and their translation from and to events."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from shared.model.errors import Rejected
from shared.runtime import wire
from shared.runtime.streaming import headers
from shared.runtime.streaming.events import Event, Output
from shared.runtime.topics import BY_NAME, DEAD_LETTER_BYTES

ENVELOPE_BYTES = 64 * 1024
"""Of a topic's `max.message.bytes`: batch overhead, and growth of what does not compress."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as read."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int

    @classmethod
    def of(cls, record: Any) -> Self:
        """Take what we use from an aiokafka ConsumerRecord."""
        return cls(
            record.topic,
            record.partition,
            record.offset,
            record.key or b"",
            record.value,
            tuple(record.headers),
            record.timestamp,
        )

    def event(self, record: Any = None) -> Event:
        """Make the event that carries `record`."""
        # Our own keys are ASCII; a stranger's must not raise here, its dead letter keeps the bytes anyway.
        key = self.key.decode("utf-8", "replace")
        return Event(self.topic, self.partition, self.offset, key, record, dict(self.headers), self.timestamp_ms)

    def decode(self) -> Event:
        """Make the event with its record.

        Raises:
            Rejected: the value is not a record of the topic (`undecodable`).
        """
        if self.value is None:
            raise Rejected("undecodable", f"a {self.topic} record without value")
        return self.event(wire.decode(self.topic, self.value))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to write; `partition` is None where the key decides."""

    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    partition: int | None = None


def encode(outputs: Sequence[Output], source: str, parent: Mapping[str, bytes]) -> tuple[Outgoing, ...]:
    """Serialise outputs with their CloudEvents and trace headers.

    Raises:
        Rejected: a record is over its topic's limit (`too_large`).
    """
    return tuple(_encode(output, source, parent) for output in outputs)


def max_message_bytes(topic: str) -> int:
    """`max.message.bytes` of a topic or dead-letter topic."""
    return BY_NAME[topic].max_bytes if topic in BY_NAME else DEAD_LETTER_BYTES


def _encode(output: Output, source: str, parent: Mapping[str, bytes]) -> Outgoing:
    key, value = output.key.encode(), wire.encode(output.topic, output.record)
    size, limit = len(key) + len(value), max_message_bytes(output.topic) - ENVELOPE_BYTES
    # Refused here, not by Kafka: in a transaction its refusal would take every
    # other record of the batch along, and the batch would be tried again for ever.
    if size > limit:
        raise Rejected("too_large", f"a {output.topic} record has {size} bytes, at most {limit} are allowed")
    kind = type(output.record).__name__
    made = headers.cloud_event(output.topic, key, value, f"/firefly/{source}", kind, time.time())
    return Outgoing(output.topic, key, value, (*made, *headers.trace(made, parent)))
