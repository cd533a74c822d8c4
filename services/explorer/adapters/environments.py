"""Environments from the pool of sandboxed servers, every call of them in the ledger."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count

from services.explorer.domain.ports import Called, Caller, Need
from shared.model.catalogue import FailureClass
from shared.model.errors import Unavailable
from shared.model.tasks import LedgerEntry, SpendKind
from shared.proof.identity import identifier
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.failures import StartFailed
from shared.runtime.servers.pool import EnvironmentPool
from shared.runtime.spending import attempt_id

STAGE = "explorer"
PATIENCE = 5
"""Handshakes in a row, each tried in several processes, that a server may leave unanswered before it cannot serve.

It answered its crawl, so silence is the machine's: a draw that failed by it would be another dataset under load.
"""
Spend = Callable[[LedgerEntry], Awaitable[None]]


class PooledEnvironments:
    """Implements `Environments`."""

    def __init__(self, pool: EnvironmentPool, spend: Spend) -> None:
        self._pool, self._spend = pool, spend
        self._silences: Counter[tuple[str, str]] = Counter()

    def first(self, need: Need) -> AbstractAsyncContextManager[Caller]:
        """See `Environments`."""
        return self._lend(need, Clock.FROZEN)

    def second(self, need: Need) -> AbstractAsyncContextManager[Caller]:
        """See `Environments`."""
        return self._lend(need, Clock.MOVED_ON)

    @asynccontextmanager
    async def _lend(self, need: Need, clock: Clock) -> AsyncIterator[Caller]:
        async with self._pool.lease(need.world_digest, clock, need.servers) as environment:
            patient = PatientCaller(environment, need.world_digest, self._silences)
            yield MeteredCaller(patient, self._spend, need.subject, clock)


class PatientCaller:
    """Takes a server that does not answer its handshake for infrastructure that is away, for a while."""

    def __init__(self, caller: Caller, world_digest: str, silences: Counter[tuple[str, str]]) -> None:
        self._caller, self._world_digest, self._silences = caller, world_digest, silences

    async def call_tool(self, server_id: str, tool: str, arguments_json: str) -> Called:
        """See `Caller`.

        Raises:
            Unavailable: the server does not answer its handshake now.
        """
        place = (server_id, self._world_digest)
        try:
            called = await self._caller.call_tool(server_id, tool, arguments_json)
        except StartFailed as failed:
            if failed.failure_class is not FailureClass.HANDSHAKE_TIMEOUT:
                raise
            self._silences[place] += 1
            if self._silences[place] > PATIENCE:
                raise
            raise Unavailable(f"{server_id} does not start: {failed.text}") from failed
        del self._silences[place]
        return called


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
