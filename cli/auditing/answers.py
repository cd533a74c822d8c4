"""Plays renderings and near misses of every ground truth against the reward."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.auditing.near_misses import near_misses
from cli.auditing.neighbours import neighbours
from cli.auditing.renderings import renderings
from cli.dataset.digests import RECORDINGS
from cli.dataset.reading import TaskRow, lines, read_tasks, recording_row
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.reward import score


@dataclass(frozen=True, slots=True)
class Misjudged:
    """An answer that was not judged as it should be."""

    task_id: str
    answer: str
    reward: float


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of all answers of an export."""

    tasks: int
    renderings: int
    refused_renderings: tuple[Misjudged, ...]
    near_misses: int
    neighbours: int
    """Of the near misses, values derived from the rows next to the cited ones."""
    rewarded_near_misses: tuple[Misjudged, ...]
    fewest: tuple[int, int]
    """Renderings and near misses of the task that has fewest."""
    types: Mapping[str, int]
    """Fields by answer type."""


def judge(folder: Path) -> Judged:
    """Judge renderings and near misses of every task of an export.

    Raises:
        BadInput: the folder holds no export.
    """
    tasks = read_tasks(folder)
    results = _results(folder, {call.recording_id for task in tasks for call in task.calls})
    refused: list[Misjudged] = []
    rewarded: list[Misjudged] = []
    counts: list[tuple[int, int]] = []
    beside = 0
    for task in tasks:
        truth, types = parse_canonical(task.ground_truth_json), task.answer_types
        held = {call.call_id: results[call.recording_id] for call in task.calls if call.recording_id in results}
        next_to = {field.field: neighbours(field, held) for field in task.evidence}
        beside += sum(map(len, next_to.values()))
        right, wrong = renderings(truth, types), near_misses(truth, types, next_to)
        counts.append((len(right), len(wrong)))
        refused += _misjudged(task, right, 1.0)
        rewarded += _misjudged(task, wrong, 0.0)
    return Judged(
        len(tasks),
        sum(one for one, _ in counts),
        tuple(refused),
        sum(other for _, other in counts),
        beside,
        tuple(rewarded),
        (min((one for one, _ in counts), default=0), min((other for _, other in counts), default=0)),
        Counter(str(kind.get("type")) for task in tasks for kind in task.answer_types.values()),
    )


def _misjudged(task: TaskRow, answers: list[str], wanted: float) -> list[Misjudged]:
    types = json.dumps(task.answer_types, default=float)
    given = [(answer, score(answer, task.ground_truth_json, types, "", False, False).reward) for answer in answers]
    return [Misjudged(task.task_id, answer, reward) for answer, reward in given if reward != wanted]


def _results(folder: Path, named: set[str]) -> dict[str, str]:
    rows = (recording_row(line, folder) for line in lines(folder / RECORDINGS))
    return {row.recording_id: row.result_json for row in rows if row.recording_id in named and row.result_json}


def reward_of(answer: str, truth: Mapping[str, Any], types: Mapping[str, Any]) -> float:
    """Judge one answer."""
    return score(answer, canonical(truth), canonical(types), "", False, False).reward
