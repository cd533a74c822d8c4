"""Which misses are worth a real call: a request that the explorer can fill without knowing the episode."""

from typing import Protocol

from services.simulator.domain.episodes import Episode
from services.simulator.domain.ports import Library
from services.simulator.domain.replaying import NOT_RECORDED, Played, Tier
from services.simulator.domain.situation import Situation
from services.simulator.domain.toolbox import BoundTool
from shared.model.calls import State
from shared.model.catalogue import Effect, PathMode
from shared.model.sub_dags import ExplorationRequest
from shared.proof.canonical import parse_canonical
from shared.proof.effects import effect_of
from shared.proof.identity import identifier

MISS = "miss"
LONGEST = 16_384
"""Characters of arguments; longer ones are no question anybody asks twice."""


class Requests(Protocol):
    """Where requests go."""

    def offer(self, tool_id: str, request: ExplorationRequest) -> None:
        """Take a request, or forget it: asked before, over the budget. Never waits."""


def ask_for(played: Played, tool: BoundTool, episode: Episode, library: Library, requests: Requests) -> None:
    """Offer the call of a miss; `episode` as it was before the call."""
    known = library.tool(tool.server_digest, tool.name)
    request = request_of(played, tool, episode.situation, episode.opening_world, library)
    if known and request:
        requests.offer(known.tool_id, request)


def request_of(
    played: Played, tool: BoundTool, before: Situation, opening_world: str, library: Library
) -> ExplorationRequest | None:
    """Ask for the call of a miss; None where nobody should make it.

    Only a read in the world's first state: the explorer starts there, and a policy under training must not have it
    write, least of all on a server that is not in a sandbox. A neighbour's answer is still a miss.
    """
    reply, arguments = played.reply, played.arguments_json
    missed = reply.tier in (Tier.MISS, Tier.NEAREST) and NOT_RECORDED in (reply.error_code, reply.reason)
    if not missed or len(arguments) > LONGEST or tool.path_mode is PathMode.REMOTE:
        return None
    # Seen is stronger than proven: a tool probed as a reader that once moved something is no reader.
    moves = library.moves(tool.server_digest, tool.name)
    effect = effect_of(tool.behaviour, parse_canonical(arguments))
    reads = effect is Effect.READ_ONLY and not (moves.world or moves.session)
    if not reads or before.of(tool.server_id) != State(opening_world):
        return None
    # The server's digest is in the name: a new version of a server may be asked the same again.
    name = identifier("req", [tool.server_digest, tool.name, arguments, opening_world])
    return ExplorationRequest(name, tool.server_id, tool.name, arguments, opening_world, MISS)
