"""The Faust shell: fast stages whose state the service rebuilds itself; at-least-once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from shared.runtime.health import Report
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.stage import Stage

Source = Callable[[], Awaitable[Sequence[Output]]]


class FaustStage:
    """One agent per topic read, one event at a time over all of them; outputs are acknowledged before the event is."""

    def __init__(
        self,
        settings: ServiceSettings,
        stage: Stage,
        *,
        restore: Source | None = None,
        tick: Source | None = None,
        tick_seconds: float = 1.0,
    ) -> None:
        """`restore` runs before the first event, `tick` every `tick_seconds`; what they return is sent.

        Handler, restore and tick never run at the same time.
        """
        self.name = stage.name

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, then drain."""
        raise NotImplementedError

    def liveness(self) -> Report:
        """Polled Kafka lately."""
        raise NotImplementedError

    def readiness(self) -> Report:
        """State is restored, partitions are assigned."""
        raise NotImplementedError
