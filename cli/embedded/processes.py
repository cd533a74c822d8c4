"""A child process with its own group, its own log file and no life after its parent."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.model.errors import BadInput

TETHER = Path(__file__).with_name("tether.py")
TAIL_BYTES = 8192


@dataclass(slots=True)
class Process:
    """One running child."""

    name: str
    log: Path
    handle: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Also the id of its process group."""
        return self.handle.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.handle.poll()

    def wait(self, timeout_seconds: float) -> int | None:
        """Wait for its end; None when it still runs after the time."""
        try:
            return self.handle.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return None

    def terminate(self) -> None:
        """Ask it to end (SIGTERM to the process itself, which knows best how to end its children)."""
        if self.exit_code is None:
            self.handle.terminate()

    def kill(self) -> None:
        """End it and everything in its process group at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait(5)

    def stop(self, grace_seconds: float = 10) -> None:
        """SIGTERM, wait, then SIGKILL to whatever is left of the group."""
        self.terminate()
        self.wait(grace_seconds)
        self.kill()

    def tail(self, lines: int = 12) -> str:
        """The last lines it wrote."""
        return tail(self.log, lines)


def spawn(
    name: str,
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Process:
    """Start a tethered child in a group of its own; its output is appended to `log`.

    Call it from a thread that lives as long as the child shall: the kernel ties the child to that thread.

    Raises:
        BadInput: the log file cannot be written.
    """
    # A program of its own and no `preexec_fn`, which is not safe in a process with threads.
    line = [sys.executable, "-IS", str(TETHER), str(os.getpid()), *command]
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            handle = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                # Ctrl-C then reaches `firefly` alone, which stops its children in order.
                start_new_session=True,
            )
    except OSError as error:
        raise BadInput(
            f"cannot write {log}: {error.strerror}; make room or choose another folder with --data"
        ) from error
    return Process(name, log, handle)


def tail(log: Path, lines: int) -> str:
    """The last lines of a log file, empty when there is none."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - TAIL_BYTES))
            return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
