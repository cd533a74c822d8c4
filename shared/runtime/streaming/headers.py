"""Message headers: CloudEvents (Kafka binding, binary mode), W3C trace context, and why a letter is dead."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from shared.runtime.tracing import TRACE

Headers = tuple[tuple[str, bytes], ...]
DEAD = "dlq_"
REPLAY = "replay_of"
"""Where a replayed message was first read, `topic/partition/offset`: a second replay of it is recognised by this."""
MAX_REASON_CHARS = 2000


def cloud_event(topic: str, key: bytes, value: bytes, source: str, kind: str, now: float) -> Headers:
    """Make CloudEvents attributes; `ce_id` is a function of (topic, key, value), so a redo carries the same id."""
    return (
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id(topic, key, value).encode()),
        ("ce_source", source.encode()),
        ("ce_type", f"firefly.{topic}.{kind}.v1".encode()),
        ("ce_time", rfc3339(now).encode()),
        ("content-type", b"application/protobuf"),
    )


def event_id(topic: str, key: bytes, value: bytes) -> str:
    """Name a message by its content: 32 hex digits."""
    parts = (topic.encode(), key, value)
    # Lengths first: key and value could trade bytes and keep the digest.
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.sha256(framed).hexdigest()[:32]


def trace(made: Headers, parent: Mapping[str, bytes]) -> Headers:
    """Hand the input's trace context on, or open a trace named after this message where there is none."""
    passed = tuple((name, parent[name]) for name in TRACE if name in parent)
    if "traceparent" in parent:
        return passed
    ce_id = dict(made)["ce_id"].decode()
    span = hashlib.sha256(ce_id.encode()).hexdigest()[:16]
    # By the id, so that a redo opens the same trace.
    return (("traceparent", f"00-{ce_id}-{span}-01".encode()),)


def dead(original: Headers, error: Exception, where: Mapping[str, str | int], now: float) -> Headers:
    """Keep the original headers and add class, reason and text of the error, `where` it happened, and when."""
    reason = {
        "error_class": type(error).__name__,
        "reason": getattr(error, "reason", "bug"),
        "error": str(error)[:MAX_REASON_CHARS],
        **where,
        "time": rfc3339(now),
    }
    kept = without_dead(original)
    return (*kept, *((f"{DEAD}{name}", str(value).encode()) for name, value in reason.items()))


def without_dead(headers: Sequence[tuple[str, bytes]]) -> Headers:
    """Take the reasons off again: what a replay sends."""
    return tuple(header for header in headers if not header[0].startswith(DEAD))


def replay(letter: Mapping[str, bytes]) -> str:
    """Name where a dead letter was first read.

    Raises:
        KeyError: its headers do not say.
    """
    return "/".join(letter[f"{DEAD}{name}"].decode() for name in ("topic", "partition", "offset"))


def rfc3339(now: float) -> str:
    """Format seconds since the epoch in UTC."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
