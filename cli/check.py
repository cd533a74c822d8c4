"""`firefly check`: re-derive every label of a dataset, offline."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from cli.dataset.checking import Checked, check_dataset

SHOWN = 20


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Re-derive every label of the export in FOLDER from its recordings; nothing but the files is needed.

    Exit code 1 when anything does not hold; each problem names file, task and field.

    \b
    Example: firefly check out/mine
    """  # noqa: D301
    checked = check_dataset(folder)
    if as_json:
        click.echo(json.dumps({**asdict(checked), "ok": not checked.problems}, sort_keys=True))
    else:
        _say(checked)
    if checked.problems:
        ctx.exit(1)


def _say(checked: Checked) -> None:
    for problem in checked.problems[:SHOWN]:
        where = " ".join(part for part in (problem.place, problem.task_id, problem.field) if part)
        click.echo(f"{where}: {problem.text}", err=True)
    if len(checked.problems) > SHOWN:
        click.echo(f"and {len(checked.problems) - SHOWN} more; see --json", err=True)
    click.echo(
        f"{checked.tasks} tasks: {checked.fields} fields and {checked.flows} data flows re-derived from "
        f"{checked.recordings} recordings, {checked.files} files: "
        + (
            f"{len(checked.problems)} problems"
            if checked.problems
            else f"all hold, dataset digest {checked.dataset_digest}"
        )
    )
