"""Run a service process: settings, logging, signals, probes, exit codes.

A service writes two files against this module::

    # services/explorer/__main__.py
    from services.explorer.app import build
    from services.explorer.settings import Settings
    from shared.runtime.service import run

    if __name__ == "__main__":
        run("explorer", Settings, build)

    # services/explorer/app.py
    async def build(settings: Settings, resources: AsyncExitStack) -> Sequence[Part]:
        pool = await resources.enter_async_context(EnvironmentPool(...))
        stage = Stage("explorer", ("sub-dags",), Exploring(pool).handle, on_dead=dead_exploration)
        return [TransactionalWorker(settings, stage), Background("catalogue", catalogue.follow, catalogue.is_ready)]

Parts: `TransactionalWorker`, `FaustStage`, `RpcServer`, `Background`, or anything with the same four names. Parts start
together when `build` returns (the loop runs: connect there). On SIGTERM or SIGINT they drain, then the backgrounds stop
(they serve the others to the end), then resources close.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from enum import IntEnum
from typing import Protocol, TypeVar

import structlog
from pydantic import ValidationError

from shared.model.errors import BadInput, Fenced, Unavailable
from shared.runtime import telemetry, tracing
from shared.runtime.health import HealthServer, Report
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.failures import StageFailed

NOTICE_SECONDS = 2.0
CANCEL_SECONDS = 10.0

logger = structlog.get_logger()


class ExitCode(IntEnum):
    """How a service process ends."""

    DONE = 0
    """SIGTERM or SIGINT, drained."""
    CRASHED = 1
    """A bug; the traceback is in the log."""
    BAD_INPUT = 2
    """Settings or files a person has to repair; do not restart."""
    FENCED = 3
    """Another process owns this work now; restart."""
    TOO_MANY_FAILURES = 4
    """The stage dead-lettered too much; look at its dead letters before a restart."""
    UNAVAILABLE = 5
    """Something needed did not answer at the start; restart after a while."""


class Part(Protocol):
    """Something that runs until the service stops."""

    name: str

    async def run(self, stopping: asyncio.Event) -> None:
        """Run until `stopping` is set, then drain and return; whatever it raises ends the process."""

    def liveness(self) -> Report:
        """Say whether it makes progress, or waits for something named; false = restart the process."""

    def readiness(self) -> Report:
        """Say whether it can do its work now."""


class Background:
    """A part made of one coroutine function: `body(stopping)` returns only once `stopping` is set."""

    def __init__(
        self, name: str, body: Callable[[asyncio.Event], Awaitable[None]], is_ready: Callable[[], bool] = lambda: True
    ) -> None:
        self.name, self._body, self._is_ready = name, body, is_ready

    async def run(self, stopping: asyncio.Event) -> None:
        """Run the body; it is cancelled when it does not notice `stopping` soon by itself."""
        body = asyncio.ensure_future(self._body(stopping))
        waiter = asyncio.ensure_future(stopping.wait())
        try:
            await asyncio.wait({body, waiter}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({body}, timeout=NOTICE_SECONDS)
        finally:
            waiter.cancel()
            was_cancelled = body.cancel()
            await asyncio.wait({body}, timeout=CANCEL_SECONDS)
        if not was_cancelled:
            body.result()

    def liveness(self) -> Report:
        """Alive as long as the loop answers."""
        return Report(True, "running")

    def readiness(self) -> Report:
        """Ask the owner."""
        ready = self._is_ready()
        return Report(ready, "ready" if ready else "catching up")


S = TypeVar("S", bound=ServiceSettings)
Build = Callable[[S, AsyncExitStack], Awaitable[Sequence[Part]]]


def run(name: str, settings_type: type[S], build: Build[S]) -> None:
    """Run the service until it is told to stop and exit with an `ExitCode`."""
    try:
        settings = settings_type()
    except ValidationError as error:
        sys.stderr.write(f"{name}: {_sentence(error)}\n")
        sys.exit(ExitCode.BAD_INPUT)
    telemetry.set_up_logging(settings.log_level, settings.log_format, name)
    telemetry.RESTARTS.inc(settings.restarts)
    code = asyncio.run(_exit_code(settings, build, name))
    tracing.shut_down()
    sys.exit(code)


async def serve(settings: S, build: Build[S], stopping: asyncio.Event) -> None:
    """Build, run all parts until `stopping` is set or one of them fails, close resources."""
    async with AsyncExitStack() as resources:
        parts = await _unless_stopped(build(settings, resources), stopping)
        if parts is None:
            return
        await resources.enter_async_context(HealthServer(settings.http_host, settings.http_port, parts))
        logger.info("service_started", parts=[part.name for part in parts], http_port=settings.http_port)
        await _run_all(parts, stopping)
        logger.info("service_stopped")


async def _unless_stopped(building: Awaitable[Sequence[Part]], stopping: asyncio.Event) -> Sequence[Part] | None:
    """Build, or give up when told to stop: `build` may be waiting for something that is away."""
    task = asyncio.ensure_future(building)
    stop = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        stop.cancel()
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_SECONDS)


async def _run_all(parts: Sequence[Part], stopping: asyncio.Event) -> None:
    last = asyncio.Event()
    # Backgrounds get their own signal: a stage that drains still needs the catalogue and the ledger.
    tasks = {asyncio.create_task(part.run(last if isinstance(part, Background) else stopping)): part for part in parts}
    stop = asyncio.create_task(stopping.wait())
    try:
        done, _ = await asyncio.wait({*tasks, stop}, return_when=asyncio.FIRST_COMPLETED)
        early = [task for task in tasks if task in done and not stopping.is_set()]
        stopping.set()
        foreground = [task for task, part in tasks.items() if not isinstance(part, Background)]
        results = await asyncio.gather(*early, *foreground, return_exceptions=True)
        last.set()
        results += await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        for task in (*tasks, stop):
            task.cancel()
    if error := next((result for result in results if isinstance(result, BaseException)), None):
        raise error
    # Without it the service would look well and do nothing.
    if early:
        raise RuntimeError(f"{tasks[early[0]].name} ended by itself")


async def _exit_code(settings: S, build: Build[S], name: str = "service") -> ExitCode:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)

    async def traced() -> None:
        tracing.set_up(settings.otel_exporter_otlp_endpoint, name)
        await serve(settings, build, stopping)

    # As a value, not an exception: whatever a service raises ends here, once, as a code that a supervisor acts on.
    (error,) = await asyncio.gather(traced(), return_exceptions=True)
    return _code_of(error)


def _code_of(error: BaseException | None) -> ExitCode:
    match error:
        case None:
            return ExitCode.DONE
        case BadInput():
            logger.error("bad_input", reason=str(error))  # a person reads it, no traceback
            return ExitCode.BAD_INPUT
        case Unavailable():
            logger.error("dependency_unavailable", reason=str(error))  # not our fault, no traceback
            return ExitCode.UNAVAILABLE
        case Fenced():
            logger.warning("fenced", reason=str(error))
            return ExitCode.FENCED
        case StageFailed():
            logger.critical("stage_failed", reason=str(error))
            return ExitCode.TOO_MANY_FAILURES
        case _:
            logger.error("crashed", exc_info=error)
            return ExitCode.CRASHED


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    field = "_".join(str(part) for part in first["loc"]).upper().removeprefix("FIREFLY_")
    prefix = "" if field.startswith("OPENAI_") else "FIREFLY_"
    return f"{prefix}{field} is {first.get('input')!r}: {first['msg']}; set it to an allowed value and start again"
