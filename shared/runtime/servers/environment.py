"""One copy of one world, mounted by the processes of the servers used in it, at one clock.

Calls are made one at a time. A crash is repeated in fresh processes over the rebuilt state, and only the same outcome
each time becomes data: what happened once because the machine was busy is nobody's fact.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.model.calls import State
from shared.model.catalogue import Effect, PathMode
from shared.model.errors import Rejected
from shared.proof.canonical import digest, parse_canonical
from shared.proof.keys import canonical_arguments, next_session
from shared.runtime.servers.clocks import Clock, instant_of
from shared.runtime.servers.effects import Knowledge
from shared.runtime.servers.failures import CallLostError, Crash
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.live_world import LiveWorld
from shared.runtime.servers.outcomes import CalledTool, Outcome, called_tool, crash_outcome, read_outcome
from shared.runtime.servers.processes import ATTEMPTS, Processes
from shared.runtime.servers.session import Session
from shared.runtime.servers.spec import WORKSPACE
from shared.runtime.servers.world_store import WorldStore

_CHAINED = (Effect.SESSION, Effect.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Backing:
    """What every environment of a process shares."""

    worlds: WorldStore
    launcher: Launcher
    knowledge: Knowledge


@dataclass(frozen=True, slots=True)
class _Call:
    server_id: str
    tool: str
    arguments_json: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class _Moved:
    """A call that moved state, kept so that the state can be built again."""

    call: _Call
    outcome: Outcome
    has_moved_world: bool


class Environment:
    """Implements `shared.model.ports.ToolCaller` on live servers."""

    def __init__(self, backing: Backing, world_digest: str, clock: Clock, folder: Path) -> None:
        self.world_digest, self.clock = world_digest, clock
        self._launcher, self._knowledge = backing.launcher, backing.knowledge
        self._world = LiveWorld(backing.worlds, world_digest, folder)
        self._processes = Processes(backing.launcher, self._world.folder, instant_of(self._world.now, clock))
        self._journal: list[_Moved] = []
        self._lock = asyncio.Lock()
        self.is_open = False
        self.used: set[str] = set()
        """Servers that were called since the environment was lent."""

    async def open(self) -> None:
        """Make the live copy, and make it anew where something has written since it was last looked at.

        Raises:
            Rejected: no such world is kept.
            Unavailable: the copy cannot be made.
        """
        # A process that was started ahead of need may write late; whoever borrows next would start in another state.
        if self.is_open and not await self.moved():
            return
        await self._processes.end(self._processes.running)
        await self._world.restore()
        self.is_open = True

    async def moved(self) -> list[str]:
        """Name the files that differ now from how the world starts."""
        return await asyncio.to_thread(self._world.moved)

    async def call_tool(
        self, server_id: str, tool: str, arguments_json: str, *, is_hinted_read_only: bool = False
    ) -> CalledTool:
        """Call one tool; whatever the tool does is data.

        Raises:
            Unavailable: infrastructure is away.
            Rejected: the server cannot serve (`server_failed`), is unknown, gives no steady outcome
                (`unsteady_server`), or is remote and the call is not proven read-only (`remote_not_proven`).
        """
        async with self._lock:
            self.used.add(server_id)
            # Canonical arguments are what is sent, so that the recording's key says exactly what was asked.
            arguments = canonical_arguments(arguments_json, self._knowledge.input_schema_json(server_id, tool))
            effect = self._knowledge.effect(server_id, tool, parse_canonical(arguments))
            self._guard_remote(server_id, effect, is_hinted_read_only)
            return await self._settled(_Call(server_id, tool, arguments, effect))

    def state(self, server_id: str) -> State:
        """The state that a call of this server would start from, as of the last call."""
        return State(self._remote_world(server_id) or self._world.last_digest, self._processes.chain(server_id))

    def warm(self, server_ids: Iterable[str]) -> None:
        """Start processes ahead of their first call."""
        for server_id in server_ids:
            self._processes.get(server_id)

    @property
    def folder(self) -> Path:
        """Where its copy of the world lies."""
        return self._world.folder

    async def session(self, server_id: str) -> Session:
        """The running session of a server, started when it is not.

        Raises:
            Rejected: the server cannot serve.
        """
        return await self._processes.session(server_id)

    @property
    def running(self) -> frozenset[str]:
        """Servers that have a process here."""
        return self._processes.running

    async def settle(self) -> tuple[bool, frozenset[str]]:
        """After a lease: end spoilt processes; say whether this may be lent again, and whose processes were ended."""
        # Looked at again rather than remembered: a process may have written after its last answer.
        if await asyncio.to_thread(self._world.look) != self.world_digest:
            return False, self._processes.running
        spoilt = self._processes.spoilt
        await self._processes.end(spoilt)
        self._journal.clear()
        self.used.clear()
        return True, spoilt

    async def end(self, server_ids: Iterable[str]) -> None:
        """End some processes; the next call of such a server starts a fresh one."""
        await self._processes.end(tuple(server_ids))

    async def aclose(self) -> None:
        """End every process and remove the copy."""
        # Every process, not only the lost one: the others hold files and connections of the world that is put back.
        await self._processes.end(self._processes.running)
        await self._world.remove()

    async def _settled(self, call: _Call) -> CalledTool:
        crashes: list[Crash] = []
        while len(crashes) < ATTEMPTS:
            session = await self._living(call.server_id)
            before = self._look(call.server_id)
            try:
                raw = await session.call(call.tool, self._placed(call))
            except CallLostError as lost:
                crashes.append(lost.crash)
                await self._rebuild(call.server_id, before)
                continue
            return await self._finished(call, before, self._read(call, raw))
        # Once died and once silent is no fact about the tool: load decides between the two.
        if len(set(crashes)) > 1:
            raise Rejected("unsteady_server", f"{call.server_id}.{call.tool}: {', '.join(crashes)} for one call")
        return await self._finished(call, before, crash_outcome(crashes[0]), crashes[0])

    async def _finished(self, call: _Call, before: State, outcome: Outcome, crash: Crash = Crash.NONE) -> CalledTool:
        world = self._look(call.server_id).world
        has_moved = world != before.world
        # What was seen wins over what was believed, except that a session
        # mover stays one: a statement can do both (decision 0003).
        effect = Effect.WORLD if has_moved and call.effect is not Effect.SESSION else call.effect
        self._move_session(_Moved(call, outcome, has_moved))
        after = State(world, self._processes.chain(call.server_id))
        if after != before:
            self._journal.append(_Moved(call, outcome, has_moved))
        return called_tool(
            outcome,
            (before, after),
            path_mode=self._launcher.path_mode(call.server_id),
            arguments_json=call.arguments_json,
            effect=effect,
            server_digest=await self._launcher.server_digest(call.server_id),
            crash=crash,
            change_json=self._world.change() if has_moved else "",
            wrote=self._world.was_written and not self._remote_world(call.server_id),
        )

    def _move_session(self, moved: _Moved) -> None:
        """Chain a call, unless it failed and did nothing; an unproven one spoils its process.

        That an unproven call was seen to move the world does not prove that it left the session alone.
        """
        call, outcome = moved.call, moved.outcome
        process = self._processes.get(call.server_id)
        process.is_dirty |= call.effect in _CHAINED
        if call.effect in _CHAINED and (moved.has_moved_world or not outcome.is_error):
            process.chain = next_session(process.chain, call.tool, call.arguments_json, outcome.sha256)

    async def _living(self, server_id: str) -> Session:
        session = await self._processes.session(server_id)
        if session.is_alive:
            return session
        await self._rebuild(server_id, self.state(server_id))
        return await self._processes.session(server_id)

    async def _rebuild(self, server_id: str, before: State) -> None:
        """Put the state back to `before` after the process of a server was lost."""
        await self._processes.end([server_id])
        # Nothing to build again: the lost process had moved neither the world nor its session.
        if self._look(server_id).world == before.world and not before.session:
            return
        await self._processes.end(self._processes.running)
        await self._world.restore()
        for moved in self._journal:
            await self._replay(moved)
        if self._look(server_id) != before:
            raise Rejected("unsteady_server", f"{server_id}: the state before a crash could not be built again")

    async def _replay(self, moved: _Moved) -> None:
        call = moved.call
        try:
            session = await self._processes.session(call.server_id)
            raw = await session.call(call.tool, self._placed(call))
        except CallLostError as lost:
            raise Rejected("unsteady_server", f"{call.server_id}.{call.tool}: {lost.crash} when repeated") from lost
        if self._read(call, raw) != moved.outcome:
            raise Rejected("unsteady_server", f"{call.server_id}.{call.tool}: another result when repeated")
        self._move_session(moved)

    def _look(self, server_id: str) -> State:
        world = self._remote_world(server_id) or self._world.look()
        return State(world, self._processes.chain(server_id))

    def _remote_world(self, server_id: str) -> str:
        """What stands for the world of a server elsewhere; empty for a server over our copy."""
        if self._launcher.path_mode(server_id) is not PathMode.REMOTE:
            return ""
        return digest({"remote": self._launcher.spec(server_id).identity()})

    def _guard_remote(self, server_id: str, effect: Effect, is_hinted_read_only: bool) -> None:
        is_remote = self._launcher.path_mode(server_id) is PathMode.REMOTE
        allowed = effect is Effect.READ_ONLY or is_hinted_read_only or self._launcher.spec(server_id).allow_writes
        if is_remote and not allowed:
            raise Rejected("remote_not_proven", f"{server_id}: only calls proven read-only are made on remote servers")

    def _is_mapped(self, server_id: str) -> bool:
        return self._launcher.path_mode(server_id) is PathMode.MAPPED

    def _placed(self, call: _Call) -> Any:
        text = call.arguments_json
        if self._is_mapped(call.server_id):
            # Where nothing can be mounted, paths are mapped on the way
            # in and out; such recordings carry their own path mode.
            text = text.replace(WORKSPACE, str(self._world.folder))
        return parse_canonical(text)

    def _read(self, call: _Call, raw: Any) -> Outcome:
        if self._is_mapped(call.server_id):
            return read_outcome(raw, str(self._world.folder), WORKSPACE)
        return read_outcome(raw)
