"""The catalogue as read so far: which servers are settled, which tools and worlds there are."""

from collections.abc import Iterable

from shared.model.catalogue import CatalogueEntry, CrawlOutcome, ServerRecord, ToolRecord, WorldRecord
from shared.proof.canonical import digest


class Catalogue:
    """The newest record of each server, tool and world."""

    def __init__(self, expected_servers: Iterable[str], expected_worlds: Iterable[str] = ()) -> None:
        """`expected_worlds` empty: one world at least is expected."""
        self._expected = frozenset(expected_servers)
        self._expected_worlds = frozenset(expected_worlds)
        self._servers: dict[str, ServerRecord] = {}
        self._tools: dict[str, ToolRecord] = {}
        self._worlds: set[str] = set()

    def apply(self, record: CatalogueEntry) -> None:
        """Take in one record; a later one replaces an earlier one."""
        if isinstance(record, ServerRecord):
            self._servers[record.server_id] = record
        elif isinstance(record, ToolRecord):
            self._tools[record.tool_id] = record
        elif isinstance(record, WorldRecord):
            self._worlds.add(record.world_digest)

    def is_settled(self) -> bool:
        """Tell whether every expected server ended its crawl and every expected world was looked at."""
        return self._expected <= self._servers.keys() and self._has_worlds()

    def settled_share(self) -> float:
        """Return the share of expected servers whose crawl has ended."""
        return len(self._expected & self._servers.keys()) / len(self._expected) if self._expected else 1.0

    def has_a_server(self) -> bool:
        """Tell whether a first cut could hold anything: one server is ready, with its tools, and a world."""
        return bool(self.tools()) and self._has_worlds()

    def tools(self) -> tuple[ToolRecord, ...]:
        """List the tools of ready servers that are expected, as their newest server records name them, by id."""
        # A server that failed keeps its older tool records in the compacted topic; they cannot be called.
        ready = [one for one in self._servers.values() if self._counts(one)]
        named = {tool_id for server in ready for tool_id in server.tool_ids}
        return tuple(self._tools[tool_id] for tool_id in sorted(named & self._tools.keys()))

    def world_digests(self) -> tuple[str, ...]:
        """List the worlds looked at."""
        return tuple(sorted(self._worlds & self._expected_worlds if self._expected_worlds else self._worlds))

    def digest(self) -> str:
        """Digest what a cut depends on: tools with their behaviour, and worlds."""
        tools = [[tool.tool_id, tool.server_id, *_behaviour(tool)] for tool in self.tools()]
        return digest([tools, list(self.world_digests())])

    def _counts(self, server: ServerRecord) -> bool:
        return server.outcome is CrawlOutcome.READY and (not self._expected or server.server_id in self._expected)

    def _has_worlds(self) -> bool:
        return self._expected_worlds <= self._worlds if self._expected_worlds else bool(self._worlds)


def _behaviour(tool: ToolRecord) -> list[str | bool]:
    return [str(tool.behaviour.effect), str(tool.behaviour.variation), tool.behaviour.pure]
