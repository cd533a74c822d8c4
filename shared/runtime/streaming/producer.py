"""Producers: the transactional one of a partition, and `Publisher` for writers without input."""

from collections.abc import Mapping, Sequence
from typing import Self

from shared.runtime.streaming.events import Output


class Publisher:
    """Idempotent writer: `async with Publisher(bootstrap, "cli") as p: await p.publish(outputs)`."""

    def __init__(self, bootstrap: str, source: str) -> None: ...

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(self, *_: object) -> None: ...

    async def publish(self, outputs: Sequence[Output], parent: Mapping[str, bytes] | None = None) -> None:
        """Write and await all acknowledgements; `parent` are headers whose trace goes on.

        Raises:
            Unavailable: Kafka did not acknowledge in time.
            Rejected: a record is over its topic's limit.
        """
        raise NotImplementedError
