"""The simulator over gRPC: free episodes on the live store, one per replay."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import grpc
from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import simulator_service_pb2_grpc as simulator_grpc

from services.verifier.domain.replaying import Episode, Replayed
from shared.model.errors import Rejected, Unavailable
from shared.model.tasks import ReferenceCall
from shared.proof.canonical import parse, parse_canonical
from shared.proof.plain import plain_json
from shared.proof.results import canonical_result
from shared.runtime.rpc import answer

# The live store follows the topics: what it lacks now may be there in a moment.
_NOT_HERE_YET = ("unknown_server", "overloaded", "no_live_store", "unknown_episode", "episode_expired")
"""Refusals that say something about the simulator now, nothing about the task."""


class SimulatorClient:
    """Implements `Simulator`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = simulator_grpc.SimulatorServiceStub(channel)  # type: ignore[no-untyped-call]  # generated

    def episode(self, server_ids: Sequence[str], world_digest: str) -> AbstractAsyncContextManager[Episode]:
        """See `Simulator`."""
        return self._episode(server_ids, world_digest)

    @asynccontextmanager
    async def _episode(self, server_ids: Sequence[str], world_digest: str) -> AsyncIterator[Episode]:
        # No request id: a retry must not get the old episode, whose calls would repeat their first misses.
        request = pb.CreateEpisodeRequest(
            server_ids=server_ids, world_digest=world_digest, allowed_tiers=[pb.TIER_EXACT], live_store=True
        )
        try:
            opened: pb.CreateEpisodeResponse = await answer(self._stub.CreateEpisode(request))
        except Rejected as error:
            raise _as_ours(error) from error
        names = {(tool.server_id, tool.original_name): tool.name for tool in opened.tools}
        try:
            yield SimulatorEpisode(self._stub, opened.episode_id, names)
        finally:
            # One that cannot be closed expires.
            with suppress(Unavailable, Rejected):
                await answer(self._stub.CloseEpisode(pb.CloseEpisodeRequest(episode_id=opened.episode_id)))


class SimulatorEpisode:
    """Implements `Episode`."""

    def __init__(
        self, stub: simulator_grpc.SimulatorServiceStub, episode_id: str, names: Mapping[tuple[str, str], str]
    ) -> None:
        self._stub, self._episode_id, self._names = stub, episode_id, names

    async def call(self, call: ReferenceCall) -> Replayed:
        """See `Episode`."""
        request = pb.CallToolRequest(
            episode_id=self._episode_id,
            call_id=call.call_id,
            tool_name=self._names.get((call.server_id, call.tool), call.tool),
            arguments_json=plain_json(parse_canonical(call.arguments_json)),
            # So that a recording still on its way is told from one that was made in another state.
            expected_recording_id=call.recording_id,
        )
        try:
            said: pb.CallToolResponse = await answer(self._stub.CallTool(request))
        except Rejected as error:
            raise _as_ours(error) from error
        tier = pb.Tier.Name(said.tier).removeprefix("TIER_").lower()
        return Replayed(tier, said.error_code, said.recording_id, _canonical(said))

    async def left(self) -> str:
        """See `Episode`."""
        try:
            said: pb.GetEpisodeResponse = await answer(
                self._stub.GetEpisode(pb.GetEpisodeRequest(episode_id=self._episode_id))
            )
        except Rejected as error:
            raise _as_ours(error) from error
        return said.end_state_json


def _canonical(said: pb.CallToolResponse) -> str:
    content = parse(said.content_json or "[]")
    structured = parse(said.structured_content_json) if said.structured_content_json else None
    return canonical_result(content, structured, said.is_error)


def _as_ours(error: Rejected) -> Exception:
    return Unavailable(f"the simulator is not ready: {error}") if error.reason in _NOT_HERE_YET else error
