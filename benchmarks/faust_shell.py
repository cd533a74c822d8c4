"""The Faust shell beside a bare Faust agent: `python -m benchmarks.faust_shell [--profile]`.

Both read the same 1 KiB records from four partitions with the same Faust settings. Once nothing is written; once one
record is written for each event and its acknowledgement awaited before the event is done, which is what "not lost"
takes in both. Every run is a process of its own: Faust leaves threads behind that slow the next app down.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import beside
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.faust_stage import FaustStage, build_app
from shared.runtime.streaming.stage import Stage
from shared.runtime.topics import BY_NAME

RECORDS = {False: 20_000, True: 2_000}
"""By whether each event writes a record."""
OUT = "bench-out"
SILENCE_SECONDS = 5.0


class Shell:
    """Ours and the reference over one broker."""

    def __init__(self, bootstrap: str, folder: Path, source: str, writes: bool) -> None:
        self._settings = ServiceSettings(kafka_bootstrap=bootstrap, data_dir=folder)
        self._source, self._writes = source, writes
        self._records = RECORDS[writes]

    async def ours(self) -> beside.Pace:
        """Events per second of the shell."""
        watch = _Watch(self._records)

        async def handle(event: Event) -> Sequence[Output]:
            watch.saw()
            return [Output(OUT, event.key, event.record)] if self._writes else []

        stopping = asyncio.Event()
        running = asyncio.create_task(FaustStage(self._settings, self._stage(handle)).run(stopping))
        await watch.over()
        stopping.set()
        await running
        return watch.pace

    async def reference(self) -> beside.Pace:
        """Events per second of the agent."""
        watch = _Watch(self._records)
        channels: list[Any] = []

        async def work(stream: Any) -> None:
            async for event in stream.events():
                watch.saw()
                if channels:
                    await (await channels[0].send(key=event.message.key, value=event.message.value))

        stage = self._stage(_nothing)
        app = _bare(self._settings, stage, work)
        if self._writes:
            channels.append(app.topic(OUT, key_serializer="raw", value_serializer="raw"))
        await app.start()
        await watch.over()
        return watch.pace

    def _stage(self, handler: Callable[[Event], Awaitable[Sequence[Output]]]) -> Stage:
        return Stage(f"bench-faust-{uuid.uuid4().hex}", (self._source,), handler)


class _Watch:
    """Counts events and takes the time, but for the first tenth: starting is another matter."""

    def __init__(self, count: int) -> None:
        self._left = self._count = count
        self._clock: beside.Clock | None = None
        self._ended = 0.0
        self._pace: beside.Pace | None = None
        self._measured = count - count // 10

    def saw(self) -> None:
        self._ended = time.perf_counter()
        self._left -= 1
        if self._left == self._measured:
            self._clock = beside.Clock()
        elif not self._left and self._clock:
            self._pace = self._clock.pace(self._measured)

    async def over(self) -> None:
        """Wait for the last event, or for silence: Faust's own consumer can drop events when its flow resumes."""
        while self._left and not (self._ended and time.perf_counter() - self._ended > SILENCE_SECONDS):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    @property
    def pace(self) -> beside.Pace:
        if self._pace is None:
            raise SystemExit(f"{self._left} of {self._count} events never came")
        return self._pace


async def _nothing(event: Event) -> Sequence[Output]:
    return ()


def _bare(settings: ServiceSettings, stage: Stage, work: Callable[[Any], Awaitable[None]]) -> Any:
    """Make the same app on the transport that Faust comes with."""
    from faust.transport.drivers.aiokafka import Transport

    app = build_app(settings, stage, work)
    app.transport = Transport(app.conf.broker_consumer, app, loop=app.loop)
    return app


async def _in_process(kind: str, bootstrap: str, source: str, writes: bool) -> beside.Pace:
    command = [sys.executable, "-m", "benchmarks.faust_shell", "--run", kind, bootstrap, source, str(int(writes))]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return beside.Pace(*json.loads(said.splitlines()[-1]))


async def run_one(kind: str, bootstrap: str, source: str, writes: bool, is_profiled: bool = False) -> None:
    """Run one kind in this process and print its rate."""
    BY_NAME.update({name: beside.topic_of(name) for name in (source, OUT)})
    with tempfile.TemporaryDirectory() as folder:
        shell = Shell(bootstrap, Path(folder), source, writes)
        with beside.profiling() if is_profiled else contextlib.nullcontext():
            pace = await (shell.ours() if kind == "ours" else shell.reference())
            print(json.dumps(astuple(pace)), flush=True)
    os._exit(0)  # what Faust left running must not keep this process


async def measure(is_profiled: bool) -> None:
    """Fill the topics and measure both."""
    async with beside.kafka() as bootstrap:
        await beside.create(bootstrap, OUT)
        for writes, records in RECORDS.items():
            source = f"bench-{records}"
            await beside.create(bootstrap, source)
            filling = ((f"id-{n}".encode(), beside.request_of(n)) for n in range(records))
            await beside.fill(bootstrap, source, filling)
            if is_profiled:
                await run_one("ours", bootstrap, source, writes, is_profiled)
            ours, reference = (partial(_in_process, kind, bootstrap, source, writes) for kind in ("ours", "reference"))
            what = "one acknowledged record each" if writes else "nothing written"
            await beside.take_turns(f"Faust shell, 1 KiB records, {what}", ours, reference)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", action="store_true", help="only say where the shell's time goes")
    parser.add_argument("--run", nargs=4, metavar=("KIND", "BOOTSTRAP", "TOPIC", "WRITES"))
    asked = parser.parse_args()
    if asked.run:
        kind, bootstrap, topic, writes = asked.run
        asyncio.run(run_one(kind, bootstrap, topic, writes == "1"))
    else:
        asyncio.run(measure(asked.profile))
