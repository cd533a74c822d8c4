"""Lines out of chunks, with a cap: a longer line is counted and dropped, never held."""

from collections.abc import Iterator
from dataclasses import dataclass

LINE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Oversized:
    """A line that was longer than the cap."""

    cap: int

    @property
    def text(self) -> str:
        """What is recorded in its place; the same whenever the line is too long."""
        return f"FireFly: the server wrote a message longer than {self.cap} bytes, which was not read"


class LineSplitter:
    """Splits a byte stream at newlines."""

    def __init__(self, cap: int = LINE_BYTES) -> None:
        self._cap = cap
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[bytes | Oversized]:
        """Take the next chunk and yield the lines it completes."""
        *complete, rest = chunk.split(b"\n")
        for piece in complete:
            self._add(piece)
            yield self._take()
        self._add(rest)

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._cap:
            # Its size is counted on, so that the end of the line is still known as too long.
            self._parts.clear()
        else:
            self._parts.append(piece)

    def _take(self) -> bytes | Oversized:
        line = Oversized(self._cap) if self._size > self._cap else b"".join(self._parts)
        self._parts, self._size = [], 0
        return line
