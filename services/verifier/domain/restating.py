"""What follows from the cheapest known way: effort is what a task takes, not what its reference took."""

from dataclasses import replace

from services.verifier.domain.evaluating.cheapest import Cheapest
from shared.model.tasks import Task

MULTI_CALL = "multi_call"
_EASY, _MEDIUM = 1, 3


def restated(task: Task, cheapest: Cheapest) -> Task:
    """Count the calls of the cheapest known way, and grade and tag by them; nothing else of the task changes."""
    calls = cheapest.calls
    tags = tuple(tag for tag in task.tags if tag != MULTI_CALL or calls > 1)
    difficulty = "easy" if calls <= _EASY else "medium" if calls <= _MEDIUM else "hard"
    return replace(task, min_known_calls=calls, difficulty=difficulty, tags=tags)
