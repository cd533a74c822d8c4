"""The reference DAG in the simulator: every call must be answered by exactly its recording."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from services.verifier.domain.case import Refusal
from services.verifier.domain.gates import LEFT, REPLAY
from shared.model.errors import Unavailable
from shared.model.tasks import ReferenceCall, Task
from shared.proof.canonical import sha256_text

EXACT, MISS = "exact", "miss"
NOT_RECORDED = "not_recorded"
"""Miss code of a call whose recording the simulator does not have (yet)."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the simulator said to one call."""

    tier: str
    error_code: str
    recording_id: str
    result_json: str
    """Canonical."""


class Episode(Protocol):
    """One open episode over the live store."""

    async def call(self, call: ReferenceCall) -> Replayed:
        """Make one reference call.

        Raises:
            Unavailable: the simulator is away.
        """

    async def left(self) -> str:
        """Say what the calls made of the world (`shared.proof.end_state`); empty: unknown. Raises as `call`."""


class Simulator(Protocol):
    """Where references are replayed."""

    def episode(self, server_ids: Sequence[str], world_digest: str) -> AbstractAsyncContextManager[Episode]:
        """Open a free episode; raises Unavailable when the simulator is away or does not know a server yet."""


async def replay(simulator: Simulator, task: Task) -> dict[str, str] | Refusal:
    """Replay the reference and return the canonical results by call id, or why it does not replay.

    Raises:
        Unavailable: the simulator is away, or has not taken in a recording yet; never a refusal.
    """
    results: dict[str, str] = {}
    servers = sorted({call.server_id for call in task.reference})
    async with simulator.episode(servers, task.world_digest) as episode:
        for call in task.reference:
            said = await episode.call(call)
            # The recording travels on another topic and may be later
            # than the draft; waiting cures that, a refusal would not.
            if said.tier == MISS and said.error_code == NOT_RECORDED:
                raise Unavailable(f"the simulator has not taken in {call.recording_id} yet")
            if problem := _problem(call, said):
                return Refusal(REPLAY, f"call {call.call_id} ({call.tool}): {problem}")
            results[call.call_id] = said.result_json
        # What is asked for is what the reference leaves where agents are graded, not what the draft says of it.
        if task.end_state_json and (left := await episode.left()) != task.end_state_json:
            return Refusal(LEFT, f"the reference leaves {left[:120] or 'nobody knows what'}, the task says otherwise")
    return results


def _problem(call: ReferenceCall, said: Replayed) -> str:
    if said.tier != EXACT:
        return f"answered {said.tier} {said.error_code}".strip()
    # Even with the same bytes: another key answered, so another state was reached.
    if said.recording_id != call.recording_id:
        return f"answered by recording {said.recording_id}, not by {call.recording_id}"
    if sha256_text(said.result_json) != call.result_sha256:
        return "the answer's bytes are not those of the reference"
    return ""
