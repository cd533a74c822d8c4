"""The `nearest` tier: for a call that nobody recorded, the recorded answer of a call that is alike, labelled as such.

It stands behind every other tier and never moves a state. A tool has it only where held-out calls showed that such
answers hold (`fidelity`), only within the distance measured there, and only in episodes that ask for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from services.simulator.domain.likeness import Index, LexicalIndex, Neighbour
from services.simulator.domain.ports import Library
from services.simulator.domain.recordings import key_of
from services.simulator.domain.replaying import NOT_RECORDED, Played, Reply, Tier
from services.simulator.domain.situation import Situation
from services.simulator.domain.toolbox import BoundTool
from shared.model.calls import Recording, Stability, State
from shared.model.catalogue import Effect, PathMode
from shared.proof.canonical import parse_canonical
from shared.proof.effects import effect_of

ToolKey = tuple[str, str]
"""Server digest and tool."""
Corner = tuple[str, str, PathMode, State]
"""Where calls are comparable: server digest, tool, path mode and state."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The farthest neighbour that may answer, per tool; measured on one snapshot, so they hold for that one."""

    snapshot_id: str
    tools: Mapping[ToolKey, float]


class Nearest:
    """Finds neighbours among the recordings of one snapshot."""

    def __init__(self, recordings: Iterable[Recording], thresholds: Mapping[ToolKey, float]) -> None:
        """Index the tools that have a threshold."""
        self._thresholds = thresholds
        chosen = (one for one in recordings if (one.server_digest, one.tool) in thresholds)
        self._corners = indexed(servable(chosen))

    def find(self, tool: BoundTool, arguments_json: str, state: State) -> Neighbour | None:
        """Return the neighbour that may answer; None when the tool has none near enough."""
        index = self._corners.get((tool.server_digest, tool.name, tool.path_mode, state))
        found = index.nearest(arguments_json) if index else None
        limit = self._thresholds.get((tool.server_digest, tool.name), -1.0)
        return found if found and found.distance <= limit else None


def approximated(played: Played, tool: BoundTool, before: Situation, library: Library, nearest: Nearest) -> Played:
    """Answer a miss by its nearest neighbour where that is allowed, else leave it a miss."""
    reply = played.reply
    if reply.tier is not Tier.MISS or reply.error_code != NOT_RECORDED or not _is_harmless(played, tool, library):
        return played
    # The state before the call: where it was missed is where a neighbour must have answered.
    neighbour = nearest.find(tool, played.arguments_json, before.of(tool.server_id))
    # Through the library, which checks a row before it is served.
    found = library.recording(neighbour.recording_id) if neighbour else None
    if found is None or neighbour is None:
        return played
    answer = Reply(
        Tier.NEAREST,
        found.result_json,
        found.is_error,
        found.recording_id,
        distance=neighbour.distance,
        reason=reply.reason,
    )
    return replace(played, reply=answer)


def servable(recordings: Iterable[Recording]) -> list[Recording]:
    """Choose the recordings that answer their own key: complete, repeatable, and alone there."""
    by_key: dict[tuple[str, PathMode], list[Recording]] = defaultdict(list)
    for one in recordings:
        by_key[key_of(one), one.path_mode].append(one)
    alone = (found[0] for found in by_key.values() if len(found) == 1)
    return [one for one in alone if not one.too_large and one.stability is not Stability.UNSTABLE]


def indexed(recordings: Iterable[Recording]) -> Mapping[Corner, Index]:
    """Index recordings by where they are comparable."""
    corners: dict[Corner, list[tuple[str, str]]] = defaultdict(list)
    for one in recordings:
        corner = (one.server_digest, one.tool, one.path_mode, one.state)
        corners[corner].append((one.recording_id, one.arguments_json))
    return {corner: LexicalIndex(calls) for corner, calls in corners.items()}


def _is_harmless(played: Played, tool: BoundTool, library: Library) -> bool:
    """Whether the call only reads: the answer to a write that was not made would be a lie about the state."""
    moves = library.moves(tool.server_digest, tool.name)
    effect = effect_of(tool.behaviour, parse_canonical(played.arguments_json))
    return effect is Effect.READ_ONLY and not (moves.world or moves.session)
