"""Environments that were moved, each under the state it is in; the longest unused one is closed for a new one."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from services.simulator.domain.ports import LiveCall
from services.simulator.domain.situation import Situation
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.environment import Environment
from shared.runtime.servers.pool import EnvironmentPool


@dataclass(eq=False, slots=True)
class Held:
    """One environment on loan from the pool."""

    environment: Environment
    lease: AsyncExitStack
    opening_world: str
    situation: Situation
    done: int = 0
    """Steps of the taking episode that it has made already."""
    is_spoilt: bool = False
    used_at: float = field(default_factory=time.monotonic)


class HeldEnvironments:
    """Lends them by state."""

    def __init__(self, pool: EnvironmentPool, limit: int) -> None:
        self._pool, self._limit = pool, limit
        self._idle: list[Held] = []

    async def take(self, call: LiveCall) -> Held:
        """Return the environment that is furthest on the way to the call's state, a new one if there is none.

        Raises:
            Rejected: the world is not kept here.
            Unavailable: its copy cannot be made.
        """
        ways = [Situation(call.opening_world), *(step.after for step in call.steps)]
        # From the end: the fewest calls have to be made again.
        for done, situation in reversed(list(enumerate(ways))):
            found = next((held for held in self._idle if _stands_at(held, call.opening_world, situation)), None)
            if found:
                self._idle.remove(found)
                found.done = done
                return found
        return await self._new(call)

    async def give_back(self, held: Held) -> None:
        """Keep an environment for the next call in its state, or close it."""
        if held.is_spoilt:
            await held.lease.aclose()
            return
        held.used_at = time.monotonic()
        self._idle.append(held)
        while len(self._idle) > self._limit:
            await self._idle.pop(0).lease.aclose()

    async def close_idle(self, seconds: float) -> None:
        """Close what was not used for so long."""
        limit = time.monotonic() - seconds
        old = [held for held in self._idle if held.used_at <= limit]
        self._idle = [held for held in self._idle if held not in old]
        await asyncio.gather(*(held.lease.aclose() for held in old))

    async def _new(self, call: LiveCall) -> Held:
        lease = AsyncExitStack()
        fresh = self._pool.lease(call.opening_world, Clock.FROZEN, (call.server_id,), fresh=True)
        environment = await lease.enter_async_context(fresh)
        return Held(environment, lease, call.opening_world, Situation(call.opening_world))


def _stands_at(held: Held, opening_world: str, situation: Situation) -> bool:
    return (held.opening_world, held.situation) == (opening_world, situation)
