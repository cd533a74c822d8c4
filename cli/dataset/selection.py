"""What of a run is exported: tasks that hold, no near-duplicates, and every recording their episodes can reach."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli import distinct
from services.simulator.domain.recordings import merge
from services.simulator.domain.snapshots import Content
from shared.model.calls import Recording
from shared.model.catalogue import ServerRecord, ToolRecord
from shared.model.errors import BadInput
from shared.model.tasks import AMBIGUOUS_PATH, TaskState, TaskStatus, VerifiedTask


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything a run wrote that an export may need, in any order, repeats allowed."""

    tasks: Iterable[VerifiedTask]
    recordings: Iterable[Recording]
    servers: Iterable[ServerRecord]
    tools: Iterable[ToolRecord]
    statuses: Iterable[TaskStatus] = ()
    worlds: Mapping[str, Path] = field(default_factory=dict)
    """World digest -> folder with `files/` and `world.json`."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What is exported, in id order, and how many tasks were left out why."""

    content: Content
    servers: Mapping[str, ServerRecord]
    left_out: Mapping[str, int]


def select(gathered: Gathered) -> Selected:
    """Choose what is exported; the same set of records gives the same choice.

    Raises:
        BadInput: a task names a recording that is not there.
    """
    servers = {server.server_id: server for server in gathered.servers}
    tasks, left_out = _holding(gathered.tasks, gathered.statuses)
    names, why = distinct.kept(distinct.Candidate.of(task.task) for task in tasks)
    left_out |= why
    chosen = set(names)
    kept = tuple(task for task in tasks if task.task.task_id in chosen)
    recordings = _joined(gathered.recordings)
    _require_cited(kept, recordings)
    digests = _server_digests(kept, servers)
    reachable = _reachable(recordings.values(), {task.task.world_digest for task in kept}, digests)
    cited = {call.recording_id for task in kept for call in task.task.reference}
    offered = {tool.server_id for task in kept for tool in task.task.tools}
    content = Content(
        kept,
        # Cited ones in any case: labels are re-derived from them.
        tuple(sorted((recordings[name] for name in reachable | cited), key=lambda one: one.recording_id)),
        tuple(servers[name] for name in sorted(offered & set(servers))),
        _tools(gathered.tools, digests),
        tuple(sorted({task.task.world_digest for task in kept})),
    )
    return Selected(content, servers, left_out)


def _holding(
    tasks: Iterable[VerifiedTask], statuses: Iterable[TaskStatus]
) -> tuple[tuple[VerifiedTask, ...], dict[str, int]]:
    said = {status.task_id: status for status in statuses}
    first: dict[str, VerifiedTask] = {}
    for task in tasks:
        first.setdefault(task.task.task_id, task)
    why = Counter(_why(said[name]) for name in first if name in said)
    reasons = (TaskState.QUARANTINED.value, TaskState.RETRACTED.value, AMBIGUOUS_PATH)
    left_out = {reason: why[reason] for reason in reasons}
    holding = [first[name] for name in sorted(first) if name not in said or said[name].state is TaskState.ACTIVE]
    return tuple(holding), left_out


def _why(status: TaskStatus) -> str:
    """What a task is left out for; the state of an active one, which nobody counts."""
    is_disproved = status.reason == AMBIGUOUS_PATH and status.state is not TaskState.ACTIVE
    return AMBIGUOUS_PATH if is_disproved else status.state.value


def _joined(recordings: Iterable[Recording]) -> dict[str, Recording]:
    joined: dict[str, Recording] = {}
    for recording in recordings:
        known = joined.get(recording.recording_id)
        joined[recording.recording_id] = merge(known, recording) if known else recording
    return joined


def _require_cited(tasks: Sequence[VerifiedTask], recordings: Mapping[str, Recording]) -> None:
    for task in tasks:
        for call in task.task.reference:
            if call.recording_id not in recordings:
                raise BadInput(
                    f"task {task.task.task_id} names recording {call.recording_id}, which is not among the recordings: "
                    "wait until the run has drained, then export again"
                )


def _server_digests(tasks: Sequence[VerifiedTask], servers: Mapping[str, ServerRecord]) -> set[str]:
    pinned = {call.server_digest for task in tasks for call in task.task.reference}
    offered = {tool.server_id for task in tasks for tool in task.task.tools}
    return pinned | {servers[name].server_digest for name in offered if name in servers}


def _reachable(recordings: Iterable[Recording], worlds: set[str], digests: set[str]) -> set[str]:
    """Follow recorded calls from the tasks' first states to every state an episode can come to."""
    waiting = [recording for recording in recordings if recording.server_digest in digests]
    sessions = {(digest, "") for digest in digests}
    found: set[str] = set()
    while True:
        here = [
            one for one in waiting if one.state.world in worlds and (one.server_digest, one.state.session) in sessions
        ]
        if not here:
            return found
        found |= {one.recording_id for one in here}
        worlds = worlds | {one.state_after.world for one in here}
        sessions = sessions | {(one.server_digest, one.state_after.session) for one in here}
        waiting = [one for one in waiting if one.recording_id not in found]


def _tools(tools: Iterable[ToolRecord], digests: set[str]) -> tuple[ToolRecord, ...]:
    kept = {(tool.server_digest, tool.name): tool for tool in tools if tool.server_digest in digests}
    return tuple(kept[key] for key in sorted(kept))
