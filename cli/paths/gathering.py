"""Solutions of all tasks of a snapshot, and how many questions were understood."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.paths.shelf import NotUnderstoodError, Shelf
from cli.paths.variants import Solution, solutions
from services.simulator.adapters.snapshot_file import read_content, read_snapshot_manifest
from services.simulator.domain.snapshots import WORLDS, Content
from services.verifier.adapters.worlds import FileWorld
from shared.model.tasks import Task
from shared.runtime.servers.world_store import WorldStore

FEWEST = 5
"""A task with fewer solutions is left out."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was made for a snapshot."""

    content: Content
    solutions: tuple[Solution, ...]
    shelves: Mapping[str, Shelf]
    """By task id."""
    left_out: Mapping[str, int]
    """Tasks without solutions, by why."""


def gather(folder: Path, limit: int | None = None) -> Gathered:
    """Make the solutions of a snapshot's tasks, in id order."""
    content = read_content(folder, tuple(read_snapshot_manifest(folder).worlds))
    store = WorldStore(folder / WORLDS)
    shelves = {one: Shelf(FileWorld(store.path(one), store.now(one))) for one in content.world_digests}
    tasks = sorted((one.task for one in content.tasks), key=lambda task: task.task_id)[:limit]
    made: list[Solution] = []
    left_out: Counter[str] = Counter()
    for task in tasks:
        # What its prompt means is said later, which no reader of prompts hears.
        if task.held_back:
            left_out["a prompt that leaves something open"] += 1
            continue
        # Their prompts end in what is to be written, and only the reference's own write was recorded.
        if task.end_state_json:
            left_out["asks for a change"] += 1
            continue
        try:
            found = _of_task(task, shelves[task.world_digest])
        except NotUnderstoodError as error:
            left_out[_why(str(error))] += 1
            continue
        if len(found) < FEWEST:
            left_out["fewer than five solutions"] += 1
            continue
        made += found
    by_task = {task.task_id: shelves[task.world_digest] for task in tasks}
    return Gathered(content, tuple(made), by_task, dict(sorted(left_out.items())))


def _of_task(task: Task, shelf: Shelf) -> Sequence[Solution]:
    # A name that two servers share means two things; the way leaves such tools alone.
    often = Counter(tool.name for tool in task.tools)
    return solutions(task.task_id, task.prompt, shelf, {name for name, many in often.items() if many == 1})


def _why(text: str) -> str:
    return "a source without a reader" if text.startswith("no offered tool") else "question not understood"
