"""A projection of `tool-catalogue`: what earlier crawls said, to tell differences from."""

import asyncio
from collections.abc import Mapping

from shared.model.catalogue import CatalogueEntry, ServerRecord, ToolRecord
from shared.model.errors import Unavailable
from shared.runtime.streaming.reader import Follower

_TOPIC = "tool-catalogue"
_RETRY_SECONDS = 1.0


class EarlierCrawls:
    """Knows the tools of each server as of its last crawl that succeeded."""

    def __init__(self) -> None:
        self._tools: dict[str, ToolRecord] = {}
        self._by_server: dict[str, Mapping[str, ToolRecord]] = {}
        self._follower: Follower | None = None

    def tools(self, server_id: str) -> Mapping[str, ToolRecord]:
        """Tools by name; empty when the server was never crawled."""
        return self._by_server.get(server_id, {})

    def apply(self, entry: CatalogueEntry) -> None:
        """Take one record."""
        if isinstance(entry, ToolRecord):
            self._tools[entry.tool_id] = entry
        # A failed crawl names no tools: counted, everything would drift twice for one outage.
        elif isinstance(entry, ServerRecord) and entry.tool_ids:
            known = (self._tools[tool_id] for tool_id in entry.tool_ids if tool_id in self._tools)
            self._by_server[entry.server_id] = {record.name: record for record in known}

    def is_ready(self) -> bool:
        """Whether everything that was there at the start has been read."""
        return self._follower is not None and self._follower.is_caught_up()

    async def follow(self, bootstrap: str, stopping: asyncio.Event) -> None:
        """Apply the topic until told to stop."""
        while not stopping.is_set():
            try:
                async with Follower(bootstrap, [_TOPIC]) as self._follower:
                    async for event in self._follower:
                        self.apply(event.record)
            except Unavailable:
                await asyncio.sleep(_RETRY_SECONDS)
