"""Writes an export: rows, snapshot with its worlds, manifest, card; the same tasks give the same bytes."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from cli.dataset import card, json_lines
from cli.dataset.digests import MANIFEST, RECORDINGS, SNAPSHOT, TASKS, dataset_digest, file_digests, line_digests
from cli.dataset.reading import lines
from cli.dataset.rows import recording_row, task_row
from cli.dataset.selection import Gathered, Selected, select
from services.simulator.adapters.snapshot_file import write_snapshot
from services.simulator.domain.snapshots import snapshot_id
from shared.model.errors import BadInput
from shared.proof.canonical import parse
from shared.proof.reward import CHECKER_VERSION

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Run:
    """What is said of the run that made the tasks."""

    seed: int = 0
    epoch_size: int = 0
    draws: int | None = None
    """`--draws`, where the run had it."""
    until: int | None = None
    """`--until`, where the run had it."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Further components and their versions."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`manifest.json`."""

    format: int
    dataset_digest: str
    snapshot_id: str
    run: Mapping[str, Any]
    counts: Mapping[str, int]
    left_out: Mapping[str, int]
    versions: Mapping[str, str]
    files: Mapping[str, str]
    """Path -> sha256 of every other file."""
    cited: Mapping[str, str]
    """Recording id -> sha256 of its line, for every recording that a reference names."""


def write_dataset(gathered: Gathered, out: Path, run: Run, funnel: Sequence[tuple[str, int]] = ()) -> Manifest:
    """Write an export; an earlier export in the same place is replaced once the new one is whole.

    Raises:
        BadInput: there is nothing to export, the folder holds something else, or a record is missing.
    """
    _require_free(out)
    selected = select(gathered)
    if not selected.content.tasks:
        raise BadInput("there is no verified task to export: let the run go on, then export again")
    # Beside it: a rename works within one file system only.
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        manifest = _write(selected, gathered.worlds, part, run, funnel)
        shutil.rmtree(out, ignore_errors=True)
        part.rename(out)
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error}): free space or give another folder") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def _require_free(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file: give a folder")
    # It is going to be removed, and only an export may be.
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise BadInput(f"{out} holds something that is no export: give a new folder")


def _write(
    selected: Selected, worlds: Mapping[str, Path], part: Path, run: Run, funnel: Sequence[tuple[str, int]]
) -> Manifest:
    content, version = selected.content, metadata.version("firefly")
    name = snapshot_id(content)
    _lines(part / TASKS, (task_row(task, selected.servers, name) for task in content.tasks))
    _lines(part / RECORDINGS, (recording_row(recording) for recording in content.recordings))
    write_snapshot(content, worlds, part / SNAPSHOT, version)
    counts = {
        "tasks": len(content.tasks),
        "recordings": len(content.recordings),
        "servers": len(content.servers),
        "tools": len(content.tools),
        "worlds": len(content.world_digests),
        "shapes": len({task.task.shape for task in content.tasks}),
    }
    # From the file, not from memory: what is digested is what others will read.
    tasks = [parse(line.data.decode()) for line in lines(part / TASKS)]
    digest = dataset_digest(tasks, (parse(line.data.decode()) for line in lines(part / RECORDINGS)))
    facts = card.Facts(tasks, counts, selected.left_out, digest, name, run.seed)
    (part / "README.md").write_text(card.card(facts, selected.servers, funnel), encoding="utf-8")
    cited = {call.recording_id for task in content.tasks for call in task.task.reference}
    manifest = Manifest(
        FORMAT,
        digest,
        name,
        {"seed": run.seed, "epoch_size": run.epoch_size, "draws": run.draws, "until": run.until},
        counts,
        selected.left_out,
        {"firefly": version, "checker": CHECKER_VERSION, **run.versions},
        file_digests(part),
        line_digests(part / RECORDINGS, cited),
    )
    text = json.dumps(asdict(manifest), indent=2, sort_keys=True, ensure_ascii=False)
    (part / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest


def _lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json_lines.write(row) + "\n")
