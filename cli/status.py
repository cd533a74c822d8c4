"""`firefly status`: one screen of a run, in progress or at rest: what is slow, what fails, what it costs."""

import asyncio
import json
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from cli.data_folder import DataFolder, kafka_of
from cli.running import board, costs, screen
from cli.running.feed import Feed
from cli.running.funnel import funnel, funnel_table
from cli.running.goal import Goal
from cli.running.parameters import stored
from cli.running.progress import Progress
from cli.running.view import printable
from cli.running.yields import Yields, yields_table
from shared.runtime.spending import Limits

DATA = Path(".firefly/data")
PLAIN_WIDTH = 132
"""Columns where there is no terminal to ask."""


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="Where the run lives.")
@click.option("--servers", "by_server", is_flag=True, help="What each server gave, and why others gave nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(data: Path, by_server: bool, as_json: bool) -> None:
    """Show what is slow in a run, what fails, what it costs, and what became of every server and draw.

    \b
    Examples:
      firefly status --data .firefly/data
      firefly status --servers
      firefly status --data .firefly/data --json
    """  # noqa: D301
    folder = DataFolder(data)
    running = folder.running()
    with kafka_of(data) as bootstrap:
        progress, yields = asyncio.run(read(bootstrap))
    parameters = stored(folder.parameters)
    goal = Goal(parameters.until, parameters.draws) if parameters else Goal()
    limits = parameters.limits if parameters else Limits()
    seen = board.load(folder.board)
    if as_json:
        stages = {"seconds_ago": seen.age_seconds, "slowest": seen.slowest, "stages": list(seen.stages)}
        spent = costs.as_json(progress.costs, progress.judged, limits)
        counts = {**funnel(progress), "costs": spent, "services": stages, "by_server": yields.rows()}
        click.echo(json.dumps({"running": running is not None, **counts}, sort_keys=True))
        return
    if by_server:
        console().print(yields_table(yields))
        return
    where = f"running, process {running.pid}" if running else "at rest"
    show(progress, seen, limits, f"{folder.root}: {where}; {goal.text(progress)}", running is not None)


def show(progress: Progress, seen: board.Board, limits: Limits, title: str, is_running: bool) -> None:
    """Draw it."""
    terminal = console()
    terminal.print(Text(title), soft_wrap=True)
    terminal.print(screen.stage_table(seen, progress.costs.stages, is_running))
    if is_running and (line := screen.slow_line(seen)):
        terminal.print(Text(line))
    terminal.print(funnel_table(progress))
    for line in costs.lines(progress.costs, progress.judged, limits):
        terminal.print(Text(printable(line, 1000)), soft_wrap=True)


def console() -> Console:
    """Make one that a file or pipe gets whole rows from."""
    terminal = Console(highlight=False)
    return terminal if terminal.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


async def read(bootstrap: str) -> tuple[Progress, Yields]:
    """Fold everything that is committed now.

    Raises:
        Unavailable: Kafka does not answer.
    """
    progress, yields = Progress(), Yields()
    feed = Feed(bootstrap, progress)
    feed.on_record = yields.apply
    async with feed.following():
        await feed.catch_up()
    return progress, yields
