"""`firefly snapshot expand`: a snapshot that also knows the calls of other ways to solve its tasks."""

import asyncio
import json
import shutil
import tempfile
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path

import click

from cli.paths.expanding import AMBIGUOUS_PATH, Expanded, Expansion
from cli.paths.gathering import Gathered, gather
from services.simulator.adapters.live_pool import LivePoolThread, Places
from services.simulator.adapters.runtime_files import read_runtime
from services.simulator.adapters.snapshot_file import open_snapshot, snapshot_folder, write_snapshot
from services.simulator.domain.snapshots import RUNTIME, WORLDS, Content
from shared.runtime.settings import ServiceSettings


@click.command()
@click.argument("place", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(1), help="Ways of the first tasks only.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def expand(place: Path, new: Path, limit: int | None, as_json: bool) -> None:
    """Make the calls of other ways to solve the tasks of the snapshot at PLACE, and write the snapshot NEW with them.

    PLACE needs its runtime (`snapshot create --runtime`). Only calls proven read-only are made, each once per world. A
    task that another way answers otherwise is left out of NEW (`ambiguous_path`). Three solutions in ten are kept back:
    `firefly sim paths` publishes theirs.

    \b
    Example: firefly snapshot expand out/live out/wide
    """  # noqa: D301
    folder = snapshot_folder(place)
    gathered = gather(folder, limit)
    expanded = asyncio.run(_expanded(folder, gathered))
    worlds = {digest: folder / WORLDS / digest for digest in gathered.content.world_digests}
    runtime = partial(_copy, folder / RUNTIME)
    manifest = write_snapshot(wider(gathered.content, expanded), worlds, new, metadata.version("firefly"), runtime)
    told = {
        "snapshot_id": manifest.snapshot_id,
        "calls": expanded.calls,
        "new_recordings": manifest.recordings - len(gathered.content.recordings),
        "tasks": manifest.tasks,
        AMBIGUOUS_PATH: list(expanded.ambiguous),
    }
    if as_json:
        click.echo(json.dumps(told, sort_keys=True))
        return
    click.echo(f"{manifest.snapshot_id}: {expanded.calls} calls made, {told['new_recordings']} new recordings  {new}")
    for task_id in expanded.ambiguous:
        click.echo(f"left out: {task_id} ({AMBIGUOUS_PATH}): another way ends in another answer")


def wider(content: Content, expanded: Expanded) -> Content:
    """Add recordings and leave out ambiguous tasks; what was recorded before stays as it was."""
    known = {one.recording_id: one for one in expanded.recordings}
    known |= {one.recording_id: one for one in content.recordings}
    tasks = tuple(one for one in content.tasks if one.task.task_id not in expanded.ambiguous)
    return replace(content, tasks=tasks, recordings=tuple(known[name] for name in sorted(known)))


async def _expanded(folder: Path, gathered: Gathered) -> Expanded:
    library = open_snapshot(folder)
    try:
        runnable = read_runtime(folder, library)
    finally:
        library.close()
    with tempfile.TemporaryDirectory(prefix="firefly-expand-") as scratch:
        async with LivePoolThread(runnable, Places(ServiceSettings().cache_dir, Path(scratch))) as pool:
            return await Expansion(gathered, pool, lambda text: click.echo(text, err=True)).run()


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
