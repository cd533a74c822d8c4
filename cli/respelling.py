"""Executes the pairs of a spelling rule on real servers until they have proven or refuted it.

What no rule can answer, because the result repeats the path, is made and recorded spelling by spelling.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from services.simulator.adapters import sql_reader
from services.simulator.adapters.live_pool import LivePoolThread
from services.simulator.domain.holding_out import live_call
from services.simulator.domain.ports import Library, LiveCall, Made
from services.simulator.domain.proving import Pair, Trial, Tried, contradicted
from services.simulator.domain.recordings import key_of
from shared.model.calls import Recording
from shared.model.catalogue import Effect
from shared.proof.canonical import parse_canonical
from shared.proof.effects import effect_of

AT_ONCE = 4


class Proof:
    """One pass over the trials of a snapshot; a recorded call is made once, however many spellings it has."""

    def __init__(
        self,
        library: Library,
        pool: LivePoolThread,
        recordings: Sequence[Recording],
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._library, self._pool, self._recordings, self._tell = library, pool, recordings, tell
        self._made: dict[str, asyncio.Task[Made]] = {}

    async def try_out(self, trial: Trial) -> Tried:
        """Execute a rule's pairs, a few at a time, and stop at the first that disagrees."""
        # One world after the other: a copy of a world is warm for the calls that follow.
        waiting = sorted(trial.pairs, key=lambda pair: (pair.recording.state.world, pair.recording.recording_id))
        agreed: list[Pair] = []
        tried = Tried(trial, 0, 0, 0, 0)
        for first in range(0, len(waiting), AT_ONCE):
            some = waiting[first : first + AT_ONCE]
            said = await asyncio.gather(*map(self._agrees, some))
            agreed += [pair for pair, same in zip(some, said, strict=True) if same]
            against = [pair for pair, same in zip(some, said, strict=True) if same is False]
            tried = _counted(trial, agreed, against)
            if against:
                break
        if tried.holds and contradicted(tried, self._recordings, sql_reader.read):
            tried = replace(tried, disagreed=1, example="recorded calls")
        if self._tell:
            name = f"{trial.server_id}/{trial.tool} {trial.place} {trial.rule}"
            self._tell(f"{name}: {tried.agreed} pairs agree, {tried.disagreed} do not")
        return tried

    async def record(self, pairs: Iterable[Pair]) -> list[Recording]:
        """Make other spellings that no rule answers, each once, and return what the server said to them, errors too."""
        known = {key_of(one) for one in self._recordings}
        calls = {call.key: call for pair in pairs if (call := self._respelt(pair)) and call.key not in known}
        room = asyncio.Semaphore(AT_ONCE)

        async def made(call: LiveCall) -> Made:
            async with room:
                return await self._once(call)

        found = await asyncio.gather(*map(made, sorted(calls.values(), key=_in_warm_order)))
        return [one for one in found if isinstance(one, Recording) and one.state == one.state_after]

    def _respelt(self, pair: Pair) -> LiveCall | None:
        """The call in the pair's other spelling; None where it may do more than read."""
        other = replace(live_call(pair.recording, self._library), arguments_json=pair.arguments_json)
        tool = self._library.tool(other.server_digest, other.tool)
        # A comment may make a harmless query look like a statement that writes: such a call is not made at all.
        is_harmless = tool and effect_of(tool.behaviour, parse_canonical(other.arguments_json)) is Effect.READ_ONLY
        return other if is_harmless else None

    async def _agrees(self, pair: Pair) -> bool | None:
        """Whether both spellings end alike; None where that cannot be asked of this pair."""
        call, other = live_call(pair.recording, self._library), self._respelt(pair)
        if other is None:
            return None
        recorded, respelt = await asyncio.gather(self._once(call), self._once(other))
        if not isinstance(recorded, Recording) or recorded.result_sha256 != pair.recording.result_sha256:
            # What the server says today is not what was recorded: nothing follows from this call.
            return None
        if not isinstance(respelt, Recording) or respelt.too_large:
            return None if recorded.too_large else False
        same = (respelt.result_json, respelt.is_error, respelt.state_after)
        return same == (recorded.result_json, recorded.is_error, recorded.state_after)

    async def _once(self, call: LiveCall) -> Made:
        if call.key not in self._made:
            self._made[call.key] = asyncio.ensure_future(self._pool.run(call, lambda made: made))
        return await self._made[call.key]


def _in_warm_order(call: LiveCall) -> tuple[str, str, str, str]:
    """Side by side what runs in one warm copy."""
    return call.opening_world, call.server_id, call.tool, call.arguments_json


def _counted(trial: Trial, agreed: Sequence[Pair], against: Sequence[Pair]) -> Tried:
    calls = {pair.recording.recording_id: pair.recording.result_sha256 for pair in agreed}
    example = against[0].arguments_json if against else ""
    return Tried(trial, len(agreed), len(against), len(calls), len(set(calls.values())), example)
