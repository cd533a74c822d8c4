"""Reads an export's rows back into records, with no more than `shared.proof` and `shared.model`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.dataset.digests import MANIFEST, RECORDINGS, TASKS, compared_recording
from shared.model.calls import DataFlow, State
from shared.model.errors import BadInput, Rejected
from shared.model.tasks import FieldEvidence, HeldBack, Source
from shared.proof.canonical import canonical, parse, restore
from shared.proof.end_state import UNTOUCHED
from shared.proof.keys import recording_key


@dataclass(frozen=True, slots=True)
class Call:
    """One reference call of a task row."""

    call_id: str
    server: str
    tool: str
    arguments_json: str
    depends_on: tuple[DataFlow, ...]
    recording_id: str
    result_sha256: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task row, as far as checking and playing need it."""

    task_id: str
    prompt: str
    calls: tuple[Call, ...]
    evidence: tuple[FieldEvidence, ...]
    ground_truth_json: str
    answer_types: Mapping[str, Any]
    tool_names: Mapping[tuple[str, str], str]
    """(server, tool) -> offered name."""
    row: Mapping[str, Any]
    held_back: tuple[HeldBack, ...] = ()
    """What the user tells when asked."""
    end_state_json: str = UNTOUCHED
    """What an episode has to leave, canonical."""

    @property
    def told(self) -> str:
        """Everything the user can come to say: the prompt, and what it holds back."""
        return " ".join((self.prompt, *(fact.said for fact in self.held_back)))

    def flows(self) -> list[tuple[Call, DataFlow]]:
        """List every data flow with the call that it feeds."""
        return [(call, flow) for call in self.calls for flow in call.depends_on]


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """A recording row, as far as checking needs it."""

    recording_id: str
    key: str
    result_json: str
    """Canonical; empty when it was too large to keep."""
    result_sha256: str
    compared: Mapping[str, Any]
    """What of the row two runs are compared by."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file."""

    number: int
    data: bytes


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """Read an export's manifest.

    Raises:
        BadInput: there is none, or it is not one.
    """
    path = folder / MANIFEST
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{folder} holds no export: {path} is not there") from error
    except ValueError as error:
        raise BadInput(f"{path} is not JSON ({error}): export again") from error
    if not isinstance(value, dict) or not isinstance(value.get("files"), dict):
        raise BadInput(f"{path} is no manifest of an export: export again")
    return value


def lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a file.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        # Bytes: digests are of lines as they stand, and one that is no UTF-8 still has a number to name.
        with path.open("rb") as file:
            yield from (Line(number, data) for number, data in enumerate(file, 1))
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error}): export again") from error


def read_tasks(folder: Path) -> list[TaskRow]:
    """Read every task.

    Raises:
        BadInput: a line is no task; file and line are named.
    """
    return [task_row(line, folder) for line in lines(folder / TASKS)]


def task_row(line: Line, folder: Path) -> TaskRow:
    """Read one task; raises as `read_tasks`."""
    try:
        row = parse(line.data.decode("utf-8"))
        return TaskRow(
            row["task_id"],
            # The user's words; a system message may come before.
            row["prompt"][-1]["content"],
            tuple(_call(call) for call in row["reference"]),
            tuple(_evidence(field) for field in row["evidence"]),
            _canonical(row["ground_truth"]),
            row["answer_format"]["types"],
            {(name["server"], name["tool"]): offered for offered, name in row["tool_name_map"].items()},
            row,
            # Exports made before there were such tasks have no such member.
            tuple(HeldBack(fact["about"], fact["value"], fact["said"]) for fact in row.get("held_back", ())),
            canonical(row.get("end_state", [])),
        )
    except (Rejected, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BadInput(f"{folder / TASKS} line {line.number} is no task ({error}): export again") from error


def recording_row(line: Line, folder: Path) -> RecordingRow:
    """Read one recording.

    Raises:
        BadInput: the line is no recording; file and line are named.
    """
    try:
        row = parse(line.data.decode("utf-8"))
        state = State(row["state"]["world"], row["state"]["session"])
        arguments_json = _canonical(row["arguments"])
        return RecordingRow(
            row["recording_id"],
            recording_key(row["server_digest"], row["tool"], arguments_json, state),
            "" if row["result"] is None else _canonical(row["result"]),
            row["result_sha256"],
            compared_recording(row),
        )
    except (Rejected, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BadInput(f"{folder / RECORDINGS} line {line.number} is no recording ({error})") from error


def _call(row: Mapping[str, Any]) -> Call:
    return Call(
        row["call_id"],
        row["server"],
        row["tool"],
        _canonical(row["arguments"]),
        tuple(_flow(flow) for flow in row["depends_on"]),
        row["recording_id"],
        row["result_sha256"],
    )


def _flow(row: Mapping[str, Any]) -> DataFlow:
    start, end = row["slot"] or (None, None)
    return DataFlow(
        row["call_id"],
        _canonical(row["source"]),
        _canonical(row["transforms"]),
        row["argument"],
        row["sha256"],
        start,
        end,
    )


def _evidence(row: Mapping[str, Any]) -> FieldEvidence:
    sources = tuple(
        Source(source["call_id"], _canonical(source["locator"]), source["sha256"]) for source in row["sources"]
    )
    return FieldEvidence(row["field"], sources, _canonical(row["transforms"]))


def _canonical(value: Any) -> str:
    """Write an embedded value the way it was: its text was canonical."""
    return canonical(restore(value))
