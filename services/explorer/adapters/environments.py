"""Environments from the pool of sandboxed servers, every call of them in the ledger."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count

from services.explorer.domain.ports import Called, Caller, Need
from shared.model.tasks import LedgerEntry, SpendKind
from shared.proof.identity import identifier
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.pool import EnvironmentPool
from shared.runtime.spending import attempt_id

STAGE = "explorer"
Spend = Callable[[LedgerEntry], Awaitable[None]]


class PooledEnvironments:
    """Implements `Environments`."""

    def __init__(self, pool: EnvironmentPool, spend: Spend) -> None:
        self._pool, self._spend = pool, spend

    def first(self, need: Need) -> AbstractAsyncContextManager[Caller]:
        """See `Environments`."""
        return self._lend(need, Clock.FROZEN)

    def second(self, need: Need) -> AbstractAsyncContextManager[Caller]:
        """See `Environments`."""
        return self._lend(need, Clock.MOVED_ON)

    @asynccontextmanager
    async def _lend(self, need: Need, clock: Clock) -> AsyncIterator[Caller]:
        async with self._pool.lease(need.world_digest, clock, need.servers) as environment:
            yield MeteredCaller(environment, self._spend, need.subject, clock)


class MeteredCaller:
    """Writes what each call took."""

    def __init__(self, caller: Caller, spend: Spend, subject: str, clock: Clock) -> None:
        self._caller, self._spend, self._subject, self._clock = caller, spend, subject, clock
        self._calls = count()

    async def call_tool(self, server_id: str, tool: str, arguments_json: str) -> Called:
        """See `Caller`."""
        started, instant = time.monotonic(), time.time_ns()
        called = await self._caller.call_tool(server_id, tool, arguments_json)
        # Numbered: a plan may make the same call twice, and both are paid.
        asked = [self._subject, self._clock.value, next(self._calls), server_id, tool, arguments_json]
        await self._spend(
            LedgerEntry(
                attempt_id(identifier("spend", asked), instant),
                STAGE,
                SpendKind.TOOL_CALL,
                self._subject,
                seconds=time.monotonic() - started,
                calls=1,
            )
        )
        return called
