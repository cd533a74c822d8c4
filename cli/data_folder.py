"""A data folder: what lies where, who holds it, and its Kafka, running or started for the moment.

with kafka_of(Path(".firefly/data")) as bootstrap:
    ...read topics...
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.embedded.folders import prepare
from cli.embedded.kafka import Kafka
from cli.embedded.ports import answers
from shared.model.errors import BadInput, Unavailable


@dataclass(frozen=True, slots=True)
class Running:
    """The stack of a run in progress, as other commands find it."""

    pid: int
    """Of `firefly up`."""
    kafka: str
    """Bootstrap servers."""
    valkey: str
    """URL."""
    simulator: str
    """gRPC address, `host:port`."""


class DataFolder:
    """DATA and what lies in it."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.kafka = self.root / "kafka"
        self.valkey = self.root / "valkey"
        self.worlds = self.root / "worlds"
        self.logs = self.root / "logs"
        self.parameters = self.root / "run.json"
        """What the run was asked for."""
        self.board = self.root / "stages.json"
        """What `firefly up` last saw of its services."""
        self._lock = self.root / "lock"
        self._running = self.root / "running.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder alone.

        Raises:
            BadInput: it cannot be written, or another process holds it.
        """
        prepare(self.root)
        # Not `w`: to open it must not wipe out who holds it.
        with self._lock.open("a+") as lock:
            try:
                # A lock of the kernel's: it ends with its process, also with one that is killed.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise BadInput(
                    f"{self.root} is in use by process {lock.read().strip() or '?'}; "
                    f"stop that with `firefly down --data {self.root}` or choose another folder with --data"
                ) from None
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            try:
                yield
            finally:
                self._running.unlink(missing_ok=True)
                lock.truncate(0)

    def is_free(self) -> bool:
        """Whether nobody holds it now."""
        try:
            with self._lock.open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def announce(self, running: Running) -> None:
        """Let other commands find the stack."""
        _write(self._running, asdict(running))

    def running(self) -> Running | None:
        """The stack that runs on this folder, if one does."""
        try:
            found = Running(**json.loads(self._running.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        # The file outlives a run that is killed; its Kafka, tied to the process, does not.
        return found if answers(int(found.kafka.rsplit(":", 1)[1])) else None

    def require_run(self) -> None:
        """Make sure that a run ever happened here.

        Raises:
            BadInput: none did.
        """
        if not self.parameters.is_file():
            raise BadInput(
                f"{self.root} holds no run; start one with `firefly up --data {self.root}` or name its folder"
            )


@contextmanager
def kafka_of(root: Path) -> Iterator[str]:
    """Give the bootstrap servers of a folder's Kafka, starting it for the moment when nothing runs there.

    Raises:
        BadInput: no run happened there, or the folder cannot be used.
        Unavailable: Kafka does not start.
    """
    folder = DataFolder(root)
    folder.require_run()
    if running := folder.running():
        yield running.kafka
        return
    with folder.held():
        kafka = Kafka(folder.kafka)
        try:
            kafka.start()
            yield kafka.bootstrap
        finally:
            kafka.stop()


def require_running(root: Path) -> Running:
    """Give the stack that runs on a folder.

    Raises:
        BadInput: no run ever happened there.
        Unavailable: none runs now.
    """
    folder = DataFolder(root)
    folder.require_run()
    running = folder.running()
    if running is None:
        raise Unavailable(f"nothing runs on {folder.root}; start it with `firefly up --data {folder.root}`")
    return running


def _write(path: Path, value: object) -> None:
    staging = path.with_suffix(".new")
    staging.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    # All at once: other commands read it at any moment.
    staging.replace(path)
