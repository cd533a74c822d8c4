"""Which tasks an export keeps beside each other: none asks what another asks, none falls to a constant. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from cli.constant_answers import Answered, most_frequent, solved
from shared.model.tasks import Task
from shared.proof.canonical import canonical, digest, parse_canonical

CONSTANT_SHARE = 0.01
"""Share of an export that constant answers may solve."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What decides whether a task is kept; small, because a run holds one per verified task."""

    task_id: str
    question: str
    """Digest of the world and the words."""
    answered: Answered

    @classmethod
    def of(cls, task: Task) -> Self:
        """Take it from a task."""
        words = " ".join(task.prompt.casefold().split())
        answered = (parse_canonical(task.answer_types_json), parse_canonical(task.ground_truth_json))
        return cls(task.task_id, digest([task.world_digest, words]), answered)


def kept(candidates: Iterable[Candidate]) -> tuple[tuple[str, ...], Mapping[str, int]]:
    """Choose: ids in order, and how many were left out why; the same set gives the same choice."""
    ordered = sorted(candidates, key=lambda one: one.task_id)
    distinct = _first_of({one.task_id: one.question for one in ordered}, ordered)
    chosen = _without_constant_answers(_first_of({one.task_id: _only_answer(one) for one in distinct}, distinct))
    left_out = {"near_duplicate": len(ordered) - len(distinct), "constant_answer": len(distinct) - len(chosen)}
    return tuple(one.task_id for one in chosen), left_out


def _first_of(groups: Mapping[str, str], candidates: Sequence[Candidate]) -> list[Candidate]:
    first: dict[str, Candidate] = {}
    for one in candidates:
        first.setdefault(groups[one.task_id], one)
    return list(first.values())


def _only_answer(candidate: Candidate) -> str:
    """The value of a task with one field, which one constant would answer wherever it is asked for; else its id.

    Else an agent that calls nothing would collect reward for the value that a world mentions most.
    """
    values = list(candidate.answered[1].values())
    return f"value {canonical(values[0])}" if len(values) == 1 else candidate.task_id


def _without_constant_answers(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Leave out what the most frequent values answer, until they answer one task in a hundred at most.

    None at all would take away every one-field task of a type whose values differ: one of them is always the first.
    """
    left: dict[str, Any] = {one.task_id: one for one in candidates}
    while True:
        frequent = most_frequent(one.answered for one in left.values())
        easy = [name for name, one in left.items() if solved(one.answered, frequent)]
        allowed = int(len(left) * CONSTANT_SHARE)
        if len(easy) <= allowed or len(easy) == len(left):
            return list(left.values())
        for name in easy[allowed:]:
            del left[name]
