"""Re-derives every label of an export, offline: files, recordings, data flows, fields, digests.

Imports nothing but `shared.proof` and `shared.model`, so that what it says depends on nothing that made the labels.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.dataset.digests import MANIFEST, RECORDINGS, TASKS, dataset_digest, file_digests
from cli.dataset.end_states import END_STATE, end_state_faults
from cli.dataset.reading import Call, Line, RecordingRow, TaskRow, lines, read_manifest, recording_row, task_row
from shared.model.calls import DataFlow
from shared.model.errors import BadInput, Rejected
from shared.proof.canonical import parse_canonical, sha256_text
from shared.proof.evidence import check_fields
from shared.proof.flows import stands_in
from shared.proof.keys import recording_id_of
from shared.proof.locators import locate, resolve_pointer
from shared.proof.transforms import apply


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold."""

    place: str
    """File, with a line where there is one."""
    task_id: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at, and what does not hold."""

    tasks: int
    fields: int
    flows: int
    recordings: int
    files: int
    dataset_digest: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Recordings:
    """Recordings as read: results by id of those that were asked for, faults by id of those that do not hold."""

    results: Mapping[str, str]
    faults: Mapping[str, str]
    rows: tuple[Mapping[str, Any], ...]
    """Parsed lines of those that references name."""
    count: int
    problems: tuple[Problem, ...]


def check_dataset(folder: Path) -> Checked:
    """Check an export.

    Raises:
        BadInput: the folder holds no export.
    """
    manifest = read_manifest(folder)
    found = file_digests(folder)
    problems = list(_check_files(manifest["files"], found))
    tasks, broken = _read_tasks(folder)
    named = {call.recording_id for task in tasks for call in task.calls}
    recordings = read_recordings(lines(folder / RECORDINGS), folder, named, manifest.get("cited", {}))
    problems += [*broken, *recordings.problems]
    for task in tasks:
        problems.extend(check_task(task, recordings))
    digest = ""
    if not broken and named <= {str(row["recording_id"]) for row in recordings.rows}:
        digest = dataset_digest([task.row for task in tasks], recordings.rows)
    if digest != manifest.get("dataset_digest"):
        text = f"the rows have digest {digest or 'none'}, the manifest says {manifest.get('dataset_digest')}"
        problems.append(Problem(MANIFEST, "", "", text))
    return Checked(
        len(tasks),
        sum(len(task.evidence) for task in tasks),
        sum(len(call.depends_on) for task in tasks for call in task.calls),
        recordings.count,
        len(found),
        digest,
        tuple(problems),
    )


def _check_files(listed: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Problem]:
    for path in sorted({*listed, *found}):
        if path not in found:
            yield Problem(path, "", "", "the manifest lists this file, but it is not there")
        elif path not in listed:
            yield Problem(path, "", "", "the manifest does not list this file")
        elif listed[path] != found[path]:
            yield Problem(path, "", "", "this file is not as it was written: its sha256 is not the manifest's")


def _read_tasks(folder: Path) -> tuple[list[TaskRow], list[Problem]]:
    tasks, problems, seen = [], [], set()
    for line in lines(folder / TASKS):
        try:
            task = task_row(line, folder)
        except BadInput as error:
            problems.append(Problem(f"{TASKS} line {line.number}", "", "", str(error)))
            continue
        if task.task_id in seen:
            problems.append(Problem(f"{TASKS} line {line.number}", task.task_id, "", "this task stands here twice"))
        seen.add(task.task_id)
        tasks.append(task)
    return tasks, problems


def read_recordings(
    found: Iterable[Line], folder: Path, named: Collection[str], cited: Mapping[str, str]
) -> Recordings:
    """Read recordings; `cited` holds the sha256 that lines must have, `named` whose results are kept."""
    results: dict[str, str] = {}
    faults: dict[str, str] = {}
    rows: list[Mapping[str, Any]] = []
    problems: list[Problem] = []
    count = 0
    for line in found:
        count += 1
        place = f"{RECORDINGS} line {line.number}"
        try:
            recording = recording_row(line, folder)
        except BadInput as error:
            problems.append(Problem(place, "", "", str(error)))
            continue
        name = recording.recording_id
        # The line's digest last: it says that something was changed, the others say what.
        fault = _recording_fault(recording) or _line_fault(name, line.data, cited)
        if fault:
            faults[name] = fault
            problems.append(Problem(place, "", "", f"recording {name}: {fault}"))
        if name in named:
            results[name] = recording.result_json
            rows.append(recording.compared)
    return Recordings(results, faults, tuple(rows), count, tuple(problems))


def _recording_fault(recording: RecordingRow) -> str:
    if recording.result_json and sha256_text(recording.result_json) != recording.result_sha256:
        return "its result is not the one that its sha256 says"
    if recording_id_of(recording.key, recording.result_sha256) != recording.recording_id:
        return "its id is not that of its call, state and result"
    return ""


def _line_fault(name: str, line: bytes, cited: Mapping[str, str]) -> str:
    if name in cited and hashlib.sha256(line).hexdigest() != cited[name]:
        return "its line is not as it was written"
    return ""


def check_task(task: TaskRow, recordings: Recordings) -> Iterator[Problem]:
    """Re-derive one task: its calls, data flows and fields."""
    resting = _fields_by_call(task)
    results: dict[str, str] = {}
    for call in task.calls:
        fault = _call_fault(call, recordings)
        for field in resting[call.call_id] if fault else ():
            yield Problem(TASKS, task.task_id, field, f"call {call.call_id} ({call.server} {call.tool}): {fault}")
        if call.recording_id in recordings.results:
            results[call.call_id] = recordings.results[call.recording_id]
    for call, flow in task.flows():
        fault = _flow_fault(call, flow, results)
        for field in resting[call.call_id] if fault else ():
            yield Problem(TASKS, task.task_id, field, f"call {call.call_id}, argument {flow.argument}: {fault}")
    for fault in end_state_faults(task, recordings.rows):
        yield Problem(TASKS, task.task_id, END_STATE, fault)
    for one in check_fields(task.evidence, task.ground_truth_json, results):
        yield Problem(TASKS, task.task_id, one.field, one.text)


def _call_fault(call: Call, recordings: Recordings) -> str:
    if call.recording_id in recordings.faults:
        return f"recording {call.recording_id}: {recordings.faults[call.recording_id]}"
    result = recordings.results.get(call.recording_id)
    if result is None:
        return f"recording {call.recording_id} is not in {RECORDINGS}"
    # A recording may agree with itself and still not be the one that was verified.
    if sha256_text(result) != call.result_sha256:
        return f"recording {call.recording_id} has another result than the task says"
    return ""


def _flow_fault(call: Call, flow: DataFlow, results: Mapping[str, str]) -> str:
    source = results.get(flow.call_id)
    if not source:
        return f"the result of call {flow.call_id} is not there"
    try:
        located = locate(source, flow.locator_json)
        value = apply(flow.transforms_json, [located.value])
        argument = resolve_pointer(parse_canonical(call.arguments_json), flow.argument)
    except Rejected as error:
        return error.text or error.reason
    if located.sha256 != flow.sha256:
        return f"the value from call {flow.call_id} is not the one that its sha256 says"
    slot = None if flow.slot_start is None or flow.slot_end is None else (flow.slot_start, flow.slot_end)
    return "" if stands_in(argument, slot, value) else f"it does not hold the value from call {flow.call_id}"


def _fields_by_call(task: TaskRow) -> dict[str, tuple[str, ...]]:
    """Name the answer fields that rest on each call: those that cite it, or cite what it fed; else all of them."""
    feeds: dict[str, set[str]] = {call.call_id: {call.call_id} for call in task.calls}
    for call in task.calls:
        for other in feeds.values():
            if any(flow.call_id in other for flow in call.depends_on):
                other.add(call.call_id)
    every = tuple(field.field for field in task.evidence) or ("",)
    return {
        call_id: tuple(field.field for field in task.evidence if any(source.call_id in fed for source in field.sources))
        or every
        for call_id, fed in feeds.items()
    }
