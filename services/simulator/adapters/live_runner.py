"""Makes live calls inside the pool's own loop: an environment in the episode's state, one call, one recording.

An environment that was moved is kept under the state it is in: the next call of any episode in that state goes on
there, another one starts from the world again and repeats the episode's moving calls first.
"""

import asyncio
import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from services.simulator.adapters.held_environments import Held, HeldEnvironments
from services.simulator.domain.ports import LiveCall, Made, NotMade
from services.simulator.domain.situation import Situation
from shared.model.calls import Origin, Recording, State
from shared.model.catalogue import Effect
from shared.model.errors import Rejected, Unavailable
from shared.proof.canonical import parse_canonical
from shared.proof.keys import recording_id_of
from shared.proof.plain import plain_json
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.environment import Environment
from shared.runtime.servers.failures import StartFailed
from shared.runtime.servers.outcomes import CalledTool
from shared.runtime.servers.pool import EnvironmentPool

STATE_NOT_REBUILT = "state_not_rebuilt"
"""The episode's moving calls, made again, did not lead to its state."""
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class LiveBounds:
    """How much live calls may take."""

    at_once: int = 4
    """Calls running."""
    waiting: int = 256
    """Calls running and waiting; more are refused."""
    held: int = 8
    """Environments kept in a state other than their world's first one."""
    idle_seconds: float = 120.0
    """After which a held environment is closed."""
    world_bytes: int = 1024 * 1024 * 1024
    """Size of a world's copy above which the call that filled it loses its server."""


class LiveRunner:
    """One per pool; lives in the pool's loop."""

    def __init__(self, pool: EnvironmentPool, bounds: LiveBounds) -> None:
        self._pool, self._bounds = pool, bounds
        self._held = HeldEnvironments(pool, bounds.held)
        self._room = asyncio.Semaphore(bounds.at_once)

    async def run(self, call: LiveCall) -> Made:
        """Make one call.

        Raises:
            Unavailable: the server does not start, or there is no room.
        """
        async with self._room:
            try:
                return await self._run(call)
            except StartFailed as error:
                raise Unavailable(f"{call.server_id} does not start: {error.text}") from error
            except Rejected as error:
                return NotMade(error.reason)

    async def sweep(self) -> None:
        """Close held environments that nobody used for a while, for ever."""
        while True:
            await asyncio.sleep(2)
            await self._held.close_idle(self._bounds.idle_seconds)

    async def aclose(self) -> None:
        """Close what is held."""
        await self._held.close_idle(0)

    async def _run(self, call: LiveCall) -> Made:
        if not call.steps and call.effect is Effect.READ_ONLY:
            # What moves nothing can share a warm copy; everything else gets a copy that stands in the episode's state.
            async with self._pool.lease(call.opening_world, Clock.FROZEN, (call.server_id,)) as environment:
                called = await self._called(environment, call.server_id, call.tool, call.arguments_json)
                return _recording(call, called) if _starts_right(called, call) else _wrong_start(call)
        held = await self._held.take(call)
        # Until `_on` says otherwise: a call that is cut off, also by a cancellation, leaves a state that nobody knows.
        held.is_spoilt = True
        try:
            return await self._on(held, call)
        finally:
            await asyncio.shield(self._held.give_back(held))

    async def _on(self, held: Held, call: LiveCall) -> Made:
        for step in call.steps[held.done :]:
            made = await self._called(held.environment, step.server_id, step.tool, step.arguments_json)
            if held.situation.after(step.server_id, made.state_after) != step.after:
                return NotMade(STATE_NOT_REBUILT)
            held.situation = step.after
        called = await self._called(held.environment, call.server_id, call.tool, call.arguments_json)
        if not _starts_right(called, call):
            return _wrong_start(call)
        held.situation = call.before.after(call.server_id, called.state_after)
        held.is_spoilt = _is_spoilt(called, call.before, held.situation)
        return _recording(call, called)

    async def _called(self, environment: Environment, server_id: str, tool: str, arguments_json: str) -> CalledTool:
        watch = asyncio.create_task(self._watch(environment, server_id))
        try:
            return await environment.call_tool(server_id, tool, plain_json(parse_canonical(arguments_json)))
        finally:
            watch.cancel()
            # Until it has closed the folder that it holds on to.
            await asyncio.wait({watch})

    async def _watch(self, environment: Environment, server_id: str) -> None:
        """End a server that fills the disk while it is called; what that call did is undone with its world's copy."""
        ended = -1
        try:
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                # After an end, not again until the copy was made anew: by then another process runs over it.
                if ended >= 0 and os.fstat(ended).st_nlink:
                    continue
                if await asyncio.to_thread(_size, environment.folder) > self._bounds.world_bytes:
                    ended = _opened(environment.folder, ended)
                    await environment.end([server_id])
        finally:
            if ended >= 0:
                os.close(ended)


def _opened(folder: Path, before: int) -> int:
    """Hold on to a folder: it has no link left once it was removed, whatever is made in its place."""
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return before  # it is being made anew right now
    if before >= 0:
        os.close(before)
    return opened


def _starts_right(called: CalledTool, call: LiveCall) -> bool:
    return called.state == call.before.of(call.server_id)


def _wrong_start(call: LiveCall) -> NotMade:
    if not call.steps:
        raise Unavailable(f"world {call.opening_world} is not as it was packed: copy the snapshot again")
    return NotMade(STATE_NOT_REBUILT)


def _is_spoilt(called: CalledTool, before: Situation, after: Situation) -> bool:
    """Whether the process may hold something that no state tells: an unproven call that failed or crashed."""
    return bool(called.crash) or (called.effect in (Effect.UNKNOWN, Effect.SESSION) and after == before)


def _recording(call: LiveCall, called: CalledTool) -> Made:
    # Its key would be another one than was asked for.
    if called.path_mode is not call.path_mode or called.server_digest != call.server_digest:
        return NotMade("not_runnable")
    before: State = call.before.of(call.server_id)
    return Recording(
        recording_id_of(call.key, called.result_sha256),
        call.server_id,
        call.server_digest,
        call.tool,
        call.arguments_json,
        before,
        called.state_after,
        called.result_json,
        called.result_sha256,
        called.is_error,
        called.effect,
        path_mode=called.path_mode,
        origin=Origin.LIVE,
        too_large=called.too_large,
        result_length=called.result_length,
        change_json=called.change_json,
    )


def _size(folder: Path) -> int:
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                # Blocks, not lengths: a sparse file of a terabyte fills no disk.
                total += (Path(base) / name).lstat().st_blocks * 512
    return total
