"""Other `firefly` commands as child processes: bounded, tethered, metered."""

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.processes import Process, spawn
from cli.running.goal import RunFailed
from cli.running.usage import Meter

TIMEOUT_SECONDS = 600.0
SAMPLE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Child:
    """A command that runs."""

    name: str
    process: Process
    begin: int
    """Where its output begins in the log."""


def firefly(*arguments: str, log: Path) -> Child:
    """Start a `firefly` command; its output goes to a log named after it."""
    name = arguments[0]
    path = log / f"{name}.log"
    begin = path.stat().st_size if path.is_file() else 0
    return Child(name, spawn(name, [sys.executable, "-m", "cli", *arguments], path), begin)


async def finished(child: Child, meter: Meter, timeout_seconds: float = TIMEOUT_SECONDS) -> str:
    """Wait for a command and return what it wrote.

    Raises:
        RunFailed: it failed, or took too long.
    """
    deadline = time.monotonic() + timeout_seconds
    try:
        while child.process.exit_code is None and time.monotonic() < deadline:
            meter.sample([(child.name, child.process.pid)])
            await asyncio.sleep(SAMPLE_SECONDS)
        code = child.process.exit_code
    finally:
        child.process.stop(1)
    text = child.process.log.read_bytes()[child.begin :].decode("utf-8", "replace").strip()
    if code is None:
        raise RunFailed(f"`firefly {child.name}` does not end within {timeout_seconds:.0f} s; see {child.process.log}")
    if code != 0:
        raise RunFailed(f"`firefly {child.name}` failed with code {code}: {text}")
    return text
