"""Each kind of stage under each fault, on one broker and on three, every id accounted for.

    python -m tests.chaos.stages                     # all cases
    python -m tests.chaos.stages --nodes 3 --fault broker

Two programs per stage; a Faust stage is one, as in a deployment, since its folds need every partition.
Inputs are unique ids, some of them twice, and poison. At the end outputs and dead letters together must be the inputs,
each once, as a reader of committed records sees them; nothing may be open or unhandled. Faust stages are allowed to
write an unchanged record again (`redone`): whatever reads them takes an id once. Prints the table of cases and keeps it
in out/chaos.json; ends with 1 when a case is broken.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from cli.embedded.kafka import Kafka
from shared.runtime.streaming.reader import Follower
from tests.chaos import aftermath, faults, report, topics
from tests.chaos.harness import Program, at_least, load, running, watch

SHELLS = ("worker", "gate", "faust")
PROGRAMS: Mapping[str, Sequence[str]] = {"worker": "ab", "gate": "ab", "faust": "a"}
UNIQUE, REPEATS, POISON, POISONED = 240, 24, 8, 80
WAVES = 4
SILENCE_SECONDS = 90.0
SETTLE_SECONDS = 30.0
FLAKY_SHARE = 0.3
FAULTS: Mapping[str, tuple[str, faults.Fault]] = {
    "sigkill": ("SIGKILL", faults.sigkill),
    "sigterm": ("SIGTERM", faults.sigterm),
    "sigstop": (f"SIGSTOP for {faults.SLEEP_SECONDS} s", faults.sigstop),
    "broker": ("broker killed", faults.broker),
    "flaky": ("30 % of attempts fail", faults.nothing),
    "poison": ("a quarter is poison", faults.nothing),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One stage under one fault."""

    name: str
    inputs: int
    outputs: int
    dead_lettered: int
    lost: int
    duplicated: int
    stuck: bool
    redone: int
    faults: int
    starts: int
    open_transactions: int
    unhandled: int
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether nobody could tell that there was a fault."""
        return not (self.lost or self.duplicated or self.stuck or self.open_transactions or self.unhandled)


@dataclass(frozen=True, slots=True)
class Left:
    """What a stage has not brought to its end."""

    stuck: bool
    open_transactions: int
    unhandled: int


@dataclass(frozen=True, slots=True)
class Found:
    """Committed records of one stage, as (key, value)."""

    out: Sequence[tuple[str, bytes]]
    aside: Sequence[tuple[str, bytes]]
    """What the gate had published before."""
    dead: Sequence[tuple[str, bytes]]

    def account(self, shell: str, wanted: Counter[str]) -> tuple[int, int, int]:
        """Count what is lost, duplicated, and written again unchanged."""
        out, aside, dead = (Counter(key for key, _ in part) for part in (self.out, self.aside, self.dead))
        if shell == "faust":
            twice_over = sum(len(values) > 1 for values in _values(self.out).values())
            both = len(out.keys() & dead.keys())
            return len(wanted.keys() - out.keys() - dead.keys()), twice_over + both, (out + dead - wanted).total()
        all_of_it = out + aside + dead
        surplus = (out - Counter(set(out))).total() if shell == "gate" else 0
        return (wanted - all_of_it).total(), max(surplus, (all_of_it - wanted).total()), 0


def _values(records: Sequence[tuple[str, bytes]]) -> Mapping[str, set[bytes]]:
    values: dict[str, set[bytes]] = {}
    for key, value in records:
        values.setdefault(key, set()).add(value)
    return values


def inputs(shell: str, fault: str, seed: int) -> list[str]:
    """Draw the ids of a case in a random order; Faust stages get no repeats: their readers take an id once."""
    keys = [f"id-{n}" for n in range(UNIQUE)]
    keys += [f"poison-{n}" for n in range(POISONED if fault == "poison" else POISON)]
    if shell != "faust":
        keys += [f"id-{n}" for n in range(0, UNIQUE, UNIQUE // REPEATS)]
    random.Random(f"{shell} {fault} {seed}").shuffle(keys)
    return keys


class Group:
    """All three kinds of stage under one fault at the same time."""

    def __init__(self, kafka: Kafka, fault: str, folder: Path, seed: int) -> None:
        self._kafka, self._fault, self._folder = kafka, fault, folder
        self._inputs = {shell: inputs(shell, fault, seed) for shell in SHELLS}
        self._programs = {shell: [self._program(shell, number) for number in PROGRAMS[shell]] for shell in SHELLS}

    async def cases(self) -> list[Case]:
        """Run it to the end of every stage."""
        started, victims = time.monotonic(), faults.Victims(self._kafka, self._programs)
        programs = [program for pair in self._programs.values() for program in pair]
        for shell in SHELLS:
            await topics.create(self._kafka.bootstrap, self._prefix(shell), min(3, len(self._kafka.nodes)))
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(running(*programs))
            await stack.enter_async_context(faults.kept_running(programs))
            await self._disturb(victims)
            stuck = {shell: not await self._is_complete(shell) for shell in SHELLS}
            await asyncio.sleep(1.0)
            unhandled = {shell: await self._settle(shell) for shell in SHELLS}
        undecided = await aftermath.open_transactions(self._kafka.bootstrap)
        seconds = round(time.monotonic() - started, 1)
        left = {shell: Left(stuck[shell], undecided, unhandled[shell]) for shell in SHELLS}
        return [self._case(shell, await self._found(shell), left[shell], victims.rounds, seconds) for shell in SHELLS]

    async def _disturb(self, victims: faults.Victims) -> None:
        """Feed in waves, so that there is work in hand at each fault."""
        fault = FAULTS[self._fault][1]
        for wave in range(WAVES):
            for shell in SHELLS:
                keys = self._inputs[shell][wave::WAVES]
                await load(self._kafka.bootstrap, f"{self._prefix(shell)}-in", keys)
            if wave == WAVES - 1 or fault is faults.nothing:
                continue
            begun = time.monotonic()
            await watch(self._kafka.bootstrap, self._names("worker"), at_least(5 + wave * UNIQUE // 5), SILENCE_SECONDS)
            await fault(victims)
            victims.rounds += 1
            await asyncio.sleep(max(0.0, faults.GAP_SECONDS - (time.monotonic() - begun)))

    async def _is_complete(self, shell: str) -> bool:
        wanted = Counter(self._inputs[shell])

        def enough(keys: Counter[str]) -> bool:
            return keys.keys() >= wanted.keys() if shell == "faust" else not wanted - keys

        try:
            await watch(self._kafka.bootstrap, self._names(shell), enough, SILENCE_SECONDS)
        except AssertionError as error:
            click.echo(f"  {self._prefix(shell)}: {error}")
            return False
        return True

    async def _settle(self, shell: str) -> int:
        """Wait until the stage has committed the offsets of all it read."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while left := await aftermath.unhandled(self._kafka.bootstrap, f"{self._prefix(shell)}-in"):
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(0.5)
        return left

    async def _found(self, shell: str) -> Found:
        async with Follower(self._kafka.bootstrap, self._names(shell)) as follower:
            messages = [message async for message in follower.messages_to_end()]
        out, aside, dead = (
            [(one.key.decode(), one.value or b"") for one in messages if one.topic == name]
            for name in self._names(shell)
        )
        return Found(out, aside, dead)

    def _case(self, shell: str, found: Found, left: Left, rounds: int, seconds: float) -> Case:
        nodes = len(self._kafka.nodes)
        lost, duplicated, redone = found.account(shell, Counter(self._inputs[shell]))
        return Case(
            f"{shell}, {nodes} {'broker' if nodes == 1 else 'brokers'}, {FAULTS[self._fault][0]}",
            len(self._inputs[shell]),
            len(found.out) + len(found.aside),
            len(found.dead),
            lost,
            duplicated,
            left.stuck,
            redone,
            rounds,
            sum(program.starts for program in self._programs[shell]),
            left.open_transactions,
            left.unhandled,
            seconds,
        )

    def _program(self, shell: str, number: str) -> Program:
        folder = self._folder / f"{self._prefix(shell)}-{number}"
        folder.mkdir(parents=True)
        return Program(
            folder,
            self._kafka.bootstrap,
            self._prefix(shell),
            chaos_shell=shell,
            chaos_seconds=0.1,
            chaos_flaky=FLAKY_SHARE if self._fault == "flaky" else 0.0,
            concurrency=4,
            max_failure_run=1000,
            data_dir=folder,
        )

    def _prefix(self, shell: str) -> str:
        return f"{self._fault}-{shell}"

    def _names(self, shell: str) -> tuple[str, str, str]:
        prefix = self._prefix(shell)
        return f"{prefix}-out", f"{prefix}-duplicates", f"{prefix}-in-dlq"


async def run(nodes: int, chosen: Sequence[str], seed: int) -> list[Case]:
    """Run faults one after another on one cluster."""
    cases: list[Case] = []
    with tempfile.TemporaryDirectory(prefix="firefly-chaos-") as scratch:
        kafka = Kafka(Path(scratch) / "kafka", nodes=nodes)
        await asyncio.to_thread(kafka.start)
        try:
            for fault in chosen:
                for case in await Group(kafka, fault, Path(scratch), seed).cases():
                    click.echo(f"{'held' if case.holds else 'BROKEN'}: {case}")
                    cases.append(case)
        finally:
            kafka.stop()
    return cases


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases that were asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, action="append", choices=(1, 3), help="brokers; without it, one and three")
    parser.add_argument("--fault", action="append", choices=tuple(FAULTS), help="without it, all")
    parser.add_argument("--seed", type=int, default=5)
    parsed = parser.parse_args(arguments)
    cases: list[Case] = []
    for nodes in parsed.nodes or (1, 3):
        cases += asyncio.run(run(nodes, parsed.fault or tuple(FAULTS), parsed.seed))
        report.keep([asdict(case) for case in cases])
    click.echo(report.table([asdict(case) for case in cases]))
    return 0 if all(case.holds for case in cases) else 1


if __name__ == "__main__":
    sys.exit(main())
