"""`firefly snapshot diff`: what lies between two snapshots."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from services.simulator.adapters.snapshot_file import read_content, read_snapshot_manifest, snapshot_folder
from services.simulator.domain.snapshot_diff import Rule, SnapshotDiff, compare
from services.simulator.domain.snapshots import Content, Manifest

SHOWN = 10


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def diff(first: Path, second: Path, as_json: bool) -> None:
    """Say what the snapshot at SECOND has, lacks and answers otherwise than the one at FIRST.

    Exit code 0 when both hold the same, 1 when they differ, 2 when one of them cannot be read.

    \b
    Example: firefly snapshot diff out/monday out/friday
    """  # noqa: D301
    (one, before), (other, after) = _read(first), _read(second)
    found = compare(before, after)
    if as_json:
        value = {"first": one.snapshot_id, "second": other.snapshot_id, "same": found.is_empty, **asdict(found)}
        click.echo(json.dumps(value, sort_keys=True))
    else:
        click.echo(f"{one.snapshot_id} -> {other.snapshot_id}: " + ("the same" if found.is_empty else "different"))
        for line in _lines(found):
            click.echo(line)
    if not found.is_empty:
        raise SystemExit(1)


def _read(place: Path) -> tuple[Manifest, Content]:
    folder = snapshot_folder(place)
    manifest = read_snapshot_manifest(folder)
    return manifest, read_content(folder, tuple(manifest.worlds))


def _lines(found: SnapshotDiff) -> Sequence[str]:
    lists = {
        "tasks added": found.tasks_added,
        "tasks removed": found.tasks_removed,
        "tasks changed": found.tasks_changed,
        "tasks affected by changed or removed answers": found.tasks_affected,
        "tool definitions changed": [f"{server}/{tool}" for server, tool in found.definitions_changed],
        "servers changed": found.servers_changed,
        "worlds added": [name[:12] for name in found.worlds_added],
        "worlds removed": [name[:12] for name in found.worlds_removed],
        "spelling rules added": _rules(found.spellings_added),
        "spelling rules removed": _rules(found.spellings_removed),
        "spelling rules changed": _rules(found.spellings_changed),
    }
    calls = [
        f"  {one.server_id}/{one.tool}: {one.added} added, {one.removed} removed, {one.changed} changed"
        for one in found.tools
    ]
    total = [sum(getattr(one, kind) for one in found.tools) for kind in ("added", "removed", "changed")]
    head = [f"recorded calls: {total[0]} added, {total[1]} removed, {total[2]} changed"] if calls else []
    return [*head, *calls, *(f"{name}: {_some(names)}" for name, names in lists.items() if names)]


def _rules(rules: Sequence[Rule]) -> Sequence[str]:
    return [f"{server}/{tool} {place} {rule}" for server, tool, place, rule in rules]


def _some(names: Sequence[str]) -> str:
    rest = len(names) - SHOWN
    return f"{len(names)} ({', '.join(names[:SHOWN])}{f', and {rest} more' if rest > 0 else ''})"
