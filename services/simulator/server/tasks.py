"""The tasks' gRPC shell."""
# ruff: noqa: N802 - gRPC names the methods

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from firefly.simulator.v1 import task_service_pb2 as task_pb
from firefly.simulator.v1 import task_service_pb2_grpc as task_grpc

from services.simulator.domain import outcomes
from services.simulator.domain.outcomes import Mark, OutcomeStore
from services.simulator.domain.simulating import Simulator
from services.simulator.domain.task_filters import TaskWish, matches, without_answers
from services.simulator.server import messages
from services.simulator.server.refusing import Context, guarded
from services.simulator.settings import Settings
from shared.model.errors import Rejected
from shared.model.tasks import Task
from shared.runtime import wire

_PAGE, _MAX_PAGE = 100, 1000
_TOKEN = "policy/"


class TaskDoors(task_grpc.TaskServiceServicer):
    """Answers `TaskService`."""

    simulator: Simulator
    settings: Settings
    outcomes: OutcomeStore
    in_flight: int

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
        size = _size(request.page_size)
        found: list[str] = []
        async for task in self._tasks(messages.wish(request.filter), request.page_token):
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
        async for task in self._tasks(messages.wish(request.filter), request.resume_token):
            yield task_pb.StreamTasksResponse(task=self._task(task), resume_token=task.task_id)

    @guarded
    async def ReportOutcomes(
        self, request: task_pb.ReportOutcomesRequest, context: Context
    ) -> task_pb.ReportOutcomesResponse:
        """Add up what a trainer's policies scored."""
        found = tuple(outcomes.checked(messages.tries(one)) for one in request.outcomes)
        for one in found:
            if self.simulator.library.task(one.task_id) is None:
                raise Rejected("unknown_task", f"no task {one.task_id!r:.100} is known here")
        accepted = self.outcomes.add(request.request_id, found)
        sums = [self.outcomes.of(task_id) for task_id in sorted({one.task_id for one in found})]
        return task_pb.ReportOutcomesResponse(
            accepted=accepted, marked=[messages.marked(one) for one in sums if one.mark is not Mark.NONE]
        )

    @guarded
    async def ListMarkedTasks(
        self, request: task_pb.ListMarkedTasksRequest, context: Context
    ) -> task_pb.ListMarkedTasksResponse:
        """Return a page of marked tasks."""
        size = _size(request.page_size)
        found = self.outcomes.marked(messages.mark(request.mark), request.page_token, size + 1)
        return task_pb.ListMarkedTasksResponse(
            tasks=[messages.marked(one) for one in found[:size]],
            next_page_token=found[size - 1].task_id if len(found) > size else "",
        )

    @guarded
    async def ListPolicies(
        self, request: task_pb.ListPoliciesRequest, context: Context
    ) -> task_pb.ListPoliciesResponse:
        """Return a page of policies."""
        size = _size(request.page_size)
        # The mark keeps the token of a policy without a name from reading as "no token".
        after = request.page_token.removeprefix(_TOKEN) if request.page_token else None
        found = self.outcomes.policies(after, size + 1)
        return task_pb.ListPoliciesResponse(
            policies=[task_pb.PolicyTries(**asdict(one), censored_share=one.censored_share) for one in found[:size]],
            next_page_token=f"{_TOKEN}{found[size - 1].policy}" if len(found) > size else "",
        )

    async def _tasks(self, wish: TaskWish, after: str) -> AsyncIterator[Task]:
        library = self.simulator.library
        while page := library.task_ids(after, _PAGE):
            for task_id in page:
                task = library.task(task_id)
                if task and matches(task, wish):
                    yield task
            after = page[-1]
            # A filter that matches nothing would otherwise hold the loop until the last task.
            await asyncio.sleep(0)

    def _task(self, task: Task) -> Any:
        return wire.to_message(task if self.settings.show_answers else without_answers(task))


def _size(page_size: int) -> int:
    if not 0 <= page_size <= _MAX_PAGE:
        raise Rejected("bad_request", f"page_size is {page_size}: give 1 to {_MAX_PAGE}, or 0 for {_PAGE}")
    return page_size or _PAGE
