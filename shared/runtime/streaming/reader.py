"""Read topics outside any group: to the end once, or for ever. Only committed records; undecodable ones are reported."""

from collections.abc import AsyncIterator, Mapping, Sequence

from shared.runtime.streaming.events import Event

Position = tuple[str, int]
"""Topic and partition."""


async def end_offsets(bootstrap: str, topics: Sequence[str]) -> dict[Position, int]:
    """Return the next committed offset of each partition."""
    raise NotImplementedError


def read_all(bootstrap: str, topic: str, start: Mapping[int, int] | None = None) -> AsyncIterator[Event]:
    """Yield every event of `topic` from `start` (partition -> offset; earliest where absent) to the end known now.

    Raises:
        Unavailable: Kafka does not answer, or nothing came for 30 s.
    """
    raise NotImplementedError


class Follower:
    """Events of some topics for ever, from given offsets: `async with Follower(...) as f: async for event in f`."""

    def __init__(self, bootstrap: str, topics: Sequence[str], start: Mapping[Position, int] | None = None) -> None: ...

    def is_caught_up(self) -> bool:
        """Say whether everything committed when it was opened has been yielded."""
        raise NotImplementedError


def follow(bootstrap: str, topics: Sequence[str], start: Mapping[Position, int] | None = None) -> AsyncIterator[Event]:
    """Yield events for ever, waiting out an absent Kafka."""
    raise NotImplementedError
