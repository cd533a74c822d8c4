"""The whole pipeline for half an hour with a random kill every 20 s: nothing may grow, stay open or be left over.

    python -m tests.chaos.soak --minutes 30

Draws without end; kills come from the first task on, and the last one takes everything. Then `firefly up --draws` with
as many draws, on the same folder, brings what was drawn to its end. Prints memory and its slope per role and keeps the
case in out/chaos.json; ends with 1 when something was lost, written twice, stuck, open, unhandled or left running.
"""

import argparse
import json
import random
import re
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from tests.chaos import report
from tests.chaos.payments import Payments
from tests.chaos.pipeline import SERVICES, STORES, STUCK_SECONDS, kill_when_it_runs, pause, without
from tests.chaos.whole_run import NOTHING, Options, Run, drawn_of, facts_of, free_of

VERIFIED = re.compile(r"[1-9]\d* tasks verified")


@dataclass(frozen=True, slots=True)
class Soak:
    """What a soak came to."""

    name: str
    minutes: float
    kills: int
    inputs: int
    outputs: int
    dead_lettered: int
    lost: int
    duplicated: int
    stuck: bool
    left_running: int
    open_transactions: int
    unhandled: int
    drain_seconds: float
    paid: Payments
    memory: dict[str, dict[str, float]]

    @property
    def holds(self) -> bool:
        """Whether everything came to its end."""
        faults = (self.lost, self.duplicated, self.stuck, self.left_running, self.open_transactions, self.unhandled)
        return not any(faults) and not self.paid.after_stored


def flows(run: Run) -> bool:
    """Wait until a task is verified: a crawl that is killed every few minutes on a busy machine starts anew."""
    deadline = time.monotonic() + STUCK_SECONDS
    while not VERIFIED.search(run.text):
        if time.monotonic() > deadline or not pause(run, 1.0):
            return False
    return True


def kills(run: Run, minutes: float, gap_seconds: float, rng: random.Random) -> int:
    """Kill one random process after another; ends early when the run does."""
    deadline, count = time.monotonic() + minutes * 60, 0
    while time.monotonic() < deadline:
        victim = rng.choice((*SERVICES, *STORES))
        if not pause(run, gap_seconds) or not kill_when_it_runs(run, victim):
            break
        count += 1
        click.echo(f"  {minutes * 60 - (deadline - time.monotonic()):6.1f} s  killed {victim}")
    return count


def soak(data: Path, options: Options, minutes: float, gap_seconds: float, seed: int) -> Soak:
    """Disturb one run, end it, finish its work with another on the same folder."""
    run = Run(data, *options)
    run.start()
    count = kills(run, minutes, gap_seconds, random.Random(seed)) if flows(run) else 0
    died = run.process.poll() is not None
    left = run.kill_everything() if not died else free_of(run.seen)
    drain, started = Run(data, *options, ("--draws", str(drawn_of(data)))), time.monotonic()
    drain.start()
    code = drain.ended(STUCK_SECONDS)
    seconds = round(time.monotonic() - started, 1)
    if died or code:
        click.echo((run.text if died else drain.text)[-3000:])
    left += drain.kill_everything() if code else free_of(drain.seen)
    made = NOTHING if code else facts_of(run.data)
    return Soak(
        f"soak, a kill every {gap_seconds:g} s",
        minutes,
        count,
        made.draws,
        len(made.tasks),
        made.dead_letters,
        made.unexplored,
        made.duplicates,
        died or code != 0,
        left,
        made.open_transactions,
        made.unhandled,
        seconds,
        made.paid,
        run.memory.table(),
    )


def memory_table(memory: dict[str, dict[str, float]]) -> str:
    """Lay it out as Markdown."""
    rows = ["| role | samples | median MiB | slope MiB per hour |", "|---|---|---|---|"]
    rows += [
        f"| {role} | {row['samples']:.0f} | {row['median_mib']} | {row['slope_mib_per_hour']:+} |"
        for role, row in memory.items()
    ]
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak as asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--gap", type=float, default=20.0, help="seconds between kills")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--servers", type=Path, default=Path("examples/mcp.json"))
    parser.add_argument("--leave-out", action="append", default=[], metavar="SERVER")
    parser.add_argument("--world", type=Path, action="append", default=[], help="as of `firefly up`; repeatable")
    parser.add_argument("--folder", type=Path, default=Path("out/soak"), help="emptied beforehand")
    parsed = parser.parse_args(arguments)
    shutil.rmtree(parsed.folder, ignore_errors=True)
    parsed.folder.mkdir(parents=True)
    servers = without(parsed.servers, parsed.leave_out, parsed.folder / "mcp.json").absolute()
    data = parsed.folder.absolute() / "data"
    options = (
        ("--servers", str(servers), "--seed", str(parsed.seed)),
        *(("--world", str(world.absolute())) for world in parsed.world),
    )
    result = soak(data, options, parsed.minutes, parsed.gap, parsed.seed)
    click.echo(f"{'held' if result.holds else 'BROKEN'}: {json.dumps(asdict(result))}")
    click.echo(memory_table(result.memory))
    report.keep([asdict(result)])
    return 0 if result.holds else 1


if __name__ == "__main__":
    sys.exit(main())
