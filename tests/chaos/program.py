"""A service under test: one stage over a test's topics, run as its own process by `python -m tests.chaos.program`.

Every input gives one output under the same key. Keys choose faults: `poison-` is rejected.
"""

import asyncio
import os
import random
import signal
import sys
import time
import zlib
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from aiokafka import AIOKafkaProducer

from shared.model.errors import Rejected, Unavailable
from shared.runtime.service import Part, run
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming import clients
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.faust_stage import FaustStage
from shared.runtime.streaming.producer import PartitionProducer
from shared.runtime.streaming.stage import Gate, Stage
from shared.runtime.streaming.worker import TransactionalWorker
from tests.chaos import mutants, topics  # noqa: F401 - a mutant applies itself when imported

SLEEP_SECONDS = 120
"""How long a test may leave a program asleep where the broker or a test waits for it."""


class Settings(ServiceSettings):
    """What a test tells its program."""

    chaos_prefix: str
    chaos_shell: str = "worker"
    """`worker`, `gate` or `faust`."""
    chaos_seconds: float = 0.005
    """How long one event takes at most."""
    chaos_flaky: float = 0.0
    """Share of attempts that fail: half of them for want of something, half for a bug."""
    chaos_stop_at: Path | None = None
    """Zombie hook: write this file and stop inside the first transaction, after its records are written."""
    chaos_fence_at: Path | None = None
    """Heir hook: write this file before the first fences and wait until it is gone."""


async def build(settings: Settings, resources: AsyncExitStack) -> Sequence[Part]:
    """Build the one part."""
    source, out, duplicates = topics.register(settings.chaos_prefix)
    if settings.chaos_stop_at:
        stop_inside_transaction(settings.chaos_stop_at)
    if settings.chaos_fence_at:
        wait_before_fence(settings.chaos_fence_at)

    async def copy(event: Event) -> Sequence[Output]:
        sys.stderr.write(f"begun {event.key}\n")
        await asyncio.sleep(settings.chaos_seconds * (zlib.crc32(event.key.encode()) % 8) / 7)
        if event.key.startswith("poison-"):
            raise Rejected("poison", "as asked")
        if (drawn := random.random()) < settings.chaos_flaky:
            raise Unavailable("flaky, as asked") if drawn < settings.chaos_flaky / 2 else RuntimeError("flaky bug")
        return [Output(out, event.key, event.record)]

    stage = Stage(settings.chaos_prefix, (source,), copy)
    if settings.chaos_shell == "faust":
        return [FaustStage(settings, stage)]
    gate = Gate(out, lambda event, outputs: [Output(duplicates, event.key, event.record)])
    return [TransactionalWorker(settings, stage, gate if settings.chaos_shell == "gate" else None)]


def stop_inside_transaction(marker: Path) -> None:
    """Make the first transaction with records stop the process before it sends its offset."""
    clients.TRANSACTION_TIMEOUT_MS = SLEEP_SECONDS * 1000
    original = AIOKafkaProducer.send_offsets_to_transaction

    async def stopping(self: AIOKafkaProducer, offsets: object, group: str) -> None:
        stop_once(marker)
        await original(self, offsets, group)

    AIOKafkaProducer.send_offsets_to_transaction = stopping


def wait_before_fence(marker: Path) -> None:
    """Make every partition's producer wait before its start until the test has removed the marker."""
    original = PartitionProducer.start
    waits: list[asyncio.Future[None]] = []

    async def waiting(self: PartitionProducer) -> None:
        if not waits:
            waits.append(asyncio.ensure_future(asyncio.to_thread(wait_until_gone, marker)))
        await asyncio.shield(waits[0])
        await original(self)

    PartitionProducer.start = waiting  # type: ignore[method-assign]


def wait_until_gone(marker: Path) -> None:
    """Tell the test that the fence is next, and wait."""
    marker.write_text("at the fence", encoding="utf-8")
    deadline = time.monotonic() + SLEEP_SECONDS
    while marker.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def stop_once(marker: Path) -> None:
    """Write the marker and stop this process, unless the marker is there."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGSTOP)


if __name__ == "__main__":
    run("chaos", Settings, build)
