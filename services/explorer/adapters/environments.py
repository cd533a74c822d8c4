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
            yield MeteredCaller(environment, self._spend, need.subject)


class MeteredCaller:
    """Writes what each call took."""

    def __init__(self, caller: Caller, spend: Spend, subject: str) -> None:
        self._caller, self._spend, self._subject = caller, spend, subject
        self._calls = count()

    async def call_tool(self, server_id: str, tool: str, arguments_json: str) -> Called:
        """See `Caller`."""
        started = time.monotonic()
        called = await self._caller.call_tool(server_id, tool, arguments_json)
        asked = [self._subject, server_id, tool, arguments_json, next(self._calls), time.time_ns()]
        await self._spend(
            LedgerEntry(
                identifier("spend", asked),
                STAGE,
                SpendKind.TOOL_CALL,
                self._subject,
                seconds=time.monotonic() - started,
                calls=1,
            )
        )
        return called
