"""A second, fuller try to prove harmless what the crawl could not: unproven, a missed call of it loses the state.

The crawl makes two calls of a tool at most, so that a run starts soon; here a snapshot's own servers are asked again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from cli.paths.around import latest_tools, listed, offered
from services.crawler.adapters.benches import Servers
from services.crawler.domain.probing import Budget, Probing
from services.crawler.domain.verbs import promises_change
from services.simulator.domain.snapshots import Content
from shared.model.catalogue import Behaviour, Effect, ToolRecord, Variation, WorldRecord

ATTEMPTS = 6


def unproven(content: Content, server_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Names of the tools, by server, that tasks offer and of which no call succeeded so far.

    A name that promises a change is left out: nothing that it does not do would prove it harmless.
    """
    tools = latest_tools(content)
    wanted = {
        server_id: frozenset(tool.name for tool in tools.get(server_id, ()) if tool.name in names and _is_open(tool))
        for server_id, names in offered(content).items()
        if server_id in server_ids
    }
    return {server_id: names for server_id, names in sorted(wanted.items()) if names}


async def reproven(
    content: Content, world: WorldRecord, servers: Servers, server_ids: Collection[str]
) -> tuple[ToolRecord, ...]:
    """Probe what is unproven of some servers; returns the tools that are proven to be read-only now.

    Raises:
        Rejected: a server cannot be installed or listed.
        Unavailable: infrastructure is away.
    """
    found: list[ToolRecord] = []
    tools = latest_tools(content)
    for server_id, names in unproven(content, server_ids).items():
        facts = await servers.facts(server_id)
        workshop = servers.workshop(facts, world.world_digest)
        mentions_world = servers.mentions_world(server_id)
        probed = await Probing(world, mentions_world, Budget(attempts=ATTEMPTS), workshop, names).run()
        found += _read_only(tools[server_id], {name: probed.behaviour(name) for name in names & probed.trials.keys()})
    return tuple(found)


def put_in(tools: Sequence[ToolRecord], proven: Sequence[ToolRecord]) -> tuple[ToolRecord, ...]:
    """Put tools in the place of the same tools as they were known before."""
    known = {(tool.server_digest, tool.name): tool for tool in proven}
    return tuple(known.get((tool.server_digest, tool.name), tool) for tool in tools)


def _is_open(tool: ToolRecord) -> bool:
    behaviour = tool.behaviour
    is_unseen = (behaviour.effect, behaviour.variation) == (Effect.UNKNOWN, Variation.UNKNOWN)
    return is_unseen and not promises_change(listed(tool))


def _read_only(tools: Sequence[ToolRecord], found: Mapping[str, Behaviour]) -> list[ToolRecord]:
    return [
        replace(tool, behaviour=behaviour)
        for tool in tools
        if (behaviour := found.get(tool.name)) and behaviour.effect is Effect.READ_ONLY
    ]
