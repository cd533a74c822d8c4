"""What trainers report about tasks: never solved in many tries is suspect, always solved teaches nothing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.model.errors import Rejected

ENOUGH = 64
"""Scored tries before a task is marked."""


class Mark(StrEnum):
    """What tries say about a task."""

    NONE = "none"
    AUDIT = "audit"
    """Nobody ever solved it: a person should look at it."""
    MASTERED = "mastered"
    """Everybody always solves it."""


@dataclass(frozen=True, slots=True)
class TaskTries:
    """Tries of one task by one policy, or by all of them together."""

    task_id: str
    policy: str
    tries: int
    passed: int
    censored: int = 0
    """Unscored or masked tries."""

    @property
    def mark(self) -> Mark:
        """What these tries say; censored ones say nothing."""
        scored = self.tries - self.censored
        # Of 64 tries of a task that is solved one time in twenty,
        # all fail in 4 % of cases: fewer would accuse too many.
        if scored < ENOUGH:
            return Mark.NONE
        if self.passed == 0:
            return Mark.AUDIT
        return Mark.MASTERED if self.passed == scored else Mark.NONE


@dataclass(frozen=True, slots=True)
class PolicyTries:
    """All tries of one policy."""

    policy: str
    tasks: int
    tries: int
    passed: int
    censored: int

    @property
    def censored_share(self) -> float:
        """Share of its tries that were unscored or masked."""
        return self.censored / self.tries if self.tries else 0.0


def checked(tries: TaskTries) -> TaskTries:
    """Return tries that add up.

    Raises:
        Rejected: they do not (`bad_request`).
    """
    if not tries.task_id or min(tries.tries, tries.passed, tries.censored) < 0:
        raise Rejected("bad_request", "an outcome needs a task_id and counts that are not negative")
    if tries.passed + tries.censored > tries.tries:
        raise Rejected(
            "bad_request", f"task {tries.task_id!r:.80}: passed and censored tries are more than {tries.tries} tries"
        )
    return tries


class OutcomeStore(Protocol):
    """Where reports are added up."""

    def add(self, request_id: str, outcomes: tuple[TaskTries, ...]) -> int:
        """Add a report, once per request id; returns how many outcomes were taken."""

    def of(self, task_id: str) -> TaskTries:
        """Sum up one task over all policies."""

    def marked(self, mark: Mark, after: str, limit: int) -> tuple[TaskTries, ...]:
        """Return the tasks of one mark above `after`, in id order."""

    def policies(self, after: str | None, limit: int) -> tuple[PolicyTries, ...]:
        """Sum up the policies above `after`, in order of their names; None begins."""
