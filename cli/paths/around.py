"""Calls by which anybody looks around: each place of a world, by every tool that only reads and asks for nothing else.

Made of schemas and of what lies in the world, never of solutions: what is held out stays held out.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.crawler.domain.arguments import look_arounds, surroundings
from services.crawler.domain.ports import ListedTool
from services.simulator.domain.arguments import check_arguments
from services.simulator.domain.ports import LiveCall
from services.simulator.domain.situation import Situation
from services.simulator.domain.snapshots import Content
from shared.model.catalogue import Effect, PathMode, ToolRecord, WorldRecord
from shared.proof.canonical import parse_canonical
from shared.proof.keys import canonical_arguments

MOST = 100
"""Places that one tool is asked about in one world; the plainest come first."""


@dataclass(frozen=True, slots=True)
class Look:
    """One such call, and the kind of place that it asks about."""

    call: LiveCall
    kind: str

    @property
    def group(self) -> tuple[str, str, str, str]:
        """What fails together: a tool that cannot read one workbook reads none."""
        return (self.call.opening_world, self.call.server_id, self.call.tool, self.kind)


def looks(content: Content, worlds: Sequence[WorldRecord]) -> tuple[Look, ...]:
    """List the looks around worlds by the tools that a task offers there."""
    modes = {server.server_id: server.path_mode for server in content.servers}
    by_server = latest_tools(content)
    return tuple(
        look
        for world in worlds
        for server_id, names in sorted(offered(content, world.world_digest).items())
        for look in _looks(world, by_server.get(server_id, ()), names, modes.get(server_id, PathMode.MOUNTED))
    )


def latest_tools(content: Content) -> Mapping[str, Sequence[ToolRecord]]:
    """Group the tools of the servers as they were crawled last."""
    latest = {server.server_id: server.server_digest for server in content.servers}
    found: defaultdict[str, list[ToolRecord]] = defaultdict(list)
    for tool in content.tools:
        if tool.server_digest == latest.get(tool.server_id):
            found[tool.server_id].append(tool)
    return found


def offered(content: Content, world_digest: str = "") -> Mapping[str, frozenset[str]]:
    """Names of the tools that the tasks of a world, by default of any, offer, by server."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one in content.tasks:
        if world_digest in ("", one.task.world_digest):
            for tool in one.task.tools:
                found[tool.server_id].add(tool.name)
    return {server_id: frozenset(names) for server_id, names in found.items()}


def listed(tool: ToolRecord) -> ListedTool:
    """The tool as its server lists it."""
    return ListedTool(tool.name, tool.description, tool.input_schema_json, tool.title)


def _looks(world: WorldRecord, tools: Sequence[ToolRecord], names: frozenset[str], mode: PathMode) -> Iterator[Look]:
    around = surroundings(tuple(map(listed, tools)), world)
    for tool in tools:
        if tool.name in names and tool.behaviour.effect is Effect.READ_ONLY:
            for kind, arguments in look_arounds(listed(tool), around)[:MOST]:
                if not check_arguments(parse_canonical(arguments), tool.input_schema_json):
                    yield Look(_call(world.world_digest, tool, arguments, mode), kind)


def _call(world: str, tool: ToolRecord, arguments_json: str, mode: PathMode) -> LiveCall:
    arguments = canonical_arguments(arguments_json, tool.input_schema_json)
    before, digest = Situation(world), tool.server_digest
    return LiveCall(world, (), before, tool.server_id, digest, tool.name, arguments, Effect.READ_ONLY, mode)
