"""Which tasks a caller wants, and what of a task a trainer may see."""

from dataclasses import dataclass, replace

from shared.model.tasks import Task

SPLIT = "train"
"""Every task is of this split until splits by world and server exist."""


@dataclass(frozen=True, slots=True)
class TaskWish:
    """Empty fields match everything."""

    difficulty: str = ""
    server_ids: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    split: str = ""


def matches(task: Task, wish: TaskWish) -> bool:
    """Tell whether a task is wanted; of servers, those of the reference count, and all must be wanted."""
    return (
        wish.split in ("", SPLIT)
        and wish.difficulty in ("", task.difficulty)
        and (not wish.server_ids or {call.server_id for call in task.reference} <= wish.server_ids)
        and wish.tags <= set(task.tags)
    )


def without_answers(task: Task) -> Task:
    """Leave out what would give the answer away."""
    return replace(
        task,
        ground_truth_json="",
        answer_types_json="",
        evidence=(),
        logical_form_json="",
        reference=(),
        # The user tells it an agent that asks; whoever reads tasks need not ask.
        held_back=(),
        # A digest of the answer is enough to try guesses against.
        end_state_json="",
        # Which tools are needed is part of the solution.
        tools=tuple(replace(tool, needed=False) for tool in task.tools),
    )
