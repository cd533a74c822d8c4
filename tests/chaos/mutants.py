"""Broken versions of the delivery code that the tests must catch, and a command that proves it.

`python -m tests.chaos.mutants [name ...]` runs the delivery tests against each mutant, to the first failure, and writes
`out/mutants.json`. A mutant is applied to the test process (as a pytest plugin) and to the programs it starts, by the
variable FIREFLY_CHAOS_MUTANT.
"""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from faust.transport.drivers import aiokafka as driver

from shared.runtime.streaming import clients, faust_consumer, gate, partition, prefix, producer

ROOT = Path(__file__).parents[2]
TESTS = ("tests/integration/test_worker_kafka.py", "tests/integration/test_faust_stage_kafka.py")
VARIABLE = "FIREFLY_CHAOS_MUTANT"


def random_transactional_id() -> None:
    """A new holder does not fence the old one."""
    original = producer.PartitionProducer.__init__

    def init(self: Any, *arguments: Any) -> None:
        original(self, *arguments)
        self._id = uuid.uuid4().hex

    setattr(producer.PartitionProducer, "__init__", init)  # noqa: B010 - mypy forbids the plain form


def offset_before_fence() -> None:
    """The committed offset is read while an old holder can still commit."""
    original = partition.PartitionWork._open

    async def opened(self: Any) -> None:
        found = await self._read_committed()
        self._read_committed = lambda: _ready(found)
        await original(self)
        del self._read_committed

    partition.PartitionWork._open = opened  # type: ignore[method-assign]


async def _ready(value: Any) -> Any:
    return value


def worker_reads_uncommitted() -> None:
    """Aborted records are events."""
    original = clients._reading
    clients._reading = lambda: {**original(), "isolation_level": "read_uncommitted"}


def commit_past_prefix() -> None:
    """What is complete is committed, whatever lies before it."""

    def peek(self: Any, limit: int) -> Any:
        return [(offset, result) for offset, result in self._entered.items() if result is not None][:limit]

    def leave(self: Any, count: int) -> None:
        for offset, _ in peek(self, count):
            del self._entered[offset]

    prefix.CompletedPrefix.peek = peek  # type: ignore[method-assign]
    prefix.CompletedPrefix.leave = leave  # type: ignore[method-assign]


def outputs_outside_the_transaction() -> None:
    """Records go out on their own, the offset follows in a transaction."""
    original = producer.PartitionProducer._commit

    async def commit(self: Any, outgoing: Any, offset: Any) -> None:
        async with producer.Publisher(self._bootstrap, "mutant") as publisher:
            await publisher.write(outgoing)
        await original(self, (), offset)

    producer.PartitionProducer._commit = commit  # type: ignore[method-assign]


def commit_trusted_blindly() -> None:
    """A commit of unknown outcome is taken for done."""

    async def was_committed(self: Any, next_offset: int) -> bool:
        await self._producer.start()
        return True

    partition.PartitionWork._was_committed = was_committed  # type: ignore[method-assign]


def commit_repeated_blindly() -> None:
    """A commit of unknown outcome is taken for lost."""

    async def was_committed(self: Any, next_offset: int) -> bool:
        await self._producer.start()
        return False

    partition.PartitionWork._was_committed = was_committed  # type: ignore[method-assign]


def gate_without_read_back() -> None:
    """A new owner of the gate knows nothing of what was published."""

    async def read_back(self: Any, bootstrap: str) -> int:
        return 0

    gate.PartitionGate.read_back = read_back  # type: ignore[method-assign]


def faust_stock_consumer() -> None:
    """The Faust shell without its consumer."""
    faust_consumer.SafeTransport.Consumer = driver.Consumer


def faust_sends_not_awaited() -> None:
    """An event is acknowledged before its outputs are."""

    async def write(self: Any, outgoing: Any) -> None:
        for one in outgoing:
            await producer._send(self._producer, one)

    producer.Publisher.write = write  # type: ignore[method-assign]


MUTANTS: dict[str, Callable[[], None]] = {
    mutant.__name__: mutant
    for mutant in (
        random_transactional_id,
        offset_before_fence,
        worker_reads_uncommitted,
        commit_past_prefix,
        outputs_outside_the_transaction,
        commit_trusted_blindly,
        commit_repeated_blindly,
        gate_without_read_back,
        faust_stock_consumer,
        faust_sends_not_awaited,
    )
}


def apply_chosen() -> None:
    """Break this process as the environment says."""
    if name := os.environ.get(VARIABLE):
        MUTANTS[name]()


def killers(name: str) -> list[str]:
    """Run the delivery tests against one mutant and return what fails first."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.chaos.mutants", "-x", "-rf", "--tb=no", *TESTS]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, VARIABLE: name}, capture_output=True, text=True, timeout=600, check=False
    )
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return [test.split("::")[-1] for test in failed]


def main(names: list[str]) -> int:
    """Run mutants and print a table; the exit code counts survivors."""
    found = [{"name": name, "killed_by": killers(name)} for name in names or MUTANTS]
    for row in found:
        sys.stdout.write(f"{row['name']:34} {', '.join(row['killed_by']) or 'SURVIVED'}\n")
    out = ROOT / "out"
    out.mkdir(exist_ok=True)
    (out / "mutants.json").write_text(json.dumps({"mutants": found}, indent=2), encoding="utf-8")
    return sum(not row["killed_by"] for row in found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
else:
    apply_chosen()
