"""Budgets on a real Kafka: the stage that spends pauses, says so, and goes on when the budget is raised."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

import pytest

from cli.embedded.kafka import Kafka
from shared.model.tasks import LedgerEntry, SpendKind
from shared.runtime.budget import Budget
from shared.runtime.ledger import Ledger
from shared.runtime.service import Background
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming import admin
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.reader import read_all
from shared.runtime.streaming.stage import Stage
from shared.runtime.streaming.worker import TransactionalWorker
from shared.runtime.topics import BY_NAME
from tests.chaos import topics
from tests.chaos.harness import load, settled, watch

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]
BUDGET, ELSEWHERE, EVENTS, PER_PARTITION = 40, 15, 120, 4


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One of its own: the ledger is one topic for all."""
    server = Kafka(tmp_path_factory.mktemp("kafka"))
    try:
        server.start()
        yield server.bootstrap
    finally:
        server.stop()


def row(number: object, stage: str = "test") -> LedgerEntry:
    return LedgerEntry(f"{stage}-{number}", stage, SpendKind.TOOL_CALL, "expl_1", 0.1, 1)


class Spending:
    """A stage that makes one call for each event, with its budget and its ledger."""

    def __init__(self, broker: str, prefix: str, budget_calls: int, numbers: Iterator[int]) -> None:
        self.stop_seconds = 0.0
        settings = ServiceSettings(
            kafka_bootstrap=broker, session_timeout_seconds=6, max_in_flight=PER_PARTITION, budget_calls=budget_calls
        )
        ledger = Ledger(broker, "test")
        self.budget = Budget(settings, ledger.spend)

        async def handle(event: Event) -> Sequence[Output]:
            await self.budget.spend(row(next(numbers)))
            await asyncio.sleep(0.01)
            return [Output(f"{prefix}-out", event.key, event.record)]

        self.worker = TransactionalWorker(settings, Stage(prefix, (f"{prefix}-in",), handle, hold=self.budget.hold))
        self.parts = [self.worker, Background("ledger", ledger.follow), self.budget]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        stopping = asyncio.Event()
        tasks = [asyncio.create_task(part.run(stopping)) for part in self.parts]
        try:
            yield
        finally:
            stopping.set()
            started = time.monotonic()
            await asyncio.wait(tasks, timeout=30)
            self.stop_seconds = time.monotonic() - started
            for task in tasks:
                task.result()


async def test_a_spent_budget_pauses_the_stage_and_a_larger_one_goes_on(broker: str) -> None:
    source, out, _ = await topics.create(broker, "budget")
    await admin.create_topics(broker, topics=[BY_NAME["ledger"]])
    keys = {f"id-{n}" for n in range(EVENTS)}
    await load(broker, source, sorted(keys))
    async with Publisher(broker, "elsewhere") as publisher:
        rows = [row(n, "elsewhere") for n in range(ELSEWHERE)]
        await publisher.publish([Output("ledger", "elsewhere", one) for one in (*rows, rows[0], rows[0])])

    numbers = count()
    held = Spending(broker, "budget", BUDGET, numbers)
    async with held.running():
        await watch(broker, [out], lambda keys: len(keys) >= BUDGET - ELSEWHERE, 20)
        await asyncio.sleep(2)
        spent = next(numbers)
        in_hand = 2 * PER_PARTITION
        assert BUDGET - ELSEWHERE <= spent <= BUDGET - ELSEWHERE + in_hand
        said = held.budget.readiness()
        assert not said.ok
        assert "paused: the budget of 40 calls is spent" in said.text
        assert held.worker.liveness().ok
        assert "raise it with --budget-calls" in held.worker.liveness().text
    assert held.stop_seconds < 8, "what is held is not waited for (drain_seconds is 10)"
    assert [event async for event in read_all(broker, f"{source}-dlq")] == []

    raised = Spending(broker, "budget", 1000, numbers)
    async with raised.running():
        counts = await settled(broker, [out], keys, 30)
        assert raised.budget.readiness().ok
    assert counts == {(out, key): 1 for key in keys}
    written = {event.record.entry_id async for event in read_all(broker, "ledger")}
    assert len(written) >= EVENTS + ELSEWHERE
