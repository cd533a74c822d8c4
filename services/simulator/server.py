"""The gRPC shell: messages in, domain calls, messages out; every refusal is a status with a machine-readable reason."""

import asyncio
import datetime
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import metadata
from typing import Any, NoReturn, TypeVar

import grpc
from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import simulator_service_pb2_grpc as simulator_grpc
from firefly.simulator.v1 import task_service_pb2 as task_pb
from firefly.simulator.v1 import task_service_pb2_grpc as task_grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.simulator.domain.episodes import FREE_LIMITS, Episode, EpisodePlan
from services.simulator.domain.replaying import DEFAULT_TIERS, Tier
from services.simulator.domain.scoring import EXPLANATIONS
from services.simulator.domain.simulating import Answer, Opened, Simulator, Wanted
from services.simulator.domain.task_filters import TaskWish, matches, without_answers
from services.simulator.settings import Settings
from shared.model.errors import Rejected, Unavailable
from shared.model.tasks import Task
from shared.proof.reward import CHECKER_VERSION
from shared.runtime import wire

SERVICES = ("firefly.simulator.v1.SimulatorService", "firefly.simulator.v1.TaskService")
REASON = "firefly-reason"
"""Trailing metadata with the reason, for clients without google.rpc messages."""
PUSHBACK = "grpc-retry-pushback-ms"
DOMAIN = "firefly"
_CODES = {
    "overloaded": code_pb2.RESOURCE_EXHAUSTED,
    **dict.fromkeys(("snapshot_damaged", "overlay_damaged"), code_pb2.DATA_LOSS),
    **dict.fromkeys(("task_withdrawn", "no_task", "no_live_store", "tier_not_served"), code_pb2.FAILED_PRECONDITION),
    **dict.fromkeys(
        ("unknown_task", "unknown_server", "unknown_snapshot", "unknown_episode", "episode_expired"), code_pb2.NOT_FOUND
    ),
}
"""Any other reason is `INVALID_ARGUMENT`."""
_PAGE, _MAX_PAGE = 100, 1000

Context = grpc.aio.ServicerContext[Any, Any]
T = TypeVar("T")
Rpc = Callable[["Doors", Any, Context], Awaitable[T]]


def guarded(rpc: Rpc[T]) -> Rpc[T]:
    """Bound the requests in flight, and answer refusals as status."""

    @functools.wraps(rpc)
    async def run(self: "Doors", request: Any, context: Context) -> T:
        if self.in_flight - self.simulator.live_in_flight >= self.settings.max_calls_in_flight:
            await _abort(context, Rejected("overloaded", "too many requests at once"), self.settings.retry_after_ms)
        self.in_flight += 1
        try:
            return await rpc(self, request, context)
        except Rejected as error:
            await _abort(context, error, self.settings.retry_after_ms if error.reason == "overloaded" else 0)
        except Unavailable as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        finally:
            self.in_flight -= 1

    return run


class Doors(simulator_grpc.SimulatorServiceServicer, task_grpc.TaskServiceServicer):
    """Both services over one simulator; `ReportOutcomes` is not kept yet, and the generated base says so."""

    def __init__(self, simulator: Simulator, settings: Settings) -> None:
        self.simulator, self.settings = simulator, settings
        self.in_flight = 0

    @guarded
    async def CreateEpisode(self, request: pb.CreateEpisodeRequest, context: Context) -> pb.CreateEpisodeResponse:
        """Open an episode."""
        plan = EpisodePlan(
            request.task_id,
            tuple(sorted(set(request.server_ids))),
            request.world_digest,
            request.seed,
            tuple(_tier(number) for number in request.allowed_tiers) or DEFAULT_TIERS,
        )
        wanted = Wanted(plan, request.request_id, request.snapshot_id, request.live_store)
        return _opened(await self.simulator.create(wanted))

    @guarded
    async def CallTool(self, request: pb.CallToolRequest, context: Context) -> pb.CallToolResponse:
        """Answer one call."""
        return await self._call(request)

    @guarded
    async def BatchCallTools(self, request: pb.BatchCallToolsRequest, context: Context) -> pb.BatchCallToolsResponse:
        """Answer several calls, one after the other."""
        if len({call.episode_id for call in request.calls}) > 1:
            raise Rejected("bad_request", "a batch belongs to one episode")
        return pb.BatchCallToolsResponse(responses=[await self._call(call) for call in request.calls])

    @guarded
    async def GetEpisode(self, request: pb.GetEpisodeRequest, context: Context) -> pb.GetEpisodeResponse:
        """Describe an episode."""
        episode = await self.simulator.get(request.episode_id)
        return pb.GetEpisodeResponse(
            episode_id=episode.episode_id,
            task_id=episode.task_id,
            calls=len(episode.calls),
            tiers=_tiers(episode),
            world_digest=episode.situation.world,
            closed=episode.closed,
            expire_time=_time(episode.expires_at),
            snapshot_id=episode.snapshot_id,
        )

    @guarded
    async def ForkEpisode(self, request: pb.ForkEpisodeRequest, context: Context) -> pb.ForkEpisodeResponse:
        """Copy an episode."""
        episode = await self.simulator.fork(request.episode_id, request.request_id)
        return pb.ForkEpisodeResponse(episode_id=episode.episode_id)

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
            tiers=_tiers(episode),
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

    @guarded
    async def GetTask(self, request: task_pb.GetTaskRequest, context: Context) -> task_pb.GetTaskResponse:
        """Return one task."""
        task = self.simulator.library.task(request.task_id)
        if task is None:
            raise Rejected("unknown_task", f"no task {request.task_id!r:.100} is known here")
        return task_pb.GetTaskResponse(task=self._task(task))

    @guarded
    async def ListTasks(self, request: task_pb.ListTasksRequest, context: Context) -> task_pb.ListTasksResponse:
        """Return a page of task ids."""
        if not 0 <= request.page_size <= _MAX_PAGE:
            raise Rejected("bad_request", f"page_size is {request.page_size}: give 1 to {_MAX_PAGE}, or 0 for {_PAGE}")
        size = request.page_size or _PAGE
        found: list[str] = []
        async for task in self._tasks(_wish(request.filter), request.page_token):
            found.append(task.task_id)
            if len(found) > size:
                break
        return task_pb.ListTasksResponse(
            task_ids=found[:size], next_page_token=found[size - 1] if len(found) > size else ""
        )

    async def StreamTasks(
        self, request: task_pb.StreamTasksRequest, context: Context
    ) -> AsyncIterator[task_pb.StreamTasksResponse]:
        """Stream every task after a resume token."""
        async for task in self._tasks(_wish(request.filter), request.resume_token):
            yield task_pb.StreamTasksResponse(task=self._task(task), resume_token=task.task_id)

    async def _call(self, request: pb.CallToolRequest) -> pb.CallToolResponse:
        answer = await self.simulator.call(
            request.episode_id,
            request.call_id,
            request.tool_name,
            request.arguments_json,
            request.expected_recording_id,
        )
        return _answered(answer)

    async def _tasks(self, wish: TaskWish, after: str) -> AsyncIterator[Task]:
        library = self.simulator.library
        while page := library.task_ids(after, _PAGE):
            for task_id in page:
                task = library.task(task_id)
                if task and matches(task, wish):
                    yield task
            after = page[-1]
            await asyncio.sleep(0)

    def _task(self, task: Task) -> Any:
        return wire.to_message(task if self.settings.show_answers else without_answers(task))


def register(doors: Doors, server: grpc.aio.Server) -> None:
    """Add both services to a server."""
    simulator_grpc.add_SimulatorServiceServicer_to_server(doors, server)  # type: ignore[no-untyped-call]  # generated
    task_grpc.add_TaskServiceServicer_to_server(doors, server)  # type: ignore[no-untyped-call]  # generated


async def _abort(context: Context, error: Rejected, retry_after_ms: int = 0) -> NoReturn:
    details = [error_details_pb2.ErrorInfo(reason=error.reason.upper(), domain=DOMAIN)]
    trailing = [(REASON, error.reason)]
    if retry_after_ms:
        delay = duration_pb2.Duration(nanos=retry_after_ms % 1000 * 1_000_000, seconds=retry_after_ms // 1000)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
        trailing.append((PUSHBACK, str(retry_after_ms)))
    status = status_pb2.Status(
        code=_CODES.get(error.reason, code_pb2.INVALID_ARGUMENT), message=error.text or error.reason
    )
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    plain = rpc_status.to_status(status)
    await context.abort(plain.code, plain.details, (*plain.trailing_metadata, *trailing))
    raise AssertionError("abort returned")


def _opened(opened: Opened) -> pb.CreateEpisodeResponse:
    episode, task = opened.episode, opened.task
    messages = [("system", task.system), ("user", task.prompt)] if task else []
    limits = task.limits if task else FREE_LIMITS
    return pb.CreateEpisodeResponse(
        episode_id=episode.episode_id,
        messages_json=json.dumps(
            [{"role": role, "content": text} for role, text in messages if text], ensure_ascii=False
        ),
        tools=[
            pb.EpisodeTool(
                name=tool.offered_name,
                description=tool.description,
                input_schema_json=tool.input_schema_json,
                server_id=tool.server_id,
                original_name=tool.name,
            )
            for tool in opened.tools
        ],
        answer_schema_json=task.answer_schema_json if task else "",
        limits=pb.EpisodeLimits(
            max_calls=limits.max_calls, max_turns=limits.max_turns, max_result_chars=limits.max_result_chars
        ),
        expire_time=_time(episode.expires_at),
        snapshot_id=episode.snapshot_id,
    )


def _answered(answer: Answer) -> pb.CallToolResponse:
    reply, shown = answer.reply, answer.shown
    return pb.CallToolResponse(
        content_json=shown.content_json,
        structured_content_json=shown.structured_content_json,
        is_error=reply.is_error,
        tier=f"TIER_{reply.tier.upper()}",
        recording_id=reply.recording_id,
        error_code=reply.error_code,
        schema_path=reply.schema_path,
        truncated=shown.truncated,
        distance=reply.distance,
        text=shown.text,
        reason=reply.reason,
    )


def _tier(number: int) -> Tier:
    name = pb.Tier.Name(number).removeprefix("TIER_").lower() if number in pb.Tier.values() else ""
    if name in ("", "unspecified"):
        raise Rejected("bad_request", f"{number} is no tier")
    return Tier(name)


def _tiers(episode: Episode) -> list[pb.TierCount]:
    return [
        pb.TierCount(tier=f"TIER_{tier.upper()}", count=count) for tier, count in sorted(episode.tier_counts().items())
    ]


def _time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="milliseconds")


def _wish(message: task_pb.TaskFilter) -> TaskWish:
    return TaskWish(message.difficulty, frozenset(message.server_ids), frozenset(message.tags), message.split)
