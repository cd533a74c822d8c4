"""When a run is done, and when it cannot be. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from cli.running.progress import Progress
from shared.model.errors import FireflyError


class RunFailed(FireflyError):
    """The run cannot go on; the text says why and where to look."""


class Phase(StrEnum):
    """What to do next."""

    RUN = "run"
    DRAIN = "drain"
    """Draw no more; finish what is drawn."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Goal:
    """Until N verified tasks are there that an export keeps, or for N draws, or without end."""

    until: int | None = None
    draws: int | None = None

    def phase(self, progress: Progress, is_draining: bool) -> Phase:
        """Say what to do next; once draining, that goes on to the end.

        Raises:
            RunFailed: the goal cannot be reached any more.
        """
        # Once draining, always: duplicates that a later export drops must not make it draw again.
        if self.until is not None and (is_draining or progress.exportable >= self.until):
            return Phase.DRAIN if progress.unfinished() else Phase.DONE
        last = progress.total if self.draws is None else self.draws
        if progress.total is not None and self.draws is not None:
            last = min(self.draws, progress.total)
        if last is None or progress.unfinished(last):
            return Phase.RUN
        if self.until is not None:
            raise RunFailed(f"nothing more can be drawn: {_of(progress, self.until)}")
        return Phase.DONE

    def text(self, progress: Progress) -> str:
        """How far it is."""
        if self.until is not None:
            return _of(progress, self.until)
        if self.draws is not None:
            done = self.draws - len(progress.unfinished(self.draws))
            return f"{done} of {self.draws} draws finished, {progress.verified} tasks verified"
        return f"{progress.verified} tasks verified"


def _of(progress: Progress, until: int) -> str:
    return f"{progress.exportable} of {until} distinct tasks ({progress.verified} verified)"


def require_servers(progress: Progress, asked: int) -> None:
    """Notice that no server is left to explore.

    Raises:
        RunFailed: every server that was asked for failed.
    """
    failed = progress.failed_servers
    if asked and len(failed) >= asked:
        reasons = ", ".join(f"{name}: {reason}" for name, reason in sorted(failed.items()))
        raise RunFailed(f"no server can be used ({reasons}); see the log of the crawler, repair the servers file")
