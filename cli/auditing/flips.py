"""Flips single bytes of cited recordings and asks the checker; nothing but the changed line is read again."""

import io
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.dataset.checking import Problem, Recordings, check_task, read_recordings
from cli.dataset.digests import RECORDINGS
from cli.dataset.reading import Line, TaskRow, lines, read_manifest, read_tasks
from shared.model.errors import Rejected
from shared.proof.locators import locate

_RESULT = b'"result": '


@dataclass(frozen=True, slots=True)
class Flip:
    """One flipped byte, and what the checker said."""

    recording_id: str
    region: str
    """`cited`: inside a value that a field or a data flow cites; `anywhere`: any byte of the line."""
    offset: int
    tasks: int
    """Tasks that rest on the recording."""
    named: int
    """Of them, how many the checker named."""
    underived: int
    """The same when whoever changed the byte has mended every digest of lines as well."""


@dataclass(frozen=True, slots=True)
class _Export:
    tasks: Mapping[str, Sequence[TaskRow]]
    """By recording id: the tasks whose reference names it."""
    data: Mapping[str, bytes]
    """By recording id: the line."""
    whole: Recordings
    cited: Mapping[str, str]
    folder: Path


def flip_bytes(folder: Path, recordings: int, seed: int) -> list[Flip]:
    """Flip one byte in a cited value and one anywhere, in each of some random cited recordings.

    Raises:
        BadInput: the folder holds no export.
    """
    export = _read(folder)
    rng = random.Random(seed)
    names = sorted(export.tasks)
    chosen = rng.sample(names, min(recordings, len(names)))
    return [_flip(export, name, region, rng) for name in chosen for region in ("cited", "anywhere")]


def _read(folder: Path) -> _Export:
    cited = read_manifest(folder).get("cited", {})
    tasks: dict[str, list[TaskRow]] = {}
    for task in read_tasks(folder):
        for name in {call.recording_id for call in task.calls}:
            tasks.setdefault(name, []).append(task)
    found = list(lines(folder / RECORDINGS))
    data = {line.data.split(b'"', 4)[3].decode(): line.data for line in found}
    return _Export(tasks, data, read_recordings(found, folder, tasks.keys(), cited), cited, folder)


def _flip(export: _Export, name: str, region: str, rng: random.Random) -> Flip:
    line = export.data[name]
    offset = rng.choice(_places(export, name) if region == "cited" else range(len(line) - 1))
    changed = bytearray(line)
    changed[offset] ^= 1 << rng.randrange(7)
    tasks = export.tasks[name]
    named, underived = (_named(export, name, bytes(changed), cited) for cited in (export.cited, {}))
    return Flip(name, region, offset, len(tasks), len(named), len(underived))


def _named(export: _Export, name: str, changed: bytes, cited: Mapping[str, str]) -> set[str]:
    """Name the tasks in which the checker finds a fault after one line was changed."""
    # A flip can make a line break: then the checker sees two lines, as it would in the file.
    parts = [Line(number, part) for number, part in enumerate(io.BytesIO(changed), 1)]
    again = read_recordings(parts, export.folder, export.tasks.keys(), cited)
    results = {key: value for key, value in export.whole.results.items() if key != name}
    spoilt = Recordings({**results, **again.results}, again.faults, (), 0, ())
    return {task.task_id for task in export.tasks[name] for problem in check_task(task, spoilt) if _names(problem)}


def _names(problem: Problem) -> bool:
    return bool(problem.task_id and problem.field)


def _places(export: _Export, name: str) -> list[int]:
    """List the bytes of cited values; those of the whole result where a value does not stand in it as it is."""
    line = export.data[name]
    first, last = line.index(_RESULT) + len(_RESULT), line.index(b', "result_sha256"')
    found: set[int] = set()
    for text in _cited_texts(export, name):
        once = json.dumps(text, ensure_ascii=False)[1:-1]
        for written in (once, json.dumps(once, ensure_ascii=False)[1:-1]):
            start = line.find(written.encode(), first, last)
            if written and start >= 0:
                found.update(range(start, start + len(written.encode())))
    return sorted(found) or list(range(first, last))


def _cited_texts(export: _Export, name: str) -> Iterator[str]:
    result = export.whole.results[name]
    for task in export.tasks[name]:
        calls = {call.call_id for call in task.calls if call.recording_id == name}
        sources = [(source.call_id, source.locator_json) for field in task.evidence for source in field.sources]
        sources += [(flow.call_id, flow.locator_json) for _, flow in task.flows()]
        for call_id, locator_json in sources:
            if call_id in calls:
                try:
                    yield locate(result, locator_json).text
                except Rejected:
                    continue
