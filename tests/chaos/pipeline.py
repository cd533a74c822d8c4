"""The whole pipeline on real servers, killed again and again: the dataset must be that of a run nobody disturbed.

    python -m tests.chaos.pipeline --draws 40 --kills 12            # random victims
    python -m tests.chaos.pipeline --draws 40 --each                # every process once, in the order data flows

Prints the table of cases and writes it to out/chaos.json (`cases[{name, inputs, outputs, dead_lettered, lost,
duplicated, stuck}]`); ends with 1 when something was lost, written twice, stuck, left running, or the digests differ.
"""

import argparse
import json
import random
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click

from tests.chaos import report
from tests.chaos.payments import Payments
from tests.chaos.whole_run import NOTHING, Facts, Run, facts_of, free_of

SERVICES = ("crawler", "graph", "sampler", "explorer", "synthesizer", "verifier", "simulator")
STORES = ("kafka", "valkey")
WHOLE = "everything"
WHOLE_KILLS = 3
"""So many kills of a random series take all processes at once, spread evenly."""
STUCK_SECONDS = 1800
VICTIM_SECONDS = 120
"""Kafka and what waits for it may take so long to be there again on a busy machine."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is run, and how it is disturbed."""

    draws: int
    epoch_size: int
    seed: int
    gap_seconds: float
    servers: Path
    worlds: tuple[Path, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class Case:
    """One disturbed run against the undisturbed one."""

    name: str
    kills: int
    restarts_of_all: int
    inputs: int
    outputs: int
    dead_lettered: int
    lost: int
    duplicated: int
    stuck: bool
    left_running: int
    same_dataset: bool
    same_snapshot: bool
    open_transactions: int
    unhandled: int
    paid: Payments
    seconds: float
    memory: Mapping[str, Mapping[str, float]]
    """Per role: samples, median MiB, slope in MiB per hour."""

    @property
    def holds(self) -> bool:
        """Whether nobody could tell that it was disturbed."""
        faults = self.lost + self.duplicated + self.left_running + self.stuck + self.open_transactions + self.unhandled
        return not faults and not self.paid.after_stored and self.same_dataset and self.same_snapshot


def undisturbed(options: Options) -> tuple[Facts, float]:
    """Run once without a kill; returns what it made and its seconds."""
    run, started = _run(options, "undisturbed"), time.monotonic()
    if run.ended(STUCK_SECONDS) != 0:
        sys.exit(f"the undisturbed run failed:\n{run.text[-2000:]}")
    return facts_of(run.data), time.monotonic() - started


def disturbed(options: Options, name: str, victims: Sequence[str], control: Callable[[], Facts]) -> Case:
    """Kill one victim after another, at least `gap_seconds` apart, then let it finish."""
    run, started = _run(options, name), time.monotonic()
    kills = wholes = left = 0
    for victim in victims:
        if run.process.poll() is not None or not pause(run, options.gap_seconds):
            break
        if victim == WHOLE:
            left += run.kill_everything()
            run.start()
            wholes += 1
        elif not kill_when_it_runs(run, victim):
            break
        kills += 1
        click.echo(f"  {time.monotonic() - started:6.1f} s  killed {victim}")
    code = run.ended(STUCK_SECONDS)
    if code:
        click.echo(run.text[-3000:])
        left += run.kill_everything()
    made = facts_of(run.data) if not code else NOTHING
    left += free_of(run.seen)
    expected = control()
    return Case(
        name,
        kills,
        wholes,
        options.draws,
        len(made.tasks),
        made.dead_letters,
        len(set(expected.tasks) - set(made.tasks)),
        made.duplicates,
        code != 0,
        left,
        made.dataset_digest == expected.dataset_digest,
        made.snapshot_id == expected.snapshot_id,
        made.open_transactions,
        made.unhandled,
        made.paid,
        round(time.monotonic() - started, 1),
        run.memory.table(),
    )


def random_victims(kills: int, seed: int) -> list[str]:
    """Draw who is killed; a few times it is everything at once."""
    rng = random.Random(seed)
    drawn = [rng.choice((*SERVICES, *STORES)) for _ in range(kills)]
    for part in range(1, WHOLE_KILLS + 1):
        drawn[part * kills // (WHOLE_KILLS + 1)] = WHOLE
    return drawn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases that were asked for."""
    parsed = _parser().parse_args(arguments)
    shutil.rmtree(parsed.folder, ignore_errors=True)
    parsed.folder.mkdir(parents=True)
    servers = without(parsed.servers, parsed.leave_out, parsed.folder / "mcp.json")
    options = Options(
        parsed.draws,
        parsed.epoch_size,
        parsed.seed,
        parsed.gap,
        servers.absolute(),
        tuple(world.absolute() for world in parsed.world),
        parsed.folder.absolute(),
    )
    control = partial(facts_of, parsed.control) if parsed.control else _control(options)
    plans: dict[str, Callable[[], list[str]]] = {}
    if parsed.each:
        plans["each process once"] = lambda: [*SERVICES, *STORES, WHOLE]
    if parsed.kills:
        plans[f"{parsed.kills} random kills"] = lambda: random_victims(parsed.kills, options.seed)
    cases = [disturbed(options, name, plan(), control) for name, plan in plans.items()]
    for case in cases:
        click.echo(f"{'held' if case.holds else 'BROKEN'}: {json.dumps(asdict(case))}")
    report.keep([asdict(case) for case in cases])
    click.echo(report.table([asdict(case) for case in cases]))
    return 0 if all(case.holds for case in cases) else 1


def _control(options: Options) -> Callable[[], Facts]:
    """Run undisturbed now; the facts are ready when they are asked for."""
    facts, seconds = undisturbed(options)
    click.echo(f"undisturbed: {len(facts.tasks)} tasks in {seconds:.0f} s, dataset digest {facts.dataset_digest}")
    click.echo(f"undisturbed: {facts.paid}")
    return lambda: facts


def without(servers: Path, left_out: Sequence[str], to: Path) -> Path:
    """Write a servers file without some servers."""
    document = json.loads(servers.read_text(encoding="utf-8"))
    unknown = set(left_out) - set(document["mcpServers"])
    if unknown:
        sys.exit(
            f"{servers} names no server {', '.join(sorted(unknown))}; leave out one of {list(document['mcpServers'])}"
        )
    for name in left_out:
        del document["mcpServers"][name]
    if world := document.get("x-firefly", {}).get("world"):
        document["x-firefly"]["world"] = str((servers.parent / world).absolute())
    to.write_text(json.dumps(document), encoding="utf-8")
    return to


def _run(options: Options, name: str) -> Run:
    run = Run(
        options.folder / name.replace(" ", "-"),
        ("--servers", str(options.servers), "--draws", str(options.draws)),
        ("--epoch-size", str(options.epoch_size), "--seed", str(options.seed)),
        *(("--world", str(world)) for world in options.worlds),
    )
    run.start()
    return run


def kill_when_it_runs(run: Run, victim: str) -> bool:
    """Wait for a victim that is being started again; false when it does not come, or the run ended."""
    deadline = time.monotonic() + VICTIM_SECONDS
    while not run.kill(victim):
        if time.monotonic() > deadline or not pause(run, 0.5):
            return False
    return True


def pause(run: Run, seconds: float) -> bool:
    """Wait; false when the run ended meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        run.look()
        if run.process.poll() is not None:
            return False
        time.sleep(0.2)
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draws", type=int, default=40)
    parser.add_argument("--epoch-size", type=int, default=20)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--each", action="store_true", help="kill every process once, then all at once")
    parser.add_argument("--kills", type=int, default=0, help="so many random kills")
    parser.add_argument("--gap", type=float, default=13.0, help="seconds between kills: two session timeouts")
    parser.add_argument(
        "--control", type=Path, help="data folder of the undisturbed run, finished by the time the kills are done"
    )
    parser.add_argument("--servers", type=Path, default=Path("examples/mcp.json"))
    parser.add_argument(
        "--leave-out", action="append", default=[], metavar="SERVER", help="a server whose answers differ between runs"
    )
    parser.add_argument("--world", type=Path, action="append", default=[], help="as of `firefly up`; repeatable")
    parser.add_argument("--folder", type=Path, default=Path("out/chaos-runs"), help="emptied beforehand")
    return parser


if __name__ == "__main__":
    sys.exit(main())
