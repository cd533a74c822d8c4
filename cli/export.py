"""`firefly export`: write the dataset of a run to a folder."""

import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cli.data_folder import DataFolder, kafka_of
from cli.dataset import gathering
from cli.dataset.formats.writing import FORMS, write_format
from cli.dataset.split_writing import write_split
from cli.dataset.splitting import HUBS, Rules
from cli.dataset.writing import Manifest, write_dataset
from shared.model.errors import BadInput

DATA = Path(".firefly/data")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="Where the run lives.")
@click.option("--format", "form", type=click.Choice(sorted(FORMS)), help="Write the tasks as a trainer loads them.")
@click.option(
    "--from", "exported", type=click.Path(path_type=Path), help="With --format or --split: an export, not a run."
)
@click.option(
    "--split", "is_split", is_flag=True, help="Write training and test sides: train, unseen world and server."
)
@click.option("--hub", "hubs", multiple=True, help="With --split: a server that may be on both sides; repeatable.")
@click.option(
    "--split-seed", type=int, default=0, show_default=True, help="With --split: another draw of what is held out."
)
@click.option(
    "--benchmark",
    "benchmarks",
    multiple=True,
    type=click.Path(path_type=Path),
    help="With --split: leave out what resembles this benchmark file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as one JSON object, without its file list.")
def export(
    folder: Path, data: Path, form: str | None, exported: Path | None, is_split: bool, as_json: bool, **options: Any
) -> None:
    """Write the verified tasks of a run, their recordings and a simulator snapshot to FOLDER.

    An earlier export in FOLDER is replaced; anything else there is refused. The run may be in progress. With --format
    FOLDER holds only the tasks, in one of the forms of docs/training.md; the simulator needs the plain export.

    \b
    Examples:
      firefly export out/mine --data .firefly/data
      firefly export out/mine-trl --format trl --from out/mine
      firefly export out/mine-split --split --from out/mine
    """  # noqa: D301
    if is_split:
        _export_split(exported, data, folder, options)
        return
    if form is not None:
        _export_form(form, exported, data, folder)
        return
    if exported is not None:
        raise BadInput("--from goes with --format or --split: an export is written from a run")
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


def _export_form(form: str, exported: Path | None, data: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        source = exported or Path(place) / "export"
        if exported is None:
            export_run(data, source)
        tasks = write_format(source, form, folder)
    click.echo(f"{tasks} tasks in {folder}")


def _export_split(exported: Path | None, data: Path, folder: Path, options: Mapping[str, Any]) -> None:
    rules = Rules(frozenset(options["hubs"]) or HUBS, seed=options["split_seed"])
    with tempfile.TemporaryDirectory() as place:
        source = exported or Path(place) / "export"
        if exported is None:
            export_run(data, source)
        said = write_split(source, folder, rules, options["benchmarks"])
    counts = ", ".join(f"{side} {many}" for side, many in said["counts"].items())
    left_out = ", ".join(f"{reason} {many}" for reason, many in said["left_out"].items() if many)
    click.echo(f"{counts} tasks in {folder}; left out: {left_out or 'none'}")


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
