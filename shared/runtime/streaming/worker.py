"""The transactional worker: slow, IO-bound stages with exactly-once output."""

import asyncio

from shared.runtime.health import Report
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.stage import Gate, Stage


class TransactionalWorker:
    """Outputs, dead letters and the offset of the completed prefix go out in one transaction per partition."""

    def __init__(self, settings: ServiceSettings, stage: Stage, gate: Gate | None = None) -> None:
        self.name = stage.name

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, then drain.

        Raises:
            Fenced: another process owns a partition now; exit.
            StageFailed: too many dead letters; exit.
        """
        raise NotImplementedError

    def liveness(self) -> Report:
        """Polled Kafka lately."""
        raise NotImplementedError

    def readiness(self) -> Report:
        """Partitions are assigned, fenced and read back."""
        raise NotImplementedError
