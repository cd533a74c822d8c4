"""What both shells hand to a handler, and what they take back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One decoded record with where it came from."""

    topic: str
    partition: int
    offset: int
    key: str
    record: Any
    """The model record of the topic."""
    headers: Mapping[str, bytes]
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Output:
    """One record to write; the shell encodes it, adds CloudEvents headers and `traceparent`."""

    topic: str
    key: str
    record: Any


Handler = Callable[[Event], Awaitable[Sequence[Output]]]
"""Pure of Kafka: a record in, records out. Raises `Rejected`, `Unavailable`, or (a bug) anything else."""
