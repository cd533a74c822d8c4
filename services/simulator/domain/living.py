"""What a call answers where recordings do not know: the overlay's first answer, else the real server's.

The first answer of a key is kept before anybody sees it, so every rollout sees the same bytes ever after.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from services.simulator.domain.ports import Library, LiveCall, LivePool, Made, NotMade, Overlay
from services.simulator.domain.replaying import Played, Reply, Tier, miss_reply, replay
from services.simulator.domain.situation import Situation, Step
from services.simulator.domain.toolbox import BoundTool
from shared.proof.canonical import parse_canonical
from shared.proof.effects import effect_of

TOO_LARGE = "result_too_large"
_FINAL = ("unknown_state", TOO_LARGE)
"""Misses that running the call would not cure."""


@dataclass(frozen=True, slots=True)
class History:
    """Where an episode stands, where it started and what moved it."""

    situation: Situation
    opening_world: str
    steps: tuple[Step, ...] = ()


class Live:
    """The live tier of one snapshot: its overlay and its pool."""

    def __init__(self, overlay: Overlay, pool: LivePool) -> None:
        self.overlay, self._pool = overlay, pool

    @property
    def in_flight(self) -> int:
        """Live calls waiting or running."""
        return self._pool.in_flight

    async def make(self, call: LiveCall) -> Made:
        """Answer a call from the overlay, else by making it.

        Raises:
            Rejected: too many live calls are waiting (`overloaded`).
            Unavailable: the server cannot be started now.
        """
        # The overlay before the pool: its answer is the answer, also where the server would give another today.
        kept = self.overlay.find(call.key, call.path_mode)
        if kept is not None:
            return kept
        return await self._pool.run(call, partial(self.overlay.keep, call.key, call.path_mode))


async def answer(
    tool: BoundTool,
    arguments_json: str,
    history: History,
    library: Library,
    tiers: Sequence[Tier],
    live: Live | None = None,
) -> Played:
    """Answer one call from recordings, else live where the snapshot can run; raises as `Live.make`."""
    situation = history.situation
    played = replay(tool, arguments_json, situation, library, tiers)
    # In an unknown state there is nothing to build an environment from.
    is_miss = played.reply.tier is Tier.MISS and played.reply.error_code not in _FINAL
    if live is None or Tier.LIVE not in tiers or not is_miss or situation.is_lost:
        return played
    made = await live.make(_call(tool, played.arguments_json, history))
    if isinstance(made, NotMade):
        return replace(played, reply=replace(played.reply, reason=made.reason))
    after = situation.after(tool.server_id, made.state_after)
    if made.too_large:
        return Played(miss_reply(TOO_LARGE), after, played.arguments_json, made.change_json)
    why = played.reply.error_code
    reply = Reply(Tier.LIVE, made.result_json, made.is_error, made.recording_id, reason=why)
    return Played(reply, after, played.arguments_json, made.change_json)


def _call(tool: BoundTool, arguments_json: str, history: History) -> LiveCall:
    return LiveCall(
        history.opening_world,
        history.steps,
        history.situation,
        tool.server_id,
        tool.server_digest,
        tool.name,
        arguments_json,
        effect_of(tool.behaviour, parse_canonical(arguments_json)),
        tool.path_mode,
    )
