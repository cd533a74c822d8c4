"""Rows of the export (`docs/dataset.md`): a verified task, a recording."""

import json
from collections.abc import Mapping
from typing import Any

from cli.dataset.json_lines import Raw, received
from shared.model.calls import DataFlow, Recording, State
from shared.model.catalogue import ServerRecord
from shared.model.tasks import FieldEvidence, HeldBack, OfferedTool, ReferenceCall, Task, Uniqueness, VerifiedTask
from shared.proof.end_state import UNTOUCHED

SPLIT = "train"
VERIFIER = "typed_equality"


def task_row(verified: VerifiedTask, servers: Mapping[str, ServerRecord], snapshot_id: str) -> dict[str, Any]:
    """Build one line of `tasks.jsonl`."""
    task = verified.task
    return {
        "task_id": task.task_id,
        "task_version": task.task_version,
        "schema_version": task.schema_version,
        "system": task.system,
        "prompt": _messages(task),
        "tools": [_openai_tool(tool) for tool in task.tools],
        "mcp_tools": [_mcp_tool(tool) for tool in task.tools],
        "tool_name_map": {tool.offered_name: {"server": tool.server_id, "tool": tool.name} for tool in task.tools},
        "servers": [_server(server_id, task, servers) for server_id in _server_ids(task)],
        "needed_tools": [tool.offered_name for tool in task.tools if tool.needed],
        "distractor_tools": [tool.offered_name for tool in task.tools if not tool.needed],
        "answer_format": _answer_format(task),
        "answer_schema": Raw(task.answer_schema_json),
        "answer_template": task.answer_template,
        "ground_truth": Raw(task.ground_truth_json),
        "evidence": [_evidence(field) for field in task.evidence],
        "logical_form": received(task.logical_form_json),
        "reference": [_reference(call) for call in task.reference],
        "min_known_calls": task.min_known_calls,
        "uniqueness": verified.uniqueness or Uniqueness.OBSERVED,
        "needs_discovery": task.needs_discovery,
        "task_family": task.task_family,
        "twin_group": task.twin_group,
        "world_digest": task.world_digest,
        "frozen_now": task.frozen_now,
        "limits": {
            "max_calls": task.limits.max_calls,
            "max_turns": task.limits.max_turns,
            "max_result_chars": task.limits.max_result_chars,
        },
        "verifier": {"type": VERIFIER, "version": verified.checker_version},
        "difficulty": task.difficulty,
        "pass_rate": None,
        "pass_rate_total": None,
        "pass_rate_passed": None,
        "solver_model": None,
        "live_capable": task.live_capable,
        "tags": list(task.tags),
        "split": SPLIT,
        "snapshot_id": snapshot_id,
        "provenance": _provenance(verified),
        "license": task.license,
        "held_back": [_held_back(fact) for fact in task.held_back],
        "end_state": Raw(task.end_state_json or UNTOUCHED),
    }


def recording_row(recording: Recording) -> dict[str, Any]:
    """Build one line of `recordings.jsonl`."""
    return {
        "recording_id": recording.recording_id,
        "server": recording.server_id,
        "server_digest": recording.server_digest,
        "tool": recording.tool,
        "arguments": Raw(recording.arguments_json),
        "state": _state(recording.state),
        "state_after": _state(recording.state_after),
        "result": None if recording.too_large else Raw(recording.result_json),
        "result_sha256": recording.result_sha256,
        "result_length": recording.result_length,
        "effect": recording.effect,
        "volatile_mask": list(recording.volatile_mask),
        "stability": recording.stability,
        "path_mode": recording.path_mode,
        "origin": recording.origin,
        "observed_at": recording.observed_at,
        "change": Raw(recording.change_json) if recording.change_json else None,
    }


def _messages(task: Task) -> list[dict[str, str]]:
    system = [{"role": "system", "content": task.system}] if task.system else []
    return [*system, {"role": "user", "content": task.prompt}]


def _openai_tool(tool: OfferedTool) -> dict[str, Any]:
    parameters = received(tool.input_schema_json) or {"type": "object", "properties": {}}
    return {
        "type": "function",
        "function": {"name": tool.offered_name, "description": tool.description, "parameters": parameters},
    }


def _mcp_tool(tool: OfferedTool) -> dict[str, Any]:
    return {
        "server": tool.server_id,
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "input_schema": received(tool.input_schema_json),
        "output_schema": received(tool.output_schema_json),
        "annotations": received(tool.annotations_json),
    }


def _server_ids(task: Task) -> list[str]:
    return list(dict.fromkeys(tool.server_id for tool in task.tools))


def _server(server_id: str, task: Task, servers: Mapping[str, ServerRecord]) -> dict[str, Any]:
    known = servers.get(server_id)
    pinned = {call.server_id: call.server_digest for call in task.reference}
    return {
        "server": server_id,
        # What the reference ran on: the catalogue may know a newer one.
        "server_digest": pinned.get(server_id) or (known.server_digest if known else ""),
        "source": known.source if known else "",
        "version": known.server_version if known else "",
        "protocol_version": known.protocol_version if known else "",
        "path_mode": known.path_mode.value if known else "mounted",
        "license": known.licence if known else "",
    }


def _answer_format(task: Task) -> dict[str, Any]:
    submit = {
        "name": "submit_answer",
        "description": "Give the final answer; this ends the task.",
        "parameters": Raw(task.answer_schema_json),
    }
    return {
        "type": "json_object",
        "channels": ["submit_answer", "last_json_object"],
        "submit_tool": {"type": "function", "function": submit},
        "types": Raw(task.answer_types_json),
    }


def _evidence(field: FieldEvidence) -> dict[str, Any]:
    sources = [
        {"call_id": source.call_id, "locator": Raw(source.locator_json), "sha256": source.sha256}
        for source in field.sources
    ]
    return {"field": field.field, "sources": sources, "transforms": Raw(field.transforms_json)}


def _held_back(fact: HeldBack) -> dict[str, str]:
    return {"about": fact.about, "value": fact.value, "said": fact.said}


def _reference(call: ReferenceCall) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "server": call.server_id,
        "server_digest": call.server_digest,
        "tool": call.tool,
        "arguments": Raw(call.arguments_json),
        "depends_on": [_flow(flow) for flow in call.depends_on],
        "recording_id": call.recording_id,
        "result_sha256": call.result_sha256,
        "is_error": call.is_error,
        "replaceable": call.replaceable,
        "precondition": call.precondition,
    }


def _flow(flow: DataFlow) -> dict[str, Any]:
    return {
        "call_id": flow.call_id,
        "source": Raw(flow.locator_json),
        "sha256": flow.sha256,
        "transforms": Raw(flow.transforms_json),
        "argument": flow.argument,
        "slot": None if flow.slot_start is None else [flow.slot_start, flow.slot_end],
    }


def _provenance(verified: VerifiedTask) -> dict[str, Any]:
    task = verified.task
    more = json.loads(task.provenance_json) if task.provenance_json else {}
    return {
        "policy": task.policy,
        "exploration_id": task.exploration_id,
        "shape": task.shape,
        "checks": list(verified.checks),
        "unread": verified.unread,
        "cheapest": received(verified.cheapest_json) or {},
        **(more if isinstance(more, dict) else {}),
    }


def _state(state: State) -> dict[str, str]:
    return {"world": state.world, "session": state.session}
