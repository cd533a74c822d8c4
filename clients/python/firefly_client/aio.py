"""The asyncio client: the blocking one with `await`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import grpc
from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import simulator_service_pb2_grpc as simulator_grpc
from firefly.simulator.v1 import task_service_pb2 as task_pb
from firefly.simulator.v1 import task_service_pb2_grpc as task_grpc

from firefly_client import messages
from firefly_client.errors import from_rpc
from firefly_client.types import MarkedTask, PolicyTries, Reply, ServerInfo, Start, TaskOutcome, Tool, UserTurn, Verdict


class AsyncClient:
    """A connection to a simulator, for one event loop."""

    def __init__(
        self, target: str, timeout_seconds: float = 60.0, token: str = "", root_certificates: bytes | None = None
    ) -> None:
        """`root_certificates` (PEM; empty bytes: the system's) turn TLS on; `token` is the server's access token."""
        options = messages.channel_options()
        if root_certificates is None:
            self._channel = grpc.aio.insecure_channel(target, options=options)
        else:
            secure = grpc.ssl_channel_credentials(root_certificates or None)
            self._channel = grpc.aio.secure_channel(target, secure, options=options)
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._simulator: Any = simulator_grpc.SimulatorServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._tasks: Any = task_grpc.TaskServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._timeout = timeout_seconds

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close()

    async def info(self) -> ServerInfo:
        """Ask what is served."""
        return messages.server_info(await self._ask(self._simulator.GetServerInfo, pb.GetServerInfoRequest()))

    async def task_ids(
        self, difficulty: str = "", server_ids: Sequence[str] = (), tags: Sequence[str] = (), split: str = ""
    ) -> AsyncIterator[str]:
        """Yield the ids of the tasks that match, in id order."""
        wanted = messages.task_filter(difficulty, server_ids, tags, split)
        token = ""
        while True:
            page = await self._ask(self._tasks.ListTasks, task_pb.ListTasksRequest(filter=wanted, page_token=token))
            for task_id in page.task_ids:
                yield task_id
            token = page.next_page_token
            if not token:
                return

    async def task(self, task_id: str) -> Any:
        """Return one task as its message."""
        return (await self._ask(self._tasks.GetTask, task_pb.GetTaskRequest(task_id=task_id))).task

    async def episode(
        self, task_id: str, seed: int = 0, tiers: Sequence[str] = (), snapshot_id: str = "", request_id: str = ""
    ) -> AsyncEpisode:
        """Open an episode of a task; `tiers` limits how answers may be found (empty: what the server allows)."""
        request = messages.create_request(task_id, seed, tiers, snapshot_id, request_id)
        return AsyncEpisode(self, messages.start(await self._ask(self._simulator.CreateEpisode, request)))

    async def free_episode(self, server_ids: Sequence[str], world_digest: str, seed: int = 0) -> AsyncEpisode:
        """Open an episode over the whole catalogues of some servers, without a task and a score."""
        request = messages.free_request(server_ids, world_digest, seed)
        return AsyncEpisode(self, messages.start(await self._ask(self._simulator.CreateEpisode, request)))

    async def report(self, outcomes: Sequence[TaskOutcome], request_id: str = "") -> tuple[MarkedTask, ...]:
        """Tell what policies scored; returns those of these tasks that all reports together mark."""
        request = messages.report_request(outcomes, request_id)
        return messages.marked(await self._ask(self._tasks.ReportOutcomes, request))

    async def marked_tasks(self, mark: str) -> tuple[MarkedTask, ...]:
        """List the first 1,000 tasks marked `audit` (never solved) or `mastered` (always solved)."""
        return messages.marked_page(await self._ask(self._tasks.ListMarkedTasks, messages.marked_request(mark)))

    async def policies(self) -> tuple[PolicyTries, ...]:
        """List the first 1,000 policies of the reports; how much of each is censored decides what compares."""
        return messages.policies(await self._ask(self._tasks.ListPolicies, messages.policies_request()))

    async def _ask(self, rpc: Callable[..., Awaitable[Any]], request: Any) -> Any:
        try:
            return await rpc(request, timeout=self._timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise from_rpc(error) from error


class AsyncEpisode:
    """One episode; a context manager that closes it."""

    def __init__(self, client: AsyncClient, start: Start) -> None:
        self._client, self.start = client, start
        self._ids = messages.CallIds()

    async def __aenter__(self) -> AsyncEpisode:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.close()

    @property
    def episode_id(self) -> str:
        """Id of the episode."""
        return self.start.episode_id

    @property
    def messages(self) -> list[dict[str, Any]]:
        """A new list with the first chat messages."""
        return [dict(message) for message in self.start.messages]

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools offered."""
        return self.start.tools

    def openai_tools(self, with_submit_answer: bool = False) -> list[dict[str, Any]]:
        """Return the tools in the function form, with `submit_answer` where the trainer's loop uses it."""
        extra = [messages.answer_tool(self.start.answer_schema)] if with_submit_answer else []
        return [tool.openai() for tool in self.start.tools] + extra

    async def call(self, tool_name: str, arguments: Mapping[str, Any] | str, call_id: str = "") -> Reply:
        """Call a tool; a failed, unknown or unanswerable call is a reply too."""
        request = self._request(tool_name, arguments, call_id)
        return messages.reply(await self._client._ask(self._client._simulator.CallTool, request))

    async def call_all(self, calls: Sequence[tuple[str, Mapping[str, Any] | str]]) -> list[Reply]:
        """Make several calls, one after the other, in one request."""
        request = pb.BatchCallToolsRequest(calls=[self._request(name, arguments, "") for name, arguments in calls])
        answer = await self._client._ask(self._client._simulator.BatchCallTools, request)
        return [messages.reply(one) for one in answer.responses]

    async def fork(self) -> AsyncEpisode:
        """Open a copy that goes on from here by itself."""
        request = pb.ForkEpisodeRequest(episode_id=self.episode_id)
        made = await self._client._ask(self._client._simulator.ForkEpisode, request)
        return AsyncEpisode(self._client, messages.forked(self.start, made.episode_id))

    async def user_turn(self, text: str, turn_id: str = "") -> UserTurn:
        """Give the turn to the user: for loops in which an agent speaks without calling a tool or answering."""
        name = turn_id or self._ids.next()
        request = pb.UserTurnRequest(episode_id=self.episode_id, turn_id=name, text=text)
        return messages.user_turn(await self._client._ask(self._client._simulator.UserTurn, request))

    async def verify(self, final_answer: str) -> Verdict:
        """Score the last message, or the arguments of `submit_answer`."""
        request = pb.VerifyEpisodeRequest(episode_id=self.episode_id, final_answer=final_answer)
        return messages.verdict(await self._client._ask(self._client._simulator.VerifyEpisode, request))

    async def close(self) -> None:
        """End the episode; twice is fine."""
        await self._client._ask(
            self._client._simulator.CloseEpisode, pb.CloseEpisodeRequest(episode_id=self.episode_id)
        )

    def _request(self, tool_name: str, arguments: Mapping[str, Any] | str, call_id: str) -> pb.CallToolRequest:
        return pb.CallToolRequest(
            episode_id=self.episode_id,
            call_id=call_id or self._ids.next(),
            tool_name=tool_name,
            arguments_json=messages.arguments_text(arguments),
        )
