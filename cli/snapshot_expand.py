"""`firefly snapshot expand`: a snapshot that also knows the calls of other ways to solve its tasks."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path

import click

from cli.data_folder import DataFolder
from cli.paths.around import looks
from cli.paths.expanding import Expanded, Expansion
from cli.paths.gathering import Gathered, gather
from cli.paths.reproving import put_in, reproven
from cli.retracting import retract
from services.crawler.adapters.benches import Servers
from services.crawler.adapters.world_files import inspect_world
from services.simulator.adapters.live_pool import LivePoolThread, Places, Runnable
from services.simulator.adapters.runtime_files import read_runtime
from services.simulator.adapters.snapshot_file import open_snapshot, snapshot_folder, write_snapshot
from services.simulator.domain.snapshots import RUNTIME, WORLDS, Content
from shared.model.catalogue import ToolRecord, WorldRecord
from shared.model.tasks import AMBIGUOUS_PATH
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.session import Timeouts
from shared.runtime.servers.world_store import WorldStore
from shared.runtime.settings import ServiceSettings

_START_SECONDS = 300.0


@click.command()
@click.argument("place", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(1), help="Ways of the first tasks only.")
@click.option("--data", type=click.Path(path_type=Path), help="Retract such tasks in the run that lives here, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def expand(place: Path, new: Path, limit: int | None, data: Path | None, as_json: bool) -> None:
    """Make the calls of other ways to solve the tasks of the snapshot at PLACE, and write the snapshot NEW with them.

    PLACE needs its runtime (`snapshot create --runtime`). Tools of which the crawl saw no success are probed again.
    Then only calls proven read-only are made, each once per world: those of solutions, and looks around at folders,
    files, sheets and repositories. A task that another way answers otherwise is left out of NEW (`ambiguous_path`).
    Three solutions in ten are kept back: `firefly sim paths` publishes theirs.

    \b
    Examples:
      firefly snapshot expand out/live out/wide
      firefly snapshot expand out/live out/wide --data .firefly/data
    """  # noqa: D301
    folder = snapshot_folder(place)
    if data:
        DataFolder(data).require_run()
    gathered, expanded = asyncio.run(_expanded(folder, gather(folder, limit)))
    worlds = {digest: folder / WORLDS / digest for digest in gathered.content.world_digests}
    runtime = partial(_copy, folder / RUNTIME)
    manifest = write_snapshot(wider(gathered.content, expanded), worlds, new, metadata.version("firefly"), runtime)
    told = {
        "snapshot_id": manifest.snapshot_id,
        "calls": expanded.calls,
        "looks_around": expanded.looks,
        "new_recordings": manifest.recordings - len(gathered.content.recordings),
        "tasks": manifest.tasks,
        AMBIGUOUS_PATH: list(expanded.ambiguous),
        "retracted": list(retract(data, expanded.ambiguous, AMBIGUOUS_PATH)) if data else [],
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


async def _expanded(folder: Path, gathered: Gathered) -> tuple[Gathered, Expanded]:
    library = open_snapshot(folder)
    try:
        runnable = read_runtime(folder, library)
    finally:
        library.close()
    with tempfile.TemporaryDirectory(prefix="firefly-expand-") as scratch:
        worlds = _worlds(gathered.content, folder)
        proven = await _proven(gathered.content, worlds, runnable, Path(scratch))
        content = replace(gathered.content, tools=put_in(gathered.content.tools, proven))
        # The pool is told too: what is proven decides which calls may share a warm copy.
        runnable = replace(runnable, tools=put_in(runnable.tools, proven))
        gathered = replace(gathered, content=content)
        async with LivePoolThread(runnable, Places(ServiceSettings().cache_dir, Path(scratch) / "pool")) as pool:
            return gathered, await Expansion(gathered, pool, looks(content, worlds), _tell).run()


def _worlds(content: Content, folder: Path) -> tuple[WorldRecord, ...]:
    store = WorldStore(folder / WORLDS)
    used = sorted({one.task.world_digest for one in content.tasks})
    return tuple(inspect_world(store.path(one), one, store.name(one), store.now(one)) for one in used)


async def _proven(
    content: Content, worlds: Sequence[WorldRecord], runnable: Runnable, scratch: Path
) -> tuple[ToolRecord, ...]:
    # Copies: probing keeps a world without files beside them, and a snapshot is never written to.
    shutil.copytree(runnable.worlds, scratch / WORLDS)
    # A pass that nobody waits for: on a busy machine servers with large imports took longer than a minute to start.
    timeouts = Timeouts(start=_START_SECONDS)
    launcher = Launcher(runnable.servers, ServiceSettings().cache_dir, scratch / "probes", find_programs(), timeouts)
    servers = Servers(launcher, WorldStore(scratch / WORLDS), scratch / "probes")
    found: tuple[ToolRecord, ...] = ()
    for world in worlds[:1]:
        found = await reproven(content, world, servers, runnable.digests)
    for tool in found:
        _tell(f"{tool.server_id}/{tool.name} only reads: {tool.behaviour.evidence}")
    return found


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
