"""`firefly demo`: everything once, from real MCP servers to agents scored on an exported dataset."""

import asyncio
import json
import shutil
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cli.data_folder import DataFolder
from cli.embedded import jars, ports
from cli.embedded.settings import EmbeddedSettings
from cli.running.children import Child, finished, firefly
from cli.running.funnel import funnel_table
from cli.running.goal import RunFailed
from cli.running.parameters import Asked
from cli.running.pipeline import Interrupted
from cli.running.run import Outcome, run
from cli.running.usage import Meter
from cli.running.view import usage_table
from cli.task_text import choose, draw
from cli.up import INTERRUPTED, prepare
from shared.model.errors import BadInput, Unavailable

SERVERS, WORLD = Path("examples/mcp.json"), Path("examples/world")
WORLD_SEED, WORLD_SIZE = 7, 3
DATA, OUT = Path("out/demo-data"), Path("out/demo")
TASKS = 25
EPOCH_SIZE = 8
"""Small: what is drawn when the last task is verified is finished before the run ends."""
SERVERS_MEGABYTES = 400
SERVER_COUNT = 12
AGENTS = ("reference", "empty", "constant")
SIMULATOR_SECONDS = 30


@click.command()
@click.option("--servers", type=click.Path(path_type=Path), default=SERVERS, show_default=True, help="An mcp.json.")
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="Emptied beforehand.")
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True, help="Where the dataset goes.")
@click.option("--tasks", type=click.IntRange(1), default=TASKS, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Root of all randomness.")
def demo(servers: Path, data: Path, out: Path, tasks: int, seed: int) -> int:
    """Crawl real MCP servers, make verified tasks, export them, and play three agents against the simulator.

    Leaves the dataset in --out and stops everything it started, also on Ctrl-C and when a step fails.
    """
    console, started = Console(highlight=False), time.monotonic()
    folder, meter, reached = DataFolder(data), Meter(), dict[str, float]()
    announce(console, EmbeddedSettings().cache)
    build_world(console, servers)
    try:
        with folder.held():
            empty(folder)
            parameters, crawl = prepare(folder, Asked(servers, (), tasks, None, seed, EPOCH_SIZE))

            async def exported(outcome: Outcome) -> None:
                console.print(funnel_table(outcome.progress))
                exporting = firefly("export", str(out), "--data", str(data), log=folder.logs)
                console.print(await finished(exporting, outcome.meter), markup=False, soft_wrap=True)

            outcome = run(folder, parameters, crawl, console, after=exported)
            meter, reached = outcome.meter, dict(outcome.reached)
            show_task(console, out)
            asyncio.run(replay(console, out, folder.logs, meter))
    except (Interrupted, KeyboardInterrupt):
        console.print("interrupted; everything is stopped")
        return INTERRUPTED
    console.print(usage_table(meter, time.monotonic() - started, reached))
    console.print(f"the dataset is in {out}; `firefly eval {out} --agent openai` plays a model of yours against it")
    return 0


def announce(console: Console, cache: Path) -> None:
    """Say what is fetched."""
    kafka = "there already" if jars.folder_in(cache).is_dir() else f"{jars.DOWNLOAD_MEGABYTES} MB"
    known = len(list((cache / "servers").glob("*.lock"))) if (cache / "servers").is_dir() else 0
    servers = "there already" if known >= SERVER_COUNT else f"about {SERVERS_MEGABYTES} MB"
    console.print(
        f"fetched once, into {cache}: Apache Kafka ({kafka}), twelve MCP servers and their packages ({servers})"
    )


def build_world(console: Console, servers: Path) -> None:
    """Build the world of the examples, when it is theirs and not there.

    Raises:
        BadInput: the builder is not installed.
    """
    if servers != SERVERS or WORLD.is_dir():
        return
    try:
        from worlds import build
    except ModuleNotFoundError as error:
        raise BadInput(f"the package {error.name} is missing; run `make setup` or install firefly[worlds]") from error
    build(WORLD_SEED, WORLD_SIZE, WORLD)
    console.print(f"built the world {WORLD}")


def empty(folder: DataFolder) -> None:
    """Remove an earlier demo's data.

    Raises:
        BadInput: something else lies there.
    """
    found = [path for path in folder.root.iterdir() if path.name != "lock"]
    if found and not folder.parameters.is_file() and not folder.kafka.is_dir():
        raise BadInput(f"{folder.root} holds {found[0].name}, which is not of a run; choose another folder with --data")
    for path in found:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def show_task(console: Console, out: Path) -> None:
    """Print one task in full."""
    lines = (out / "tasks.jsonl").read_text(encoding="utf-8").splitlines()
    console.print("\none of the tasks")
    console.print(draw(choose([json.loads(line) for line in lines])), markup=False, soft_wrap=True)


async def replay(console: Console, out: Path, logs: Path, meter: Meter) -> None:
    """Serve the export alone, play the agents against it over gRPC, re-derive every label.

    Raises:
        RunFailed: an agent scored what it must not, or a label does not hold.
        Unavailable: the simulator does not start.
    """
    (port,) = ports.free_ports(out, 1)
    simulator = firefly("sim", "serve", "--snapshot", str(out), "--port", str(port), log=logs)
    try:
        await _wait_for(simulator, port)
        target = f"{ports.LOOPBACK}:{port}"
        scores = {}
        for agent in AGENTS:
            child = firefly("eval", str(out), "--target", target, "--agent", agent, "--json", log=logs)
            scores[agent] = json.loads((await finished(child, meter)).splitlines()[-1])
        meter.sample([("sim", simulator.process.pid)])
    finally:
        simulator.process.stop()
    console.print(_scores(scores))
    checked = await finished(firefly("check", str(out), log=logs), meter)
    console.print(checked, markup=False, soft_wrap=True)
    if scores["reference"]["mean_reward"] != 1 or scores["empty"]["mean_reward"] != 0:
        raise RunFailed("the reference agent must score 1 and the empty one 0; see `firefly eval --agent reference`")


async def _wait_for(simulator: Child, port: int) -> None:
    for _ in range(SIMULATOR_SECONDS * 10):
        if ports.answers(port):
            return
        if simulator.process.exit_code is not None:
            break
        await asyncio.sleep(0.1)
    raise Unavailable(
        f"the simulator does not start; it wrote to {simulator.process.log}:\n{simulator.process.tail(3)}"
    )


def _scores(scores: dict[str, dict[str, Any]]) -> Table:
    table = Table("agent", "tasks", "mean reward", "unscored", "calls answered", title="three agents, over gRPC")
    for agent, one in scores.items():
        tiers = ", ".join(f"{tier} {many}" for tier, many in one["tiers"].items())
        table.add_row(agent, str(one["tasks"]), f"{one['mean_reward']:.3f}", str(one["unscored"]), tiers or "none")
    return table
