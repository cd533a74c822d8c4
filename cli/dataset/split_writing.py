"""Writes the sides of a split: rows as they were exported, who stands where, and a card that says so."""

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cli.dataset.contamination import hits, load_benchmark
from cli.dataset.digests import TASKS
from cli.dataset.reading import lines, read_manifest, task_row
from cli.dataset.splitting import TRAIN, UNSEEN_SERVER, UNSEEN_WORLD, Rules, Split, needed, split
from shared.model.errors import BadInput

SPLITS = "splits.json"
SIDES = (TRAIN, UNSEEN_WORLD, UNSEEN_SERVER)
_OLD = b', "split": "train", "snapshot_id": '
_NEW = b', "split": "test", "snapshot_id": '


def write_split(export: Path, out: Path, rules: Rules, benchmarks: Sequence[Path] = ()) -> dict[str, Any]:
    """Write the sides of an export's split to a folder, and return what `splits.json` says.

    Raises:
        BadInput: no export, a benchmark that cannot be read, or a folder that holds something else.
    """
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / SPLITS).is_file())):
        raise BadInput(f"{out} holds something that is no split: give a new folder")
    manifest = read_manifest(export)
    rows = [(line, task_row(line, export)) for line in lines(export / TASKS)]
    items = [item for path in benchmarks for item in load_benchmark(path)]
    found = hits({task.task_id: task.prompt for _, task in rows}, items)
    divided = split([task for _, task in rows], rules, {hit.task_id for hit in found})
    said: dict[str, Any] = {
        "dataset_digest": manifest.get("dataset_digest", ""),
        "rules": {**asdict(rules), "hubs": sorted(rules.hubs)},
        "counts": {side: sum(1 for other in divided.of_task.values() if other == side) for side in SIDES},
        "left_out": {reason: len(names) for reason, names in divided.left_out.items()},
        "test_worlds": list(divided.test_worlds),
        "test_servers": list(divided.test_servers),
        "hubs": list(divided.hubs),
        "twins": [list(group) for group in divided.twins],
        "benchmarks": {path.name: sum(item.source == path.name for item in items) for path in benchmarks},
        "in_a_benchmark": [asdict(hit) for hit in found],
        "tasks": dict(sorted(divided.of_task.items())),
        "tasks_left_out": {reason: sorted(names) for reason, names in divided.left_out.items()},
    }
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for side in SIDES:
        data = b"".join(_row(line.data, side) for line, task in rows if divided.of_task.get(task.task_id) == side)
        (out / f"{side}.jsonl").write_bytes(data)
    (out / SPLITS).write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    servers = {task.task_id: needed(task) for _, task in rows}
    (out / "README.md").write_text(_card(said, divided, servers), encoding="utf-8")
    return said


def _row(line: bytes, side: str) -> bytes:
    return line if side == TRAIN else line.replace(_OLD, _NEW, 1)


def _card(said: dict[str, Any], divided: Split, servers: dict[str, set[str]]) -> str:
    rules = said["rules"]
    counts = [f"| {side} | {many} |" for side, many in said["counts"].items()]
    counts += [f"| left out: {reason} | {many} |" for reason, many in sorted(said["left_out"].items())]
    parts = [
        "# Training and test sides\n",
        f"Of the dataset with digest `{said['dataset_digest']}`; seed {rules['seed']}, "
        f"{rules['test_share']:.0%} of worlds and of non-hub servers held out.\n",
        "Worlds of a test are in no training task, and neither is its wording once names and numbers are masked. A "
        "test task calls at least one server that is no hub. Servers of one package, or with mostly the same tools, "
        "count as one. Report the two tests apart: in the first only the worlds are new, in the second servers are as "
        "well.\n",
        "| side | tasks |\n|---|---|\n" + "\n".join(counts) + "\n",
        f"- Test worlds: {', '.join(name[:12] for name in said['test_worlds']) or 'none'}",
        f"- Test servers: {', '.join(said['test_servers']) or 'none'}"
        + ("; training tasks are not offered them either" if rules["offered_too"] else ""),
        f"- Hubs, on both sides: {', '.join(said['hubs']) or 'none'}",
        f"- Servers that are one: {'; '.join(' = '.join(group) for group in said['twins']) or 'none'}",
        f"- Near-duplicates (MinHash over word triples, similarity 0.8): "
        f"{said['left_out'].get('nearly_the_same_words', 0)}; the same meaning (logical form and world): "
        f"{said['left_out'].get('same_meaning', 0)}",
        f"- Compared with {sum(said['benchmarks'].values())} questions of "
        f"{', '.join(said['benchmarks']) or 'no public benchmark'}: {len(said['in_a_benchmark'])} alike\n",
    ]
    for side in SIDES:
        used = Counter(name for task, other in divided.of_task.items() if other == side for name in servers[task])
        rows = "\n".join(f"| {name} | {many} |" for name, many in sorted(used.items()))
        parts.append(f"## Servers that tasks of {side} call\n\n| server | tasks |\n|---|---|\n{rows}\n")
    return "\n".join(parts)
