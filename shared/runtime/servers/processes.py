"""The server processes of one environment: started when first needed, each with the chain of its session."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.model.catalogue import FailureClass
from shared.runtime.servers.failures import StartFailed
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.session import Session

ATTEMPTS = 3
_LOAD_MADE = (FailureClass.HANDSHAKE_TIMEOUT, FailureClass.EXITED)
"""Failures that a busy machine can make; tried again in a fresh process."""


@dataclass(slots=True)
class Process:
    """One server's process, running or starting."""

    starting: asyncio.Task[Session]
    chain: str = ""
    """Session digest: empty until a session-mutating call."""
    is_dirty: bool = False
    """Something unproven or session-moving was called on it."""

    @property
    def has_failed(self) -> bool:
        """Whether it never came up."""
        task = self.starting
        return task.done() and (task.cancelled() or task.exception() is not None)

    @property
    def is_over(self) -> bool:
        """Whether it never came up or has ended."""
        return self.has_failed or (self.starting.done() and not self.starting.result().is_alive)


class Processes:
    """All processes over one live world at one instant."""

    def __init__(self, launcher: Launcher, folder: Path, instant: datetime) -> None:
        self._launcher, self._folder, self._instant = launcher, folder, instant
        self._by_server: dict[str, Process] = {}

    def get(self, server_id: str) -> Process:
        """The server's process; one that never came up is started again."""
        process = self._by_server.get(server_id)
        if process is None or process.has_failed:
            process = self._by_server[server_id] = Process(asyncio.create_task(self._start(server_id)))
        return process

    def chain(self, server_id: str) -> str:
        """Session digest of a server, started or not."""
        process = self._by_server.get(server_id)
        return process.chain if process else ""

    async def session(self, server_id: str) -> Session:
        """The server's session, once it is up.

        Raises:
            StartFailed: the server cannot serve.
        """
        # The start is shared: who stops waiting must not cancel it for the others.
        return await asyncio.shield(self.get(server_id).starting)

    @property
    def running(self) -> frozenset[str]:
        """Servers that have a process or are starting one."""
        return frozenset(self._by_server)

    @property
    def spoilt(self) -> frozenset[str]:
        """Servers whose process may not serve another exploration."""
        return frozenset(name for name, process in self._by_server.items() if process.is_dirty or process.is_over)

    async def end(self, server_ids: Iterable[str]) -> None:
        """End processes at once."""
        ended = [process for name in server_ids if (process := self._by_server.pop(name, None))]
        await asyncio.gather(*(_end(process) for process in ended))

    async def _start(self, server_id: str) -> Session:
        for left in reversed(range(ATTEMPTS)):
            try:
                return await self._launcher.start(server_id, self._folder, self._instant)
            except StartFailed as failed:
                if not left or failed.failure_class not in _LOAD_MADE:
                    raise
        raise AssertionError("the last attempt returns or raises")


async def _end(process: Process) -> None:
    process.starting.cancel()
    # Waited for, not awaited: why it failed was told to whoever asked for the process.
    await asyncio.wait({process.starting})
    if not process.has_failed:
        await process.starting.result().close()
