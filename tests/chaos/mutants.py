"""Broken versions of the delivery code that the tests must catch, and a command that proves it.

`python -m tests.chaos.mutants [name ...]` runs the delivery tests unbroken first: a test that fails without a mutant
finds none. Then against each mutant, the tests made for its fault first, to the first failure; `out/mutants.json` says
which test that was. A mutant is applied to the test process (as a pytest plugin) and to the programs it starts, by the
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

import pytest
from faust.transport.drivers import aiokafka as driver

from shared.model.errors import BadInput
from shared.runtime.streaming import clients, faust_consumer, gate, partition, prefix, producer

ROOT = Path(__file__).parents[2]
TESTS = ("tests/integration/test_worker_kafka.py", "tests/integration/test_faust_stage_kafka.py")
VARIABLE = "FIREFLY_CHAOS_MUTANT"
LONGEST_SECONDS = 3600
NOTHING_PROVEN = 100


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


def sink_reads_uncommitted() -> None:
    """Whoever reads outside a group, as simulator, gate and export do, takes aborted records for published ones."""
    original = clients.free_consumer

    def free_consumer(bootstrap: str) -> Any:
        consumer = original(bootstrap)
        consumer._isolation_level = "read_uncommitted"
        return consumer

    clients.free_consumer = free_consumer


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
        await producer._sent(self._producer, outgoing)

    producer.Publisher.write = write  # type: ignore[method-assign]


def worker_sends_not_awaited() -> None:
    """A transaction is committed before its records are acknowledged."""

    async def commit(self: Any, outgoing: Any, offset: Any) -> None:
        await self._producer.begin_transaction()
        await producer._sent(self._producer, outgoing)
        await self._producer.send_offsets_to_transaction({self._source: offset}, self._group)
        await self._producer.commit_transaction()

    producer.PartitionProducer._commit = commit  # type: ignore[method-assign]


KILLED = "test_worker_writes_each_id_once_when_killed_again_and_again"
ASLEEP = "test_worker_that_slept_inside_its_transaction_is_fenced_and_ends"
HEIR = "test_heir_sees_what_its_forerunner_committed_right_before_the_fence"
ABORTED = "test_worker_handles_no_aborted_record"
UNCERTAIN = "test_worker_settles_a_commit_of_unknown_outcome"
REFUSED = "test_worker_commits_no_offset_before_its_records_are_acknowledged"
GATE = "test_gate_publishes_each_key_once_also_after_a_restart"
FAUST_KILLED = "test_faust_shell_loses_nothing_and_reads_no_aborted_record_when_killed"
FAUST_SENDS = "test_faust_shell_sends_again_what_kafka_did_not_acknowledge"

MUTANTS: dict[Callable[[], None], str] = {
    random_transactional_id: ASLEEP,
    offset_before_fence: HEIR,
    worker_reads_uncommitted: ABORTED,
    sink_reads_uncommitted: ASLEEP,
    commit_past_prefix: KILLED,
    outputs_outside_the_transaction: ASLEEP,
    commit_trusted_blindly: UNCERTAIN,
    commit_repeated_blindly: UNCERTAIN,
    worker_sends_not_awaited: REFUSED,
    gate_without_read_back: GATE,
    faust_stock_consumer: FAUST_KILLED,
    faust_sends_not_awaited: FAUST_SENDS,
}
"""Each with the test that was made for its fault; the others are asked when that one finds nothing."""
BY_NAME = {mutant.__name__: mutant for mutant in MUTANTS}


def apply_chosen() -> None:
    """Break this process as the environment says."""
    if name := os.environ.get(VARIABLE):
        BY_NAME[name]()


def failures(mutant: str, *options: str) -> list[str]:
    """Run delivery tests against a mutant (empty: none) and return the names of those that fail.

    Raises:
        BadInput: they could not be run at all.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.chaos.mutants", "-rf", "--tb=line", *options, *TESTS]
    environment = {**os.environ, VARIABLE: mutant}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )
    if done.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or "\nERROR tests/" in done.stdout:
        raise BadInput(f"the tests could not be run against {mutant or 'the unbroken code'}: {done.stdout[-2000:]}")
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return [test.split("::")[-1] for test in failed]


def killers(name: str) -> list[str]:
    """Ask the test made for this fault, then all."""
    return failures(name, "-x", "-k", MUTANTS[BY_NAME[name]]) or failures(name, "-x")


def main(names: list[str]) -> int:
    """Run mutants and print a table; the exit code counts survivors, 100 says that nothing is proven."""
    if unknown := [name for name in names if name not in BY_NAME]:
        sys.stderr.write(f"there is no mutant {unknown[0]}; there are {', '.join(BY_NAME)}\n")
        return NOTHING_PROVEN
    if broken := failures(""):
        sys.stderr.write(f"without any mutant these fail, so nothing is proven: {', '.join(broken)}\n")
        return NOTHING_PROVEN
    found = []
    for name in names or BY_NAME:
        found.append({"name": name, "killed_by": killers(name)})
        sys.stdout.write(f"{name:34} {', '.join(found[-1]['killed_by']) or 'SURVIVED'}\n")
        sys.stdout.flush()
    out = ROOT / "out"
    out.mkdir(exist_ok=True)
    (out / "mutants.json").write_text(json.dumps({"mutants": found}, indent=2) + "\n", encoding="utf-8")
    return sum(not row["killed_by"] for row in found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
else:
    apply_chosen()
