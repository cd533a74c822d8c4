"""The `LivePool` port: real servers on a thread and a loop of their own, so that recorded answers never wait for them.

The same call asked twice at once is made once. A caller that goes away does not stop a call: its result goes to the
overlay, and the retry finds it there.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from services.simulator.adapters.live_runner import LiveBounds, LiveRunner
from services.simulator.domain.breaker import Breaker
from services.simulator.domain.ports import LiveCall, Made, NotMade
from shared.model.catalogue import PathMode, ToolRecord
from shared.model.errors import BadInput, FireflyError, Rejected, Unavailable
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.pool import EnvironmentPool, PoolBounds
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.sandbox import Limits
from shared.runtime.servers.session import Timeouts
from shared.runtime.servers.spec import ServersFile
from shared.runtime.servers.world_store import WorldStore

T = TypeVar("T")
CALL_SECONDS = 20.0
CLOSE_SECONDS = 30.0
NOT_RUNNABLE = "not_runnable"
"""The pinned server or its world cannot be run here."""


@dataclass(frozen=True, slots=True)
class Runnable:
    """What can be run: launch specs, the digests that they must install as, tools, worlds."""

    servers: ServersFile
    digests: Mapping[str, str]
    """Server id -> server digest of the snapshot."""
    tools: tuple[ToolRecord, ...]
    worlds: Path
    """Root of a world store."""


@dataclass(frozen=True, slots=True)
class Places:
    """Folders that a pool writes to."""

    cache: Path
    """Installed servers."""
    scratch: Path
    """Live copies and logs; emptied at the start."""


class LivePoolThread:
    """Runs calls; an async context manager that starts and ends the thread."""

    def __init__(
        self, runnable: Runnable, places: Places, bounds: LiveBounds | None = None, limits: Limits | None = None
    ) -> None:
        self._runnable, self._places, self._bounds = runnable, places, bounds or LiveBounds()
        self._limits = limits or Limits()
        self._loop = asyncio.new_event_loop()
        # Daemon: a server that cannot be ended must not keep the process after `CLOSE_SECONDS`.
        self._thread = threading.Thread(target=self._loop.run_forever, name="live-pool", daemon=True)
        self._resources = AsyncExitStack()
        self._runner: LiveRunner | None = None
        self._mode = PathMode.MOUNTED
        self._worlds = frozenset(WorldStore(runnable.worlds).digests())
        self._breakers: dict[str, Breaker] = {}
        self._running: dict[str, asyncio.Future[Made]] = {}

    async def __aenter__(self) -> Self:
        """Install what is not installed yet, and compare it with the snapshot.

        Raises:
            BadInput: a server cannot be installed, or is not the one that was recorded.
        """
        self._thread.start()
        async with AsyncExitStack() as undone:
            # `async with` calls no `__aexit__` for an enter that failed: the thread and its servers would stay.
            undone.push_async_exit(self.__aexit__)
            await self._there(self._open())
            undone.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        """End every process and the thread."""
        try:
            await asyncio.wait_for(self._there(self._resources.aclose()), CLOSE_SECONDS)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join, CLOSE_SECONDS)
            if not self._thread.is_alive():
                self._loop.close()

    @property
    def in_flight(self) -> int:
        """See `LivePool`."""
        return len(self._running)

    async def run(self, call: LiveCall, keep: Callable[[Made], Made]) -> Made:
        """See `LivePool`."""
        if not self._can_run(call):
            return keep(NotMade(NOT_RUNNABLE))
        running = self._running.get(call.key)
        if running is None:
            self._admit(call.server_id)
            running = asyncio.ensure_future(self._made(call, keep))
            self._running[call.key] = running
            running.add_done_callback(lambda done: self._ended(call.key, done))
        # Whoever asked first may go away; the call goes on for the others and for the overlay.
        return await asyncio.shield(running)

    def _can_run(self, call: LiveCall) -> bool:
        needed = {(call.server_id, call.server_digest), *((step.server_id, step.server_digest) for step in call.steps)}
        is_pinned = all(self._runnable.digests.get(name) == digest for name, digest in needed)
        return is_pinned and call.path_mode is self._mode and call.opening_world in self._worlds

    def _admit(self, server_id: str) -> None:
        if len(self._running) >= self._bounds.waiting:
            raise Rejected("overloaded", f"{len(self._running)} live calls are waiting")
        if self._breakers.get(server_id, Breaker()).is_open(time.monotonic()):
            raise Unavailable(f"{server_id} failed to start several times; live calls of it pause")

    async def _made(self, call: LiveCall, keep: Callable[[Made], Made]) -> Made:
        breaker = self._breakers.get(call.server_id, Breaker())
        try:
            made = await self._there(self._run(call))
        except Unavailable:
            self._breakers[call.server_id] = breaker.failed(time.monotonic())
            raise
        self._breakers[call.server_id] = breaker.succeeded()
        return keep(made)

    def _ended(self, key: str, done: "asyncio.Future[Made]") -> None:
        self._running.pop(key, None)
        if not done.cancelled():
            done.exception()  # nobody may be waiting any more

    async def _run(self, call: LiveCall) -> Made:
        assert self._runner is not None  # opened before the first call
        return await self._runner.run(call)

    async def _open(self) -> None:
        launcher = Launcher(
            self._runnable.servers,
            self._places.cache,
            self._places.scratch,
            find_programs(),
            Timeouts(call=CALL_SECONDS),
            self._limits,
        )
        # Before the first call: an answer of another package set
        # would be wrong for ever, because the first answer stays.
        await _compare(launcher, self._runnable.digests)
        self._mode = launcher.path_mode(next(iter(self._runnable.digests)))
        worlds = WorldStore(self._runnable.worlds)
        many = PoolBounds(
            # Held environments are on loan all the time; what is left over them is for the calls that run.
            environments=self._bounds.at_once + self._bounds.held + 1,
            idle_seconds=self._bounds.idle_seconds,
        )
        pool = await self._resources.enter_async_context(EnvironmentPool(worlds, launcher, self._places.scratch, many))
        for tool in self._runnable.tools:
            pool.learn(tool)
        self._runner = LiveRunner(pool, self._bounds)
        sweeping = asyncio.ensure_future(self._runner.sweep())
        self._resources.push_async_callback(self._runner.aclose)
        self._resources.callback(sweeping.cancel)

    async def _there(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


async def _compare(launcher: Launcher, digests: Mapping[str, str]) -> None:
    installing = (_digest_of(launcher, server_id) for server_id in digests)
    found = dict(zip(digests, await asyncio.gather(*installing), strict=True))
    if other := _differing(digests, found):
        raise BadInput(
            f"{', '.join(other)} installs here as another package set or on another interpreter than was recorded: "
            "serve with --replay-only, or where the snapshot was made"
        )


async def _digest_of(launcher: Launcher, server_id: str) -> str:
    try:
        return await launcher.server_digest(server_id)
    except FireflyError as error:
        raise BadInput(f"{server_id} cannot be run live: {error}") from error


def _differing(digests: Mapping[str, str], found: Mapping[str, str]) -> Iterable[str]:
    return sorted(name for name, digest in digests.items() if found[name] != digest)
