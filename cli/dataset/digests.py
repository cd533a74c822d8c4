"""Digests of an export: of its files, and of what two runs are compared by."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.proof.canonical import canonical, sha256_text

MANIFEST = "manifest.json"
TASKS = "tasks.jsonl"
RECORDINGS = "recordings.jsonl"
SNAPSHOT = "snapshot"
OUTSIDE_TASK = ("snapshot_id", "pass_rate", "pass_rate_total", "pass_rate_passed", "solver_model")
"""Fields of a task row that two equal runs may differ in."""
INSIDE_RECORDING = (
    "recording_id",
    "server",
    "server_digest",
    "tool",
    "arguments",
    "state",
    "state_after",
    "result_sha256",
    "change",
)
"""Fields of a recording row that are compared; what an older version did not write is left out."""


def dataset_digest(tasks: Iterable[Mapping[str, Any]], recordings: Iterable[Mapping[str, Any]]) -> str:
    """Digest parsed rows: tasks, and the recordings that their references name; row order does not matter."""
    rows = list(tasks)
    named = {call["recording_id"] for task in rows for call in task["reference"]}
    lines = [canonical(["task", _comparable(task)]) for task in rows]
    lines += [
        canonical(["recording", compared_recording(recording)])
        for recording in recordings
        if recording["recording_id"] in named
    ]
    return sha256_text("\n".join(sorted(lines)))


def compared_recording(row: Mapping[str, Any]) -> dict[str, Any]:
    """Take what two runs are compared by out of a recording's row."""
    return {name: row[name] for name in INSIDE_RECORDING if name != "change" or row.get(name) is not None}


def file_digests(folder: Path) -> dict[str, str]:
    """Digest every file of an export but its manifest; a link counts by where it points."""
    return {
        path.relative_to(folder).as_posix(): file_sha256(path) for path in _files(folder) if path != folder / MANIFEST
    }


def file_sha256(path: Path) -> str:
    """Digest one file in hex."""
    if path.is_symlink():
        return sha256_text(f"link {path.readlink()}")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def line_digests(recordings: Path, names: Iterable[str]) -> dict[str, str]:
    """Digest the lines of the named recordings."""
    wanted, found = set(names), {}
    with recordings.open("rb") as file:
        for line in file:
            # `recording_id` is the first key of a row, so no line need be parsed.
            name = line.split(b'"', 4)[3].decode("utf-8", "replace")
            if name in wanted:
                found[name] = hashlib.sha256(line).hexdigest()
    return found


def _comparable(task: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in task.items() if name not in OUTSIDE_TASK}
    provenance = kept.get("provenance") or {}
    # Instants and durations differ between runs that agree in all else.
    kept["provenance"] = {name: value for name, value in provenance.items() if not name.endswith(("_at", "_seconds"))}
    return kept


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file())
