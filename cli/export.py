"""`firefly export`: write the dataset of a run to a folder."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from cli.data_folder import DataFolder, kafka_of
from cli.dataset import gathering
from cli.dataset.writing import Manifest, write_dataset

DATA = Path(".firefly/data")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="Where the run lives.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as one JSON object, without its file list.")
def export(folder: Path, data: Path, as_json: bool) -> None:
    """Write the verified tasks of a run, their recordings and a simulator snapshot to FOLDER.

    An earlier export in FOLDER is replaced; anything else there is refused. The run may be in progress.

    \b
    Example: firefly export out/mine --data .firefly/data
    """  # noqa: D301
    manifest = export_run(data, folder)
    if as_json:
        shown = {name: value for name, value in asdict(manifest).items() if name not in ("files", "cited")}
        click.echo(json.dumps(shown, sort_keys=True))
        return
    counts = manifest.counts
    console = Console(highlight=False)
    console.print(
        f"{counts['tasks']} tasks, {counts['recordings']} recordings, {counts['servers']} servers in {folder}"
    )
    console.print(f"dataset digest {manifest.dataset_digest}\nsnapshot       {manifest.snapshot_id}")


def export_run(data: Path, folder: Path) -> Manifest:
    """Export the run on a data folder.

    Raises:
        BadInput: no run, nothing to export, or the folder holds something else.
        Unavailable: Kafka does not answer.
    """
    with kafka_of(data) as bootstrap:
        return asyncio.run(export_topics(bootstrap, DataFolder(data), folder))


async def export_topics(bootstrap: str, data: DataFolder, folder: Path) -> Manifest:
    """Export what the topics of a running Kafka hold; raises as `export_run`."""
    gathered = await gathering.gather(bootstrap, data)
    return write_dataset(gathered, folder, gathering.run_of(data), await gathering.count(bootstrap))
