"""Message headers: CloudEvents (Kafka binding, binary mode), W3C trace context, and why a letter is dead."""

import functools
import hashlib
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from shared.runtime.tracing import TRACE

Headers = tuple[tuple[str, bytes], ...]
DEAD = "dlq_"
REPLAY = "replay_of"
"""Where a replayed message was first read, `topic/partition/offset`: a second replay of it is recognised by this."""
MAX_REASON_CHARS = 2000
_SIZE = struct.Struct(">Q")
_VERSION = ("ce_specversion", b"1.0")
_CONTENT = ("content-type", b"application/protobuf")


def cloud_event(topic: str, key: bytes, value: bytes, source: str, kind: str, now: float) -> Headers:
    """Make CloudEvents attributes; `ce_id` is a function of (topic, key, value), so a redo carries the same id."""
    origin, what = _origin(topic, source, kind)
    return (_VERSION, ("ce_id", event_id(topic, key, value).encode()), origin, what, _time(int(now * 1000)), _CONTENT)


@functools.lru_cache(1024)
def _origin(topic: str, source: str, kind: str) -> Headers:
    return (("ce_source", source.encode()), ("ce_type", f"firefly.{topic}.{kind}.v1".encode()))


@functools.lru_cache(1)
def _time(now_ms: int) -> tuple[str, bytes]:
    return ("ce_time", rfc3339(now_ms / 1000).encode())


def event_id(topic: str, key: bytes, value: bytes) -> str:
    """Name a message by its content: 32 hex digits."""
    name, size = topic.encode(), _SIZE.pack
    # Lengths first: key and value could trade bytes and keep the digest.
    framed = b"".join((size(len(name)), name, size(len(key)), key, size(len(value)), value))
    return hashlib.sha256(framed).hexdigest()[:32]


def trace(made: Headers, parent: Mapping[str, bytes]) -> Headers:
    """Hand the input's trace context on, or open a trace named after this message where there is none."""
    if "traceparent" in parent:
        return tuple((name, parent[name]) for name in TRACE if name in parent)
    ce_id = next(value for name, value in made if name == "ce_id")
    span = hashlib.sha256(ce_id).hexdigest()[:16].encode()
    # By the id, so that a redo opens the same trace.
    return (("traceparent", b"00-%b-%b-01" % (ce_id, span)),)


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
