"""Benches over sandboxed servers: each an environment of its own, closed when the bench is."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from services.crawler.domain.ports import Called, ListedServer, ListedTool
from services.crawler.domain.records import ServerFacts
from shared.model.catalogue import FailureClass, ToolRecord
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.effects import Knowledge
from shared.runtime.servers.environment import Backing, Environment
from shared.runtime.servers.failures import StartFailed
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.leftovers import own_folder
from shared.runtime.servers.spec import WORKSPACE
from shared.runtime.servers.world_store import WorldStore


class Servers:
    """The servers of one file, ready to be probed."""

    def __init__(self, launcher: Launcher, worlds: WorldStore, scratch: Path) -> None:
        self._launcher, self.worlds = launcher, worlds
        self._folder = own_folder(scratch.absolute() / "benches")
        self._numbers = count()

    async def facts(self, server_id: str) -> ServerFacts:
        """Install the server and say what is known of it.

        Raises:
            Rejected: it is unknown or cannot be installed.
        """
        installed = await self._launcher.install(server_id)
        return ServerFacts(
            server_id,
            await self._launcher.server_digest(server_id),
            # A remote server is named by its address, without a query that may hold a key.
            installed.source if installed else self._launcher.spec(server_id).url.split("?")[0],
            installed.licence if installed else "",
            self._launcher.path_mode(server_id),
        )

    def mentions_world(self, server_id: str) -> bool:
        """Whether the launch spec itself names the workspace."""
        spec = self._launcher.spec(server_id)
        return any(WORKSPACE in text for text in (*spec.args, *(value for _, value in spec.env)))

    def workshop(self, facts: ServerFacts, world_digest: str) -> "ServerWorkshop":
        """Benches for one server in one world."""
        folder = self._folder / f"{facts.server_id}-{next(self._numbers)}"
        return ServerWorkshop(self._launcher, self.worlds, facts, world_digest, folder)


class ServerWorkshop:
    """Implements `Workshop`."""

    def __init__(
        self, launcher: Launcher, worlds: WorldStore, facts: ServerFacts, world_digest: str, folder: Path
    ) -> None:
        self._launcher, self._worlds, self._facts, self._folder = launcher, worlds, facts, folder
        self._world_digest = world_digest
        self._knowledge = Knowledge()
        self._numbers = count()
        self._began = time.monotonic()

    def elapsed(self) -> float:
        """See `Workshop`."""
        return time.monotonic() - self._began

    @asynccontextmanager
    async def bench(self, *, is_later: bool = False, is_empty: bool = False) -> AsyncIterator["ServerBench"]:
        """See `Workshop`."""
        # Empty, but at the same instant: the clock must not be what differs.
        world = self._worlds.empty(self._worlds.now(self._world_digest)) if is_empty else self._world_digest
        backing = Backing(self._worlds, self._launcher, self._knowledge)
        clock = Clock.MOVED_ON if is_later else Clock.FROZEN
        environment = Environment(backing, world, clock, self._folder / str(next(self._numbers)))
        try:
            await environment.open()
            yield ServerBench(environment, self._facts, self._knowledge)
        finally:
            await environment.aclose()


class ServerBench:
    """Implements `Bench`."""

    def __init__(self, environment: Environment, facts: ServerFacts, knowledge: Knowledge) -> None:
        self._environment, self._facts, self._knowledge = environment, facts, knowledge

    async def list_tools(self) -> ListedServer:
        """See `Bench`; schemas are learned, so that defaults are applied as they will be later."""
        session = await self._environment.session(self._facts.server_id)
        listing = await session.list_tools()
        if moved := await self._environment.moved():
            text = f"starting it writes {', '.join(moved[:3])} into the world: let its launch spec put that elsewhere"
            raise StartFailed(FailureClass.MOVES_WORLD, text)
        tools = tuple(
            ListedTool(
                tool.name,
                tool.description,
                tool.input_schema_json,
                tool.title,
                tool.output_schema_json,
                tool.annotations_json,
            )
            for tool in listing.tools
        )
        for tool in tools:
            self._knowledge.learn(self._record(tool))
        return ListedServer(tools, listing.defects, session.protocol_version, session.server_version)

    async def call(self, tool: ListedTool, arguments_json: str) -> Called:
        """See `Bench`; what a remote server's tool hints decides whether it may be tried at all."""
        return await self._environment.call_tool(
            self._facts.server_id, tool.name, arguments_json, is_hinted_read_only=_is_hinted_read_only(tool)
        )

    def _record(self, tool: ListedTool) -> ToolRecord:
        return ToolRecord(
            "", self._facts.server_id, self._facts.server_digest, tool.name, tool.description, tool.input_schema_json
        )


def _is_hinted_read_only(tool: ListedTool) -> bool:
    return bool(tool.annotations_json) and json.loads(tool.annotations_json).get("readOnlyHint") is True
