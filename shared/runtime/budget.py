"""A budget over the ledger of all stages: once it is spent, the stages that spend begin no further event.

What is in hand is finished and paid, so a budget is overdrawn by at most the work in flight. A held event is neither
lost nor dead-lettered: after a restart with a larger budget it goes on.
"""

import asyncio

import structlog

from shared.model.errors import Unavailable
from shared.model.tasks import LedgerEntry
from shared.runtime.health import Report
from shared.runtime.openai_model import Spend
from shared.runtime.service import Background
from shared.runtime.settings import ServiceSettings
from shared.runtime.spending import Account, Limits
from shared.runtime.streaming.events import Event
from shared.runtime.streaming.reader import Follower, Position, decoded

TOPIC = "ledger"
RETRY_SECONDS = 1.0
READING = "the ledger is being read, for the budget"

logger = structlog.get_logger()


class Budget(Background):
    """A part; `spend` stands in for the ledger's, `hold` goes into the stage that spends."""

    def __init__(self, settings: ServiceSettings, spend: Spend) -> None:
        super().__init__("budget", self._follow, lambda: not self.hold())
        self._bootstrap, self._spend = settings.kafka_bootstrap, spend
        self._limits = Limits(settings.budget_calls, settings.budget_tokens, settings.budget_money)
        self._account = Account()
        self._position: dict[Position, int] = {}
        self._is_read = not self._limits

    async def spend(self, entry: LedgerEntry) -> None:
        """Count a row of this process at once, and hand it on to the ledger."""
        if self._limits:
            self._count(entry)
        await self._spend(entry)

    def hold(self) -> str:
        """Say why nothing more may be begun, empty while it may."""
        return self._limits.excess(self._account.total) if self._is_read else READING

    def liveness(self) -> Report:
        """Alive as long as the loop answers."""
        return Report(True, self.hold() or "within its limits")

    def readiness(self) -> Report:
        """False while it holds the stage: nothing is done before somebody raises it."""
        reason = self.hold()
        return Report(not reason, f"paused: {reason}" if reason else "within its limits")

    def _count(self, entry: LedgerEntry) -> None:
        before = self.hold()
        # The same row comes back from Kafka: the account knows its id and counts it once.
        self._account.add(entry)
        if (after := self.hold()) and not before:
            logger.warning("budget_spent", reason=after)

    async def _follow(self, stopping: asyncio.Event) -> None:
        if not self._limits:
            await stopping.wait()
        while not stopping.is_set():
            try:
                async with Follower(self._bootstrap, [TOPIC], self._position) as follower:
                    await self._read(follower)
            except Unavailable as error:
                logger.warning("kafka_unavailable", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _read(self, follower: Follower) -> None:
        async for message in follower.messages_to_end():
            self._take(follower, decoded(message))
        self._is_read = True
        async for message in follower.messages():
            self._take(follower, decoded(message))

    def _take(self, follower: Follower, event: Event | None) -> None:
        # Kept over reconnects: the ledger is read once, not again after every absence of Kafka.
        self._position.update(follower.reached)
        if event is not None:
            self._count(event.record)
