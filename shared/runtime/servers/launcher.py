"""From a server's name to a running session: install, sandbox, negotiate; remembers which era each server speaks."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from pathlib import Path

from shared.model.catalogue import PathMode
from shared.model.errors import Rejected
from shared.proof.canonical import digest
from shared.runtime.servers.install import Installer, Progress
from shared.runtime.servers.installed import Installed
from shared.runtime.servers.programs import Programs
from shared.runtime.servers.remote import RemoteConnection
from shared.runtime.servers.sandbox import Limits, Sandbox
from shared.runtime.servers.session import AUTO, Session, Timeouts
from shared.runtime.servers.spec import LaunchSpec, ServersFile, Transport
from shared.runtime.servers.stdio import StdioProcess

# A start is mostly processor time (interpreter and imports): many at once only make each other time out.
_STARTS_AT_ONCE = 3


class Launcher:
    """Starts the servers of one `mcp.json`."""

    def __init__(
        self,
        servers: ServersFile,
        cache: Path,
        scratch: Path,
        programs: Programs,
        timeouts: Timeouts | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._specs: Mapping[str, LaunchSpec] = {spec.server_id: spec for spec in servers.servers}
        cache, scratch = cache.absolute(), scratch.absolute()
        self._installer = Installer(cache, programs)
        self._sandbox = Sandbox(programs, scratch, limits)
        self._eras = cache / "servers" / "eras"
        self._logs, self._timeouts = scratch / "stderr", timeouts or Timeouts()
        self._installed: dict[str, Installed] = {}
        self._numbers = count()
        self._starting = asyncio.Semaphore(_STARTS_AT_ONCE)
        self.progress: Progress = lambda _server, _doing: None

    @property
    def server_ids(self) -> tuple[str, ...]:
        """Every server of the file, in its order."""
        return tuple(self._specs)

    @property
    def why_mapped(self) -> str:
        """Why paths are mapped instead of mounted; empty where they are mounted."""
        return self._sandbox.why_mapped if self._sandbox.path_mode is PathMode.MAPPED else ""

    def spec(self, server_id: str) -> LaunchSpec:
        """The launch spec of a server.

        Raises:
            Rejected: the file does not name it (`unknown_server`).
        """
        if spec := self._specs.get(server_id):
            return spec
        raise Rejected("unknown_server", f"no server is called {server_id!r}")

    def path_mode(self, server_id: str) -> PathMode:
        """How a world reaches this server."""
        return PathMode.REMOTE if self.spec(server_id).transport is Transport.HTTP else self._sandbox.path_mode

    async def install(self, server_id: str) -> Installed | None:
        """Make sure that a server can start without a network; None for a remote one.

        Raises:
            StartFailed: it cannot be installed.
        """
        spec = self.spec(server_id)
        if spec.transport is Transport.HTTP:
            return None
        if server_id not in self._installed:
            self._installed[server_id] = await self._installer.install(spec, self.progress)
        return self._installed[server_id]

    async def server_digest(self, server_id: str) -> str:
        """sha256 over launch spec, installed package set and interpreter; raises as `install`."""
        spec, installed = self.spec(server_id), await self.install(server_id)
        return installed.server_digest(spec.identity()) if installed else digest({"spec": spec.identity()})

    async def start(self, server_id: str, world: Path, instant: datetime) -> Session:
        """Start a server over a live copy of a world, at an instant.

        Raises:
            StartFailed: it cannot serve.
        """
        spec, server_digest = self.spec(server_id), await self.server_digest(server_id)
        # Remembered: probing costs a server that speaks the older era only one refused request at every start.
        era = await asyncio.to_thread(self._read_era, server_digest)
        async with self._starting:
            session = Session(self._channel(spec, world, instant), era, self._timeouts)
            await session.open()
        if session.era != era:
            await asyncio.to_thread(self._write_era, server_digest, session.era)
        return session

    def _channel(self, spec: LaunchSpec, world: Path, instant: datetime) -> StdioProcess | RemoteConnection:
        if spec.transport is Transport.HTTP:
            return RemoteConnection(spec, self._timeouts.start)
        self._logs.mkdir(parents=True, exist_ok=True)
        # Twenty files in turn for all servers: a long run starts thousands of processes.
        log = self._logs / f"{spec.server_id}-{next(self._numbers) % 20}.log"
        launch = self._sandbox.launch(spec, self._installed[spec.server_id], world, instant)
        return StdioProcess(launch, log)

    def _read_era(self, server_digest: str) -> str:
        with contextlib.suppress(OSError):
            return (self._eras / server_digest).read_text(encoding="utf-8").strip() or AUTO
        return AUTO

    def _write_era(self, server_digest: str, era: str) -> None:
        self._eras.mkdir(parents=True, exist_ok=True)
        staged = self._eras / f".{server_digest}.tmp"
        staged.write_text(era, encoding="utf-8")
        staged.rename(self._eras / server_digest)
