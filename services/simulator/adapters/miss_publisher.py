"""The `Requests` port on `exploration-requests`: each call once, and no more of them than the budget says.

What was asked before is read back from the topic at the start, so a restart neither asks again nor gets a new budget:
the topic's retention is the budget's period. Replicas that run side by side may ask the same once each; the sampler,
which is one process, plans it once and has a budget for all of them.
"""

import asyncio

import structlog

from services.simulator.domain.misses import MISS
from shared.model.errors import Unavailable
from shared.model.sub_dags import ExplorationRequest
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.reader import read_all

TOPIC = "exploration-requests"
RETRY_SECONDS = 1.0
logger = structlog.get_logger()


class MissPublisher:
    """Collects requests on the loop, publishes them beside it."""

    def __init__(self, bootstrap: str, budget: int) -> None:
        """`budget` is the most requests that may stand on the topic because of misses."""
        self._bootstrap, self._budget = bootstrap, budget
        self._asked: set[str] = set()
        self._waiting: dict[str, Output] = {}
        self._some = asyncio.Event()

    def offer(self, tool_id: str, request: ExplorationRequest) -> None:
        """See `Requests`."""
        if request.request_id not in self._asked and len(self._asked) + len(self._waiting) < self._budget:
            self._waiting[request.request_id] = Output(TOPIC, tool_id, request)
            self._some.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish what is offered until told to stop, waiting out an absent Kafka."""
        while not stopping.is_set():
            try:
                await self._read_back()
                async with Publisher(self._bootstrap, "simulator") as publisher:
                    while not stopping.is_set():
                        await self._some.wait()
                        await self._publish(publisher)
            except Unavailable as error:
                logger.warning("misses_wait_for_kafka", waiting=len(self._waiting), error=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _read_back(self) -> None:
        async for event in read_all(self._bootstrap, TOPIC):
            if event.record.reason == MISS:
                self._asked.add(event.record.request_id)

    async def _publish(self, publisher: Publisher) -> None:
        # First, so that an offer that comes meanwhile sets it again.
        self._some.clear()
        taken = dict(self._waiting)
        new = [name for name in taken if name not in self._asked][: max(0, self._budget - len(self._asked))]
        await publisher.publish([taken[name] for name in new])
        self._asked.update(new)
        # Not `clear`: an offer may have come while Kafka acknowledged.
        for name in taken:
            del self._waiting[name]
