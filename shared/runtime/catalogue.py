"""A projection of `tool-catalogue`: the tools of servers whose crawl has ended, and the worlds."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from shared.model.catalogue import CatalogueEntry, ServerRecord, ToolRecord, WorldRecord
from shared.model.errors import Unavailable
from shared.runtime.streaming.reader import Follower

TOPIC = "tool-catalogue"
RETRY_SECONDS = 1.0


@dataclass(slots=True)
class Catalogue:
    """What is known so far; a tool counts only once its server's terminal record names it.

    So every reader that knows a tool knows the same behaviour class of it, however far it has read.
    """

    learn: Callable[[ToolRecord], None] = lambda record: None
    """Told of every tool as it becomes known."""
    _listed: dict[str, ToolRecord] = field(default_factory=dict)
    _tools: dict[str, ToolRecord] = field(default_factory=dict)
    _servers: dict[str, ServerRecord] = field(default_factory=dict)
    _worlds: dict[str, WorldRecord] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _follower: Follower | None = None

    def apply(self, entry: CatalogueEntry) -> None:
        """Take one record."""
        if isinstance(entry, ToolRecord):
            self._listed[entry.tool_id] = entry
        elif isinstance(entry, WorldRecord):
            self._worlds[entry.world_digest] = entry
        elif isinstance(entry, ServerRecord):
            self._servers[entry.server_id] = entry
            for tool_id in entry.tool_ids:
                if tool_id in self._listed:
                    self._tools[tool_id] = self._listed[tool_id]
                    self.learn(self._listed[tool_id])
        # A new event for each change: waiters of the old one are woken, later ones wait for the next.
        self._changed.set()
        self._changed = asyncio.Event()

    def is_ready(self) -> bool:
        """Say whether everything that was there at the start has been read."""
        return self._follower is not None and self._follower.is_caught_up()

    def servers(self) -> Mapping[str, ServerRecord]:
        """Return the newest terminal record of each server."""
        return dict(self._servers)

    def listed_tools(self) -> tuple[ToolRecord, ...]:
        """Return the tools that the newest records of ready servers name, by id."""
        named = {tool_id for server in self._servers.values() for tool_id in server.tool_ids}
        return tuple(self._tools[tool_id] for tool_id in sorted(named & self._tools.keys()))

    def frozen_now(self, world_digest: str) -> str:
        """Return a world's instant; empty for one that has none of ours."""
        world = self._worlds.get(world_digest)
        return world.frozen_now if world else ""

    async def tools(self, tool_ids: Iterable[str], world_digest: str, wait_seconds: float) -> Mapping[str, ToolRecord]:
        """Return the tools that are known, waiting a bounded time for those that are not, and for the world.

        Raises:
            Unavailable: the catalogue has not been read to its end.
        """
        wanted, until = set(tool_ids), time.monotonic() + wait_seconds
        while not (wanted <= self._tools.keys() and world_digest in self._worlds) and time.monotonic() < until:
            await self._next_change(until - time.monotonic())
        # Once everything was read, a tool that is missing is an answer, not a reason to wait.
        if not wanted <= self._tools.keys() and not self.is_ready():
            raise Unavailable(f"{TOPIC} has not been read to its end yet")
        return {tool_id: self._tools[tool_id] for tool_id in sorted(wanted & self._tools.keys())}

    async def known(self, server_ids: Iterable[str], wait_seconds: float) -> None:
        """Wait a bounded time until the crawls of these servers are known to have ended.

        Raises:
            Unavailable: the catalogue has not been read to its end.
        """
        wanted, until = set(server_ids), time.monotonic() + wait_seconds
        while not wanted <= self._servers.keys() and time.monotonic() < until:
            await self._next_change(until - time.monotonic())
        if not wanted <= self._servers.keys() and not self.is_ready():
            raise Unavailable(f"{TOPIC} has not been read to its end yet")

    async def _next_change(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    async def follow(self, bootstrap: str, stopping: asyncio.Event) -> None:
        """Apply the topic until told to stop."""
        while not stopping.is_set():
            try:
                async with Follower(bootstrap, [TOPIC]) as self._follower:
                    async for event in self._follower:
                        self.apply(event.record)
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
