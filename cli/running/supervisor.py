"""Keeps service processes running: restarts the dead, gives up with a reason, stops all for good."""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from cli.embedded.processes import Process, spawn
from cli.running.goal import RunFailed
from cli.running.roster import ServiceSpec
from shared.runtime.service import ExitCode

FAST_DEATH_SECONDS = 30.0
MAX_FAST_DEATHS = 5
BACKOFF_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
GRACE_SECONDS = 15.0
POLL_SECONDS = 0.05
HOPELESS = {
    ExitCode.BAD_INPUT: "its settings or files are wrong",
    ExitCode.TOO_MANY_FAILURES: "it dead-lettered too much; see `firefly dlq list`",
}


@dataclass(slots=True)
class Service:
    """One service and its present process."""

    spec: ServiceSpec
    environment: Mapping[str, str]
    log: Path
    process: Process | None = None
    started: float = 0.0
    start_again: float | None = None
    """When the next start is due; None when none is."""
    fast_deaths: int = 0
    restarts: int = 0
    stopping: bool = False
    pids: list[int] = field(default_factory=list)
    """Every process it had."""

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.exit_code is None


class Supervisor:
    """The processes of a run; call `tick` often, from the thread that lives as long as they shall."""

    def __init__(self, services: Sequence[Service], say: Callable[[str], None]) -> None:
        self.services = {service.spec.name: service for service in services}
        self._say = say

    def start(self, names: Iterable[str]) -> None:
        """Start these services."""
        for name in names:
            self._spawn(self.services[name])

    def tick(self, now: float | None = None) -> None:
        """Notice deaths and start again what is due.

        Raises:
            RunFailed: a service cannot be kept running.
        """
        now = time.monotonic() if now is None else now
        for service in self.services.values():
            if service.process is not None and not service.stopping and service.process.exit_code is not None:
                self._bury(service, now)
            elif service.start_again is not None and now >= service.start_again and not service.stopping:
                self._spawn(service)

    async def stop(self, names: Iterable[str] | None = None, grace_seconds: float = GRACE_SECONDS) -> None:
        """Stop these services, or all, and everything they started; none of them is started again."""
        chosen = [self.services[name] for name in names] if names is not None else list(self.services.values())
        processes = [service.process for service in chosen if service.process is not None]
        # Listed before the end: children of a dead process are nobody's, and could not be found any more.
        offspring = [child for process in processes for child in _descendants(process.pid)]
        for service in chosen:
            service.stopping, service.start_again = True, None
        for process in processes:
            process.terminate()
        await _ended(processes, grace_seconds)
        for process in processes:
            if process.exit_code is None:
                self._say(f"{process.name} does not stop within {grace_seconds:.0f} s: killed")
                offspring += _descendants(process.pid)
            process.kill()
        _kill(offspring)

    def give_up_process(self, name: str, pid: int, reason: str) -> None:
        """End a process that lives and makes no progress; `tick` starts it again."""
        service = self.services[name]
        # The process may have been replaced since it was asked; the new one is not at fault.
        if service.process is not None and service.process.pid == pid and not service.stopping:
            self._say(f"{name} {reason}: killed")
            service.process.kill()

    def kill(self) -> None:
        """End every service at once."""
        for service in self.services.values():
            if service.process is not None:
                service.process.kill()

    def _spawn(self, service: Service) -> None:
        # the services get the whole environment: proxies, mirrors, certificates and the model's key are in it
        environment = {**os.environ, **service.environment, "FIREFLY_RESTARTS": str(service.restarts)}  # noqa: TID251
        service.process = spawn(service.spec.name, service.spec.command(), service.log, environment)
        service.started, service.start_again = time.monotonic(), None
        service.pids.append(service.process.pid)

    def _bury(self, service: Service, now: float) -> None:
        process = service.process
        assert process is not None
        # Its group: what a dead service leaves running would go on calling servers and holding ports.
        process.kill()
        service.process = None
        code, lived = process.exit_code, now - service.started
        # A service that had worked for a while starts counting anew: kills far apart are no crash loop.
        service.fast_deaths = service.fast_deaths + 1 if lived < FAST_DEATH_SECONDS else 1
        name, where = service.spec.name, f"it wrote to {service.log}:\n{process.tail(3)}"
        # A restart would only end the same way and hide the sentence that says what to repair.
        if code in HOPELESS:
            raise RunFailed(f"{name} gave up: {HOPELESS[ExitCode(code)]}; {where}")
        if service.fast_deaths >= MAX_FAST_DEATHS:
            raise RunFailed(f"{name} died {service.fast_deaths} times within {FAST_DEATH_SECONDS:.0f} s each; {where}")
        delay = BACKOFF_SECONDS[min(service.fast_deaths, len(BACKOFF_SECONDS)) - 1]
        service.restarts += 1
        service.start_again = now + delay
        self._say(f"{name} {describe(code)} after {lived:.0f} s; starting it again in {delay:g} s")


async def _ended(processes: Sequence[Process], timeout_seconds: float) -> None:
    for _ in range(int(timeout_seconds / POLL_SECONDS)):
        if all(process.exit_code is not None for process in processes):
            return
        await asyncio.sleep(POLL_SECONDS)


def describe(code: int | None) -> str:
    """Say how a process ended."""
    if code is not None and code < 0:
        return f"was killed by signal {-code}"
    return f"ended with code {code}"


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        try:
            # `is_running` compares start times too: the number may belong to a stranger by now.
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                process.kill()
        except psutil.NoSuchProcess:
            continue
