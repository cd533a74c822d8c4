"""`firefly up`: run the pipeline on a data folder."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cli.data_folder import DataFolder
from cli.running import requests
from cli.running.parameters import EPOCH_SIZE, Asked, RunParameters, settle, stored
from cli.running.pipeline import Interrupted
from cli.running.requests import CrawlPlan
from cli.running.run import Outcome, run
from cli.running.view import usage_table
from shared.model.errors import BadInput
from shared.runtime.servers.spec import read_servers
from shared.runtime.servers.world_store import WorldStore

DATA = Path(".firefly/data")
SERVERS = Path("mcp.json")
INTERRUPTED = 130
KEPT = "; 0: no limit.  [default: the run's, else 0]"


class Money(click.ParamType):
    """An exact amount."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """See click."""
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal(-1)
        if not amount.is_finite() or amount < 0:
            self.fail(f"{value!r} is no amount of money, such as 2.50", param, ctx)
        return amount


MONEY = Money()


@click.command()
@click.option("--servers", type=click.Path(path_type=Path), help="An mcp.json.  [default: the run's, else mcp.json]")
@click.option(
    "--world", "worlds", type=click.Path(path_type=Path), multiple=True, help="World folder; repeat it for more worlds."
)
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="Where the run lives.")
@click.option("--until", type=click.IntRange(1), help="Stop when so many distinct tasks are verified.")
@click.option("--draws", type=click.IntRange(1), help="Stop after so many draws: the same tasks every time.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Root of all randomness.  [default: the run's, else 0]")
@click.option(
    "--epoch-size",
    type=click.IntRange(1, 4096),
    help=f"Draws per graph version.  [default: the run's, else {EPOCH_SIZE}]",
)
@click.option("--budget-calls", type=click.IntRange(0), help=f"Pause after so many tool calls and requests{KEPT}")
@click.option("--budget-tokens", type=click.IntRange(0), help=f"Pause after so many tokens of a model{KEPT}")
@click.option("--budget-money", type=MONEY, help=f"Pause after so much money, by FIREFLY_MODEL_PRICE_IN and _OUT{KEPT}")
def up(data: Path, **options: Any) -> int:
    """Run the pipeline: real servers in, verified tasks out. Started again on the same --data, it goes on.

    \b
    Examples:
      firefly up --servers examples/mcp.json --until 100
      firefly up --servers examples/mcp.json --draws 150 --seed 7 --data out/run7
    """  # noqa: D301
    asked = Asked(**options)
    if asked.until is not None and asked.draws is not None:
        raise BadInput("--until and --draws exclude each other; give one of them")
    console = Console()
    folder = DataFolder(data)
    with folder.held():
        parameters, crawl = prepare(folder, asked)
        try:
            outcome = run(folder, parameters, crawl, console)
        except Interrupted:
            console.print("interrupted; start it again on the same --data and it goes on")
            return INTERRUPTED
    report(console, outcome)
    return 0


def prepare(folder: DataFolder, asked: Asked) -> tuple[RunParameters, CrawlPlan]:
    """Settle what is run, before anything is started.

    Raises:
        BadInput: servers, worlds or options are wrong, or the folder holds another run.
    """
    before = stored(folder.parameters)
    servers = read_servers(asked.servers or (Path(before.servers_file) if before else SERVERS))
    world_folders = asked.worlds or tuple(map(Path, before.world_folders if before else ()))
    crawl = requests.plan(servers, world_folders, WorldStore(folder.worlds))
    now = RunParameters(
        servers_file=str(servers.path.absolute()),
        servers_digest=crawl.servers_digest,
        world_folders=tuple(str(one.absolute()) for one in world_folders),
        worlds=crawl.worlds,
        seed=_first(asked.seed, before.seed if before else None, 0),
        epoch_size=_first(asked.epoch_size, before.epoch_size if before else None, EPOCH_SIZE),
        until=asked.until,
        draws=asked.draws,
        **budget(asked, before),
    )
    parameters = settle(before, now, folder.root)
    parameters.save(folder.parameters)
    return parameters, crawl


def report(console: Console, outcome: Outcome) -> None:
    """Say what the run came to and what it cost."""
    progress = outcome.progress
    console.print(f"{progress.verified} tasks verified from {len(progress.explored)} draws")
    console.print(usage_table(outcome.meter, outcome.wall_seconds))


def budget(asked: Asked, before: RunParameters | None) -> dict[str, Any]:
    """What is not given stays as it was."""
    given = {"budget_calls": asked.budget_calls, "budget_tokens": asked.budget_tokens}
    money = None if asked.budget_money is None else f"{asked.budget_money:f}"
    chosen = {name: value for name, value in {**given, "budget_money": money}.items() if value is not None}
    return {**({name: getattr(before, name) for name in (*given, "budget_money")} if before else {}), **chosen}


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)
