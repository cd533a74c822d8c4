"""The episodes' gRPC shell: messages in, domain calls, messages out."""
# ruff: noqa: N802 - gRPC names the methods

from collections.abc import Callable
from importlib import metadata

from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import simulator_service_pb2_grpc as simulator_grpc

from services.simulator.domain import turns
from services.simulator.domain.episodes import EpisodePlan, left_behind
from services.simulator.domain.replaying import DEFAULT_TIERS
from services.simulator.domain.scoring import EXPLANATIONS
from services.simulator.domain.simulating import Answer, Simulator, Wanted
from services.simulator.server import messages
from services.simulator.server.refusing import Context, guarded
from services.simulator.settings import Settings
from shared.model.errors import Rejected
from shared.proof.reward import CHECKER_VERSION


class EpisodeDoors(simulator_grpc.SimulatorServiceServicer):
    """Answers `SimulatorService`."""

    simulator: Simulator
    settings: Settings
    in_flight: int
    mcp_base_url: Callable[[], str]

    @guarded
    async def CreateEpisode(self, request: pb.CreateEpisodeRequest, context: Context) -> pb.CreateEpisodeResponse:
        """Open an episode."""
        plan = EpisodePlan(
            request.task_id,
            tuple(sorted(set(request.server_ids))),
            request.world_digest,
            request.seed,
            tuple(messages.tier(number) for number in request.allowed_tiers) or DEFAULT_TIERS,
        )
        wanted = Wanted(plan, request.request_id, request.snapshot_id, request.live_store)
        return messages.opened(await self.simulator.create(wanted), self.mcp_base_url())

    @guarded
    async def call_tool_written(self, request: pb.CallToolRequest, context: Context) -> bytes:
        """Answer `CallTool`, in the bytes of its message: `register` puts it in that method's place."""
        return messages.written(await self._call(request))

    @guarded
    async def BatchCallTools(self, request: pb.BatchCallToolsRequest, context: Context) -> pb.BatchCallToolsResponse:
        """Answer several calls, one after the other."""
        # One episode's calls are ordered; several in one request would wait for each other for no reason.
        if len({call.episode_id for call in request.calls}) > 1:
            raise Rejected("bad_request", "a batch belongs to one episode")
        # One after the other: the second call starts in the state that the first one leaves.
        return pb.BatchCallToolsResponse(
            responses=[messages.answered(await self._call(call)) for call in request.calls]
        )

    @guarded
    async def GetEpisode(self, request: pb.GetEpisodeRequest, context: Context) -> pb.GetEpisodeResponse:
        """Describe an episode."""
        episode = await self.simulator.get(request.episode_id)
        return pb.GetEpisodeResponse(
            episode_id=episode.episode_id,
            task_id=episode.task_id,
            calls=len(episode.calls),
            tiers=messages.tiers(episode),
            world_digest=episode.situation.world,
            closed=episode.closed,
            expire_time=messages.time(episode.expires_at),
            snapshot_id=episode.snapshot_id,
            end_state_json=left_behind(episode),
        )

    @guarded
    async def ForkEpisode(self, request: pb.ForkEpisodeRequest, context: Context) -> pb.ForkEpisodeResponse:
        """Copy an episode."""
        episode = await self.simulator.fork(request.episode_id, request.request_id)
        return pb.ForkEpisodeResponse(episode_id=episode.episode_id)

    @guarded
    async def UserTurn(self, request: pb.UserTurnRequest, context: Context) -> pb.UserTurnResponse:
        """Let the user answer."""
        episode, text = await self.simulator.user_turn(request.episode_id, request.turn_id, request.text)
        return pb.UserTurnResponse(
            text="" if episode.over_budget else text,
            turns=len(episode.turns),
            turns_left=turns.turns_left(episode),
            over_budget=episode.over_budget,
        )

    @guarded
    async def VerifyEpisode(self, request: pb.VerifyEpisodeRequest, context: Context) -> pb.VerifyEpisodeResponse:
        """Score an answer."""
        episode, score = await self.simulator.verify(request.episode_id, request.final_answer)
        return pb.VerifyEpisodeResponse(
            reward=score.reward,
            outcome=f"OUTCOME_{score.outcome.upper()}",
            components=[pb.RewardComponent(name=name, value=value) for name, value in score.components.items()],
            checker_version=score.checker_version,
            explanation=EXPLANATIONS[score.outcome],
            tiers=messages.tiers(episode),
        )

    @guarded
    async def CloseEpisode(self, request: pb.CloseEpisodeRequest, context: Context) -> pb.CloseEpisodeResponse:
        """End an episode."""
        await self.simulator.close(request.episode_id)
        return pb.CloseEpisodeResponse()

    @guarded
    async def GetServerInfo(self, request: pb.GetServerInfoRequest, context: Context) -> pb.GetServerInfoResponse:
        """Describe what is served."""
        library = self.simulator.library
        counts, live = library.counts(), self.simulator.live
        return pb.GetServerInfoResponse(
            version=metadata.version("firefly"),
            snapshot_id=library.snapshot_id,
            task_count=counts.tasks,
            recording_count=counts.recordings,
            replay_only=live is None,
            checker_version=CHECKER_VERSION,
            open_episodes=await self.simulator.open_count(),
            overlay_id=live.overlay.digest() if live else "",
            overlay_count=live.overlay.count() if live else 0,
            live_calls_in_flight=self.simulator.live_in_flight,
        )

    async def _call(self, request: pb.CallToolRequest) -> Answer:
        return await self.simulator.call(
            request.episode_id,
            request.call_id,
            request.tool_name,
            request.arguments_json,
            request.expected_recording_id,
        )
