"""`firefly sim paths`: does a task pay whoever solves it in another way than the explorer did?"""

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from firefly_client import AsyncClient

from cli.data_folder import DataFolder
from cli.paths.gathering import Gathered, gather
from cli.paths.measuring import Walked, misses_by_reason, sum_up, walk_all
from cli.paths.variants import KINDS, Solution
from cli.playing.playing import own_simulator
from cli.retracting import retract
from services.simulator.adapters.snapshot_file import snapshot_folder
from shared.model.errors import BadInput
from shared.model.tasks import AMBIGUOUS_PATH

_CALL_SECONDS = 300.0
_SHOWN = 10
Report = dict[str, Any]


@click.command()
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--live/--replay-only", default=False, help="Run calls that nobody recorded; needs a snapshot's runtime.")
@click.option("--limit", type=click.IntRange(1), help="The first tasks only.")
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="Only such solutions.  [default: all]")
@click.option("--held-out", is_flag=True, help="Only the solutions that are published.  [default: all]")
@click.option("--data", type=click.Path(path_type=Path), help="Retract tasks with another answer in this run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def paths(place: Path, live: bool, data: Path | None, as_json: bool, **chosen: Any) -> None:
    """Solve each task of the snapshot at PLACE in other ways and count rewards and misses.

    The ways are made from prompt, tools and the world's files alone, and their answers come out of the calls' results.
    The published figure is that of the solutions held out from `firefly snapshot expand`.

    \b
    Examples:
      firefly sim paths out/mine --replay-only
      firefly sim paths out/live --live --json
      firefly sim paths out/live --live --data .firefly/data
    """  # noqa: D301
    if data:
        DataFolder(data).require_run()
    gathered = gather(snapshot_folder(place), chosen["limit"])
    kinds, held_out = chosen["kinds"] or KINDS, chosen["held_out"]
    wanted = [one for one in gathered.solutions if one.kind in kinds and one.is_held_out >= held_out]
    walked = asyncio.run(_played(snapshot_folder(place), gathered, wanted, live))
    if not walked:
        raise BadInput(f"{place} holds no task that this command can solve in another way")
    report = _report(gathered, walked, live)
    if data:
        report |= {"retracted": retract(data, report["ambiguous"], AMBIGUOUS_PATH)}
    click.echo(json.dumps(report, sort_keys=True) if as_json else _text(report))


async def _played(folder: Path, gathered: Gathered, chosen: Sequence[Solution], live: bool) -> list[Walked]:
    with tempfile.TemporaryDirectory(prefix="firefly-paths-") as scratch:
        # Its own data folder: an overlay of an earlier run would answer what this one should run.
        data = Path(scratch) if live else None
        async with own_simulator(folder, live_data=data) as target, AsyncClient(target, _CALL_SECONDS) as client:
            return await walk_all(client, chosen, gathered.shelves)


def _report(gathered: Gathered, walked: Sequence[Walked], live: bool) -> Report:
    held_out = [one for one in walked if one.solution.is_held_out]
    failed = [one for one in walked if one.reward != 1.0]
    return {
        "mode": "live" if live else "replay-only",
        "tasks": len({one.solution.task_id for one in walked}),
        "left_out": gathered.left_out,
        "held_out": sum_up(held_out),
        "expanded": sum_up([one for one in walked if not one.solution.is_held_out]),
        "misses": misses_by_reason(held_out),
        "ambiguous": sorted({one.solution.task_id for one in walked if one.is_ambiguous}),
        "failed": [_failed(one) for one in failed],
    }


def _failed(walked: Walked) -> Mapping[str, Any]:
    one = walked.solution
    return {
        "task_id": one.task_id,
        "kind": one.kind,
        "number": one.number,
        "outcome": walked.outcome,
        "missed": [f"{call.tool} {call.arguments_json}: {call.reason}" for call in walked.missed],
        "answer": walked.answer,
        "truncated": walked.truncated,
    }


def _text(report: Report) -> str:
    lines = [f"{report['tasks']} tasks, {report['mode']}; held out from expansion:"]
    lines += [f"{'':13} {'tasks':>6} {'solutions':>9} {'reward 1':>9} {'misses per valid call':>22}"]
    for kind, row in report["held_out"].items():
        counts = f"{kind:13} {row['tasks']:6} {row['solutions']:9}"
        lines.append(f"{counts} {row['reward_1']:9.2%} {row['misses_per_valid_call']:22.2%}")
    for row in report["misses"][:_SHOWN]:
        lines.append(f"missed {row['misses']} times: {row['server_id']}/{row['tool']} ({row['kind']}, {row['reason']})")
    lines += [f"left out: {many} {why}" for why, many in report["left_out"].items()]
    lines += [f"another answer: {task_id}" for task_id in report["ambiguous"][:_SHOWN]]
    return "\n".join(lines)
