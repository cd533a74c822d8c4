"""`firefly snapshot`: make, list, show, compare and verify simulator snapshots."""

import asyncio
import json
from dataclasses import asdict
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from cli.data_folder import DataFolder, kafka_of
from cli.dataset import gathering
from cli.dataset.selection import select
from cli.snapshot_diff import diff
from cli.snapshot_expand import expand
from cli.snapshot_respell import respell
from cli.snapshot_runtime import runtime_of
from services.simulator.adapters.runtime_files import write_runtime
from services.simulator.adapters.snapshot_file import read_snapshot_manifest, verify_snapshot, write_snapshot
from services.simulator.domain.snapshots import Manifest
from shared.model.errors import BadInput

DATA = Path(".firefly/data")
_PLACE = click.argument("place", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def snapshot() -> None:
    """Make and look at snapshots: immutable, named by their content, enough to serve tools without Kafka."""


snapshot.add_command(diff)
snapshot.add_command(expand)
snapshot.add_command(respell)


@snapshot.command()
@_PLACE
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="Where the run lives.")
@click.option("--runtime", is_flag=True, help="Pack launch specs and package pins too: the snapshot can run live.")
@_JSON
def create(place: Path, data: Path, runtime: bool, as_json: bool) -> None:
    """Write a snapshot of a run to the new folder PLACE.

    \b
    Examples:
      firefly snapshot create out/snapshot --data .firefly/data
      firefly snapshot create out/live --data .firefly/data --runtime
    """  # noqa: D301
    with kafka_of(data) as bootstrap:
        gathered = asyncio.run(gathering.gather(bootstrap, DataFolder(data)))
    content = select(gathered).content
    packed = asyncio.run(runtime_of(DataFolder(data), content.servers)) if runtime else ()
    pack = partial(write_runtime, packed) if packed else None
    manifest = write_snapshot(content, gathered.worlds, place, metadata.version("firefly"), pack)
    _say([(place, manifest)], as_json)


@snapshot.command("list")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@_JSON
def list_snapshots(folder: Path, as_json: bool) -> None:
    """List the snapshots in FOLDER and below.

    \b
    Example: firefly snapshot list out
    """  # noqa: D301
    found = []
    for path in sorted(folder.rglob("snapshot.sqlite")):
        try:
            found.append((path.parent, read_snapshot_manifest(path.parent)))
        except BadInput as error:
            click.echo(str(error), err=True)
    _say(found, as_json)


@snapshot.command()
@_PLACE
@_JSON
def show(place: Path, as_json: bool) -> None:
    """Show what the snapshot at PLACE holds.

    \b
    Example: firefly snapshot show out/mine
    """  # noqa: D301
    _say([(place, read_snapshot_manifest(place))], as_json)


@snapshot.command()
@_PLACE
@_JSON
def verify(place: Path, as_json: bool) -> None:
    """Check every file of the snapshot at PLACE, and that its content bears its name.

    \b
    Example: firefly snapshot verify out/mine
    """  # noqa: D301
    _say([(place, verify_snapshot(place))], as_json)


def _say(found: list[tuple[Path, Manifest]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([_summary(place, manifest) for place, manifest in found], sort_keys=True))
        return
    for place, manifest in found:
        click.echo(
            f"{manifest.snapshot_id}  {manifest.tasks} tasks, {manifest.recordings} recordings, "
            f"{manifest.servers} servers, {len(manifest.worlds)} worlds  {place}"
        )


def _summary(place: Path, manifest: Manifest) -> dict[str, Any]:
    return {**asdict(manifest), "worlds": sorted(manifest.worlds), "path": str(place)}
