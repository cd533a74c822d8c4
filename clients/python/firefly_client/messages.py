"""Requests and answers, shared by both clients."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import task_service_pb2 as task_pb

from firefly_client.types import MarkedTask, PolicyTries, Reply, ServerInfo, Start, TaskOutcome, Tool, UserTurn, Verdict

SERVICES = ("firefly.simulator.v1.SimulatorService", "firefly.simulator.v1.TaskService")
MESSAGE_BYTES = 16 * 1024 * 1024


def channel_options() -> list[tuple[str, Any]]:
    """Balance over all addresses of a name, leave out those that are not serving, retry what is safe to retry."""
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{"service": service} for service in SERVICES],
                "retryPolicy": {
                    "maxAttempts": 5,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "2s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
                },
            }
        ],
    }
    return [
        ("grpc.service_config", json.dumps(config)),
        ("grpc.max_receive_message_length", MESSAGE_BYTES),
        ("grpc.max_send_message_length", MESSAGE_BYTES),
    ]


def create_request(
    task_id: str, seed: int, tiers: Sequence[str], snapshot_id: str, request_id: str
) -> pb.CreateEpisodeRequest:
    """Ask for an episode; without an id of the caller's, a random one makes the retry safe."""
    return pb.CreateEpisodeRequest(
        task_id=task_id,
        seed=seed,
        allowed_tiers=[f"TIER_{tier.upper()}" for tier in tiers],
        snapshot_id=snapshot_id,
        request_id=request_id or secrets.token_hex(16),
    )


def free_request(server_ids: Sequence[str], world_digest: str, seed: int) -> pb.CreateEpisodeRequest:
    """Ask for an episode without a task."""
    return pb.CreateEpisodeRequest(
        server_ids=server_ids, world_digest=world_digest, seed=seed, request_id=secrets.token_hex(16)
    )


def arguments_text(arguments: Mapping[str, Any] | str) -> str:
    """Write arguments; text stays as it is."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


class CallIds:
    """Ids for the calls of one episode object: unique also when several objects call the same episode."""

    def __init__(self) -> None:
        self._prefix, self._count = secrets.token_hex(4), 0

    def next(self) -> str:
        """Return another id."""
        self._count += 1
        return f"{self._prefix}-{self._count}"


def start(message: pb.CreateEpisodeResponse) -> Start:
    """Read an opened episode."""
    return Start(
        message.episode_id,
        tuple(json.loads(message.messages_json or "[]")),
        tuple(_tool(tool) for tool in message.tools),
        json.loads(message.answer_schema_json or "{}"),
        message.limits.max_calls,
        message.limits.max_turns,
        message.limits.max_result_chars,
        message.snapshot_id,
        message.mcp_url,
    )


def forked(start: Start, episode_id: str) -> Start:
    """Describe a copy of an episode."""
    return Start(
        **{
            **start.__dict__,
            "episode_id": episode_id,
            "mcp_url": start.mcp_url.replace(start.episode_id, episode_id),
        }
    )


def reply(message: pb.CallToolResponse) -> Reply:
    """Read an answer."""
    structured = message.structured_content_json
    return Reply(
        message.text,
        tuple(json.loads(message.content_json or "[]")),
        json.loads(structured) if structured else None,
        message.is_error,
        _short(pb.Tier.Name(message.tier)),
        message.recording_id,
        message.error_code,
        message.schema_path,
        message.truncated,
        message.content_json,
        structured,
        message.reason,
        message.distance if message.HasField("distance") else None,
    )


def verdict(message: pb.VerifyEpisodeResponse) -> Verdict:
    """Read a score."""
    return Verdict(
        message.reward if message.HasField("reward") else None,
        _short(pb.Outcome.Name(message.outcome)),
        {component.name: component.value for component in message.components},
        {_short(pb.Tier.Name(count.tier)): count.count for count in message.tiers},
        message.checker_version,
        message.explanation,
    )


def server_info(message: pb.GetServerInfoResponse) -> ServerInfo:
    """Read what is served."""
    return ServerInfo(
        message.version,
        message.snapshot_id,
        message.task_count,
        message.recording_count,
        message.replay_only,
        message.checker_version,
        message.open_episodes,
        message.overlay_id,
        message.overlay_count,
    )


def task_filter(
    difficulty: str = "", server_ids: Sequence[str] = (), tags: Sequence[str] = (), split: str = ""
) -> task_pb.TaskFilter:
    """Say which tasks are wanted."""
    return task_pb.TaskFilter(difficulty=difficulty, server_ids=server_ids, tags=tags, split=split)


def report_request(outcomes: Sequence[TaskOutcome], request_id: str) -> task_pb.ReportOutcomesRequest:
    """Report outcomes; without an id of the caller's, a random one makes the retry safe."""
    return task_pb.ReportOutcomesRequest(
        request_id=request_id or secrets.token_hex(16),
        outcomes=[task_pb.TaskOutcome(**one.__dict__) for one in outcomes],
    )


def marked_request(mark: str) -> task_pb.ListMarkedTasksRequest:
    """Ask for marked tasks."""
    return task_pb.ListMarkedTasksRequest(mark=f"TASK_MARK_{mark.upper()}", page_size=1000)


def marked(message: task_pb.ReportOutcomesResponse) -> tuple[MarkedTask, ...]:
    """Read the marks of reported tasks."""
    return tuple(_marked(one) for one in message.marked)


def marked_page(message: task_pb.ListMarkedTasksResponse) -> tuple[MarkedTask, ...]:
    """Read a page of marked tasks."""
    return tuple(_marked(one) for one in message.tasks)


def user_turn(message: pb.UserTurnResponse) -> UserTurn:
    """Read what the user says."""
    return UserTurn(message.text, message.turns, message.turns_left, message.over_budget)


def policies_request() -> task_pb.ListPoliciesRequest:
    """Ask for what was reported of each policy."""
    return task_pb.ListPoliciesRequest(page_size=1000)


def policies(message: task_pb.ListPoliciesResponse) -> tuple[PolicyTries, ...]:
    """Read a page of policies."""
    return tuple(
        PolicyTries(one.policy, one.tasks, one.tries, one.passed, one.censored, one.censored_share)
        for one in message.policies
    )


def answer_tool(answer_schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return `submit_answer` in the function form; its arguments are the final answer to verify."""
    function = {
        "name": "submit_answer",
        "description": "Give the final answer; this ends the task.",
        "parameters": dict(answer_schema),
    }
    return {"type": "function", "function": function}


def _tool(message: pb.EpisodeTool) -> Tool:
    schema = json.loads(message.input_schema_json or "{}")
    return Tool(message.name, message.description, schema, message.server_id, message.original_name)


def _marked(message: task_pb.MarkedTask) -> MarkedTask:
    mark = task_pb.TaskMark.Name(message.mark).removeprefix("TASK_MARK_").lower()
    return MarkedTask(message.task_id, mark, message.tries, message.passed, message.censored)


def _short(name: str) -> str:
    return name.split("_", 1)[1].lower()
