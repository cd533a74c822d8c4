"""One `firefly up`: starts Kafka, Valkey and the services, brings them to the goal, stops everything."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from rich.console import Console

from cli.data_folder import DataFolder, Running
from cli.embedded import ports
from cli.embedded.settings import EmbeddedSettings
from cli.running.goal import Goal
from cli.running.parameters import RunParameters
from cli.running.pipeline import ENDING, Pipeline
from cli.running.progress import Progress
from cli.running.requests import CrawlPlan
from cli.running.roster import SERVICES, Addresses, ServiceSpec, common_environment, own_environment
from cli.running.stack import Stack
from cli.running.supervisor import Service, Supervisor
from cli.running.usage import Meter
from cli.running.view import View


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    progress: Progress
    meter: Meter
    wall_seconds: float
    addresses: Addresses
    reached: Mapping[str, float] = field(default_factory=dict)
    """How many tasks of which kind -> seconds from the start."""


After = Callable[[Outcome], Awaitable[None]]


async def nothing(_: Outcome) -> None:
    """Do nothing after a run."""


def run(
    folder: DataFolder,
    parameters: RunParameters,
    crawl: CrawlPlan,
    console: Console,
    roster: Sequence[ServiceSpec] = SERVICES,
    after: After = nothing,
) -> Outcome:
    """Run on a data folder that is held; `after` is called with the result while Kafka still runs.

    Raises:
        RunFailed, Interrupted, Unavailable: as `Pipeline.go`.
        BadInput: a port or a folder cannot be used.
    """
    settings = EmbeddedSettings()
    view = View(console, Goal(parameters.until, parameters.draws), len(crawl.worlds_by_server))
    stack = Stack(folder, settings, view.say)
    with _ended_by_signals():
        try:
            view.say("starting Kafka and Valkey")
            stack.start()
            addresses = _addresses(folder, stack, len(roster))
            # Before the services start: `firefly status` and a second `up` need to know whose folder this is.
            folder.announce(_running(addresses))
            supervisor = _supervisor(folder, parameters, addresses, roster, view)
            pipeline = Pipeline(parameters, crawl, supervisor, stack, view, folder.board)
            return asyncio.run(_go(pipeline, addresses, after))
        finally:
            for number in ENDING:
                # what is left to do is bounded, and half of it is worse than a moment's wait
                signal.signal(number, signal.SIG_IGN)
            view.close()
            stack.stop()


async def _go(pipeline: Pipeline, addresses: Addresses, after: After) -> Outcome:
    def outcome() -> Outcome:
        return Outcome(
            pipeline.progress, pipeline.meter, time.monotonic() - pipeline.view.started, addresses, pipeline.reached
        )

    await pipeline.go(lambda: after(outcome()))
    return outcome()


def _supervisor(
    folder: DataFolder, parameters: RunParameters, addresses: Addresses, roster: Sequence[ServiceSpec], view: View
) -> Supervisor:
    common = common_environment(parameters, folder.root, EmbeddedSettings().cache, addresses)
    services = [
        Service(
            spec, {**common, **own_environment(spec, index, parameters, addresses)}, folder.logs / f"{spec.name}.log"
        )
        for index, spec in enumerate(roster)
    ]
    return Supervisor(services, view.say)


def _addresses(folder: DataFolder, stack: Stack, services: int) -> Addresses:
    simulator, graph, *http = ports.free_ports(folder.root, services + 2)
    return Addresses(stack.kafka.bootstrap, stack.valkey.url, simulator, graph, tuple(http))


def _running(addresses: Addresses) -> Running:
    simulator = f"{ports.LOOPBACK}:{addresses.simulator_port}"
    return Running(os.getpid(), addresses.kafka, addresses.valkey, simulator)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Until the event loop has its own handlers, and after it: SIGTERM and SIGHUP end us as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
