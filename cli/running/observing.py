"""Looks at the services of a run again and again: metrics, probes, CPU and memory."""

import time
from pathlib import Path

from cli.running import probes
from cli.running.board import Row, save
from cli.running.metrics import Counts, scrape
from cli.running.stack import Stack
from cli.running.supervisor import Service, Supervisor
from cli.running.usage import Meter

SILENT = "does not answer its probe"


class Observer:
    """Keeps what dead processes had counted; gives up processes that live and make no progress."""

    def __init__(self, supervisor: Supervisor, stack: Stack, board: Path) -> None:
        self._supervisor, self._stack, self._board = supervisor, stack, board
        self.meter = Meter()
        self._counts: dict[str, Counts] = {}
        self._before: dict[str, Counts] = {}
        self._pids: dict[str, int] = {}
        self._patience = probes.Patience()
        self._waits: dict[str, str] = {}
        self._probed = 0.0

    async def look(self) -> list[Row]:
        """Ask everybody within a bound, write the board, and return it."""
        services = self._supervisor.services
        running = {name: one.process.pid for name, one in services.items() if one.process is not None}
        self.meter.sample([*running.items(), *self._stack.pids()])
        doors = {name: int(services[name].environment["FIREFLY_HTTP_PORT"]) for name in running}
        self._take(await scrape(doors), running)
        if time.monotonic() - self._probed >= probes.EVERY_SECONDS:
            self._probed = time.monotonic()
            await self._probe(doors, running)
        rows = [self._row(name, service) for name, service in services.items()]
        save(rows, self._board)
        return rows

    async def _probe(self, doors: dict[str, int], running: dict[str, int]) -> None:
        answers = await probes.ask(doors)
        self._waits = {name: SILENT if answer is None else answer.text for name, answer in answers.items()}
        for name, answer in answers.items():
            if reason := self._patience.judge(name, running[name], answer):
                self._supervisor.give_up_process(name, running[name], reason)

    def _take(self, fresh: dict[str, Counts], running: dict[str, int]) -> None:
        """Counters begin again in a new process: keep what its predecessor had counted."""
        for name, counts in fresh.items():
            if self._pids.get(name, running[name]) != running[name]:
                self._before[name] = self._counts[name].plus(self._before.get(name, Counts()))
            self._pids[name], self._counts[name] = running[name], counts

    def _row(self, name: str, service: Service) -> Row:
        counts = self._counts.get(name, Counts()).plus(self._before.get(name, Counts()))
        return Row(name, _state(service), counts, service.restarts, self._waits.get(name, ""))


def _state(service: Service) -> str:
    if service.is_running:
        return f"restarted {service.restarts}x" if service.restarts else "running"
    return "stopped" if service.stopping else "starting again"
