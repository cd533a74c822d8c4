"""`firefly status`: the funnel of a run, in progress or at rest."""

import asyncio
import json
from pathlib import Path

import click
from rich.console import Console

from cli.data_folder import DataFolder, kafka_of
from cli.running.feed import Feed
from cli.running.funnel import funnel, funnel_table
from cli.running.goal import Goal
from cli.running.parameters import stored
from cli.running.progress import Progress

DATA = Path(".firefly/data")


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="Where the run lives.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(data: Path, as_json: bool) -> None:
    """Show what became of every server and draw of a run, and why.

    \b
    Example: firefly status --data .firefly/data --json
    """  # noqa: D301
    folder = DataFolder(data)
    running = folder.running()
    with kafka_of(data) as bootstrap:
        progress = asyncio.run(read(bootstrap))
    parameters = stored(folder.parameters)
    goal = Goal(parameters.until, parameters.draws) if parameters else Goal()
    if as_json:
        click.echo(json.dumps({"running": running is not None, **funnel(progress)}, sort_keys=True))
        return
    console = Console(highlight=False)
    console.print(
        f"{folder.root}: {f'running, process {running.pid}' if running else 'at rest'}; {goal.text(progress)}"
    )
    console.print(funnel_table(progress))


async def read(bootstrap: str) -> Progress:
    """Fold everything that is committed now.

    Raises:
        Unavailable: Kafka does not answer.
    """
    progress = Progress()
    feed = Feed(bootstrap, progress)
    async with feed.following():
        await feed.catch_up()
    return progress
