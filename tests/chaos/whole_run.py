"""One `firefly up` under test: its processes by role, how it is killed, and what it left in its topics."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click
import psutil

from cli.data_folder import kafka_of
from shared.runtime.streaming.reader import read_all
from tests.chaos.aftermath import open_transactions
from tests.chaos.aftermath import unhandled as unhandled_records
from tests.chaos.memory import Memory
from tests.chaos.payments import Payments, payments_of

ROOT = Path(__file__).parents[2]
BEYOND = {("firefly-sampler", "tool-graph")}
"""A graph version that is cut when the last draw is explored is for draws that a finished run does not make."""
SESSION_SECONDS = 6
ONCE = ("sub-dags", "explorations", "draft-tasks", "verdicts", "verified-tasks")
"""Topics in which an id appears once at most, as a reader of committed records sees them."""
DLQ = tuple(f"{topic}-dlq" for topic in ("crawl-requests", "sub-dags", "explorations", "draft-tasks"))
Options = tuple[tuple[str, ...], ...]
"""Of `firefly up`, each with its value."""


class Run:
    """One `firefly up` on a folder, started as often as needed."""

    def __init__(self, data: Path, *options: tuple[str, ...]) -> None:
        self.data, self.log = data, data.with_suffix(".txt")
        self._line = [
            sys.executable,
            "-m",
            "cli",
            "up",
            "--data",
            str(data),
            *(word for part in options for word in part),
        ]
        self.seen: dict[int, psutil.Process] = {}
        """Every process that was ever below it."""
        self.memory = Memory()
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start it (again)."""
        environment = {**os.environ, "FIREFLY_SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._line, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def text(self) -> str:
        """What it said so far."""
        return self.log.read_text(errors="replace")

    def look(self) -> list[psutil.Process]:
        """Take note of what runs below it now."""
        try:
            found = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self.seen.update({process.pid: process for process in found})
        self.memory.sample((role_of(process), process) for process in found)
        return found

    def kill(self, role: str) -> bool:
        """SIGKILL a service, Kafka or Valkey; false when it does not run."""
        for process in self.look():
            if role_of(process) == role:
                process.kill()
                return True
        return False

    def kill_everything(self) -> int:
        """SIGKILL `firefly up` alone, as a crash would; says how many of its processes outlive it for long."""
        self.look()
        self.process.kill()
        self.process.wait(10)
        return free_of(self.seen)

    def ended(self, seconds: float) -> int:
        """Wait for the end; 124 when it did not come."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                return 124
            self.look()
            time.sleep(0.2)
        return self.process.returncode


def free_of(processes: dict[int, psutil.Process], seconds: float = 20) -> int:
    """Wait until these processes have ended; says how many have not, and kills them."""
    deadline = time.monotonic() + seconds
    left = [process for process in processes.values() if _runs(process)]
    while left and time.monotonic() < deadline:
        time.sleep(0.1)
        left = [process for process in left if _runs(process)]
    for process in left:
        click.echo(f"  left running: {process}")
        process.kill()
    processes.clear()
    return len(left)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a finished run holds."""

    draws: int
    tasks: tuple[str, ...]
    duplicates: int
    dead_letters: int
    dataset_digest: str
    snapshot_id: str
    open_transactions: int
    unhandled: int
    unexplored: int
    """Draws without an exploration."""
    paid: Payments


NOTHING = Facts(0, (), 0, 0, "", "", 0, 0, 0, Payments())
"""Of a run that did not come to its end."""


def facts_of(data: Path) -> Facts:
    """Read a finished run's topics and export it.

    Raises:
        CalledProcessError: it cannot be exported.
    """
    with kafka_of(data) as bootstrap:
        keys = asyncio.run(_keys(bootstrap, (*ONCE, *DLQ)))
        undecided, unhandled = (
            asyncio.run(open_transactions(bootstrap)),
            asyncio.run(unhandled_records(bootstrap, beyond=BEYOND)),
        )
        paid = asyncio.run(payments_of(bootstrap))
    line = [sys.executable, "-m", "cli", "export", str(data.with_suffix(".export")), "--data", str(data), "--json"]
    exported = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    manifest = json.loads(exported.stdout.splitlines()[-1])
    drawn = _draws(keys["sub-dags"])
    return Facts(
        len(drawn),
        tuple(sorted(keys["verified-tasks"])),
        sum(count - 1 for topic in ONCE for count in keys[topic].values()),
        sum(sum(keys[topic].values()) for topic in DLQ),
        manifest["dataset_digest"],
        manifest["snapshot_id"],
        undecided,
        unhandled,
        len(drawn - set(keys["explorations"])),
        paid,
    )


def drawn_of(data: Path) -> int:
    """Count the draws of a run that has ended."""
    with kafka_of(data) as bootstrap:
        return len(_draws(asyncio.run(_keys(bootstrap, ("sub-dags",)))["sub-dags"]))


def _draws(keys: Iterable[str]) -> set[str]:
    return {key for key in keys if not key.startswith("epoch/")}


async def _keys(bootstrap: str, topics: tuple[str, ...]) -> dict[str, Counter[str]]:
    return {topic: Counter([event.key async for event in read_all(bootstrap, topic)]) for topic in topics}


def role_of(process: psutil.Process) -> str:
    """Say which part of a run a process is; empty for servers, tethers and what has ended."""
    try:
        command = process.cmdline()
    except psutil.Error:
        return ""
    if "tether.py" in " ".join(command):
        return ""
    for word in command:
        if word.startswith("services."):
            return word.removeprefix("services.")
    if "kafka.Kafka" in command:
        return "kafka"
    # it writes its address into its own command line
    return "valkey" if command and "valkey-server" in command[0] else ""


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
