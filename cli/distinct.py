"""Which tasks an export keeps beside each other: none asks what another asks, none has its answer. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from cli.constant_answers import Answered, most_frequent, solved, type_of
from shared.model.tasks import Task
from shared.proof.canonical import canonical, digest, parse_canonical
from shared.proof.equality import fold

CONSTANT_SHARE = 0.01
"""Share of an export that constant answers may solve."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What decides whether a task is kept; small, because a run holds one per verified task."""

    task_id: str
    question: str
    """Digest of the world and the words, those that the user adds when asked included."""
    answered: Answered

    @classmethod
    def of(cls, task: Task) -> Self:
        """Take it from a task."""
        words = " ".join(task.told.casefold().split())
        answered = (parse_canonical(task.answer_types_json), parse_canonical(task.ground_truth_json))
        return cls(task.task_id, digest([task.world_digest, words]), answered)


def kept(candidates: Iterable[Candidate]) -> tuple[tuple[str, ...], Mapping[str, int]]:
    """Choose: ids in order, and how many were left out why; the same set gives the same choice."""
    ordered = sorted(candidates, key=lambda one: one.task_id)
    distinct = _first_of({one.task_id: one.question for one in ordered}, ordered)
    chosen = _without_constant_answers(_first_of({one.task_id: _answer(one) for one in distinct}, distinct))
    left_out = {"near_duplicate": len(ordered) - len(distinct), "constant_answer": len(distinct) - len(chosen)}
    return tuple(one.task_id for one in chosen), left_out


def _first_of(groups: Mapping[str, str], candidates: Sequence[Candidate]) -> list[Candidate]:
    first: dict[str, Candidate] = {}
    for one in candidates:
        first.setdefault(groups[one.task_id], one)
    return list(first.values())


def _answer(candidate: Candidate) -> str:
    """The values of a task, however they are written: one constant answers all tasks that have them.

    Else an agent that calls nothing would collect reward for what a world mentions most.
    """
    types, truth = candidate.answered
    # Without names and types: an agent reads both in the schema, and 7 is the same lone value counted or measured.
    return canonical([_plain(type_of(types.get(name)), value) for name, value in truth.items()])


def _plain(kind: str, value: Any) -> Any:
    if isinstance(value, list):
        items = [_plain("", item) for item in value]
        return sorted(items, key=canonical) if kind == "set" else items
    return fold(value) if isinstance(value, str) else value


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
