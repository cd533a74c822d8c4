"""Lends environments: warm ones again and again while nothing moved, spares started in the background.

Bounds are per clock, so that nobody who holds an environment of one clock waits for itself at the other.
"""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Self

import psutil

from shared.model.catalogue import ToolRecord
from shared.model.errors import FireflyError
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.effects import Knowledge
from shared.runtime.servers.environment import Backing, Environment
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.leftovers import own_folder
from shared.runtime.servers.world_store import WorldStore


@dataclass(frozen=True, slots=True)
class PoolBounds:
    """How much a pool may hold."""

    environments: int = 3
    """Per clock, lent and idle."""
    processes: int = 96
    """Over all environments; idle ones are ended first."""
    memory_share: float = 0.5
    """Share of the machine's memory that all processes together may use."""
    idle_seconds: float = 120.0
    """After which an environment that nobody borrowed is closed."""
    spare_uses: int = 2
    """Leases that must have used a server before its process is replaced ahead of need."""


class EnvironmentPool:
    """Lends environments of every world and clock over one launcher."""

    def __init__(self, worlds: WorldStore, launcher: Launcher, scratch: Path, bounds: PoolBounds | None = None) -> None:
        self._backing = Backing(worlds, launcher, Knowledge())
        self._bounds = bounds or PoolBounds()
        self._parent = scratch.absolute() / "environments"
        self._folder = self._parent
        self._idle: list[tuple[float, Environment]] = []
        self._lent: set[Environment] = set()
        self._changed = asyncio.Condition()
        self._uses: Counter[str] = Counter()
        self._background: set[asyncio.Task[None]] = set()
        self._numbers = count()
        self._is_closed = False

    async def __aenter__(self) -> Self:
        """Remove what a killed process left behind, and start looking after idle environments."""
        self._folder = await asyncio.to_thread(own_folder, self._parent)
        self._later(self._look_after())
        return self

    async def __aexit__(self, *error: object) -> None:
        """End everything."""
        await self.aclose()

    def learn(self, record: ToolRecord) -> None:
        """Take a tool's schema and behaviour from `tool-catalogue`."""
        self._backing.knowledge.learn(record)

    @asynccontextmanager
    async def lease(
        self, world_digest: str, clock: Clock, servers: Sequence[str] = (), *, fresh: bool = False
    ) -> AsyncIterator[Environment]:
        """Borrow an environment in which nothing has moved; `servers` are started at once.

        Raises:
            Rejected: no such world is kept.
            Unavailable: the copy cannot be made.
        """
        environment = await self._borrow(world_digest, clock, servers, fresh=fresh)
        try:
            environment.warm(servers)
            yield environment
        finally:
            # A borrower that is cancelled meanwhile must not leave the environment lent for ever.
            await asyncio.shield(self._give_back(environment, is_spent=fresh))

    async def aclose(self) -> None:
        """End every process and remove every copy."""
        self._is_closed = True
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await asyncio.gather(*(environment.aclose() for _, environment in self._idle))
        await asyncio.gather(*(environment.aclose() for environment in self._lent))
        self._idle.clear()
        await asyncio.to_thread(shutil.rmtree, self._folder, True)

    async def _borrow(self, world_digest: str, clock: Clock, servers: Sequence[str], *, fresh: bool) -> Environment:
        async with self._changed:
            await self._changed.wait_for(lambda: self._lent_at(clock) < self._bounds.environments)
            environment = None if fresh else self._warmest(world_digest, clock, servers)
            dropped = None
            if environment is None:
                environment = self._make(world_digest, clock)
                dropped = self._surplus(clock)
            self._lent.add(environment)
        if dropped:
            # Outside the condition: closing takes as long as its processes do, and others may borrow meanwhile.
            await dropped.aclose()
        async with AsyncExitStack() as undone:
            # Also a cancelled borrower gives its place back, or the pool would lend one fewer for ever.
            undone.push_async_callback(self._forget, environment)
            await environment.open()
            undone.pop_all()
        return environment

    def _lent_at(self, clock: Clock) -> int:
        return sum(environment.clock is clock for environment in self._lent)

    def _warmest(self, world_digest: str, clock: Clock, servers: Sequence[str]) -> Environment | None:
        fitting = [item for item in self._idle if (item[1].world_digest, item[1].clock) == (world_digest, clock)]
        if not fitting:
            return None
        # Of equally warm ones the last used: the others grow idle and are closed.
        best = max(fitting, key=lambda item: (len(item[1].running & set(servers)), item[0]))
        self._idle.remove(best)
        return best[1]

    def _surplus(self, clock: Clock) -> Environment | None:
        """The idle environment to close, of this clock, when one more would be too many."""
        idle = [item for item in self._idle if item[1].clock is clock]
        if self._lent_at(clock) + len(idle) < self._bounds.environments:
            return None
        oldest = min(idle, key=lambda item: item[0])
        self._idle.remove(oldest)
        return oldest[1]

    def _make(self, world_digest: str, clock: Clock) -> Environment:
        return Environment(self._backing, world_digest, clock, self._folder / str(next(self._numbers)))

    async def _give_back(self, environment: Environment, *, is_spent: bool) -> None:
        self._uses.update(environment.used)
        used = frozenset(environment.used)
        try:
            is_whole, ended = (False, frozenset[str]()) if is_spent else await environment.settle()
        except FireflyError:
            is_whole, ended = False, frozenset()
        if is_whole and not self._is_closed:
            environment.warm(self._worth_sparing(ended))
            await self._keep(environment)
            return
        await environment.aclose()
        await self._forget(environment)
        if not is_spent and not self._is_closed and (wanted := self._worth_sparing(ended & used)):
            self._later(self._spare(environment.world_digest, environment.clock, wanted))

    def _worth_sparing(self, ended: frozenset[str]) -> tuple[str, ...]:
        return tuple(sorted(name for name in ended if self._uses[name] >= self._bounds.spare_uses))

    async def _spare(self, world_digest: str, clock: Clock, servers: Sequence[str]) -> None:
        idle_here = sum(item[1].clock is clock for item in self._idle)
        if self._lent_at(clock) + idle_here >= self._bounds.environments:
            return
        environment = self._make(world_digest, clock)
        try:
            await environment.open()
        except FireflyError:
            return
        environment.warm(servers)
        await self._keep(environment)

    async def _keep(self, environment: Environment) -> None:
        async with self._changed:
            self._lent.discard(environment)
            self._idle.append((time.monotonic(), environment))
            self._changed.notify_all()

    async def _forget(self, environment: Environment) -> None:
        async with self._changed:
            self._lent.discard(environment)
            self._changed.notify_all()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(2)
            for environment in self._overdue():
                await environment.aclose()
            await self._trim()

    def _overdue(self) -> list[Environment]:
        limit = time.monotonic() - self._bounds.idle_seconds
        overdue = [item for item in self._idle if item[0] < limit]
        self._idle = [item for item in self._idle if item[0] >= limit]
        return [environment for _, environment in overdue]

    async def _trim(self) -> None:
        """Close the longest idle environments while there are too many processes or too much memory is used."""
        while self._idle and await self._is_too_much():
            oldest = min(self._idle, key=lambda item: item[0])
            self._idle.remove(oldest)
            await oldest[1].aclose()

    async def _is_too_much(self) -> bool:
        environments = [environment for _, environment in self._idle] + list(self._lent)
        if sum(len(environment.running) for environment in environments) > self._bounds.processes:
            return True
        used = await asyncio.to_thread(_memory_of_children)
        return used > psutil.virtual_memory().total * self._bounds.memory_share


def _memory_of_children() -> int:
    total = 0
    for child in psutil.Process().children(recursive=True):
        # It may have ended since it was listed.
        with suppress(psutil.Error):
            total += child.memory_info().rss
    return total
