"""What an agent answers that calls nothing: per answer type, the most frequent value of a set of tasks."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from shared.proof.absence import is_refusal
from shared.proof.canonical import canonical, parse_canonical

Answered = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A task's answer types and ground truth, both by field."""


def most_frequent(tasks: Iterable[Answered]) -> dict[str, Any]:
    """Find the most frequent ground truth per answer type; of equally frequent ones the first in canonical order."""
    counts: dict[str, Counter[str]] = {}
    for types, truth in tasks:
        # A refusal's reason answers nothing by itself, and would only keep a name from being the most frequent text.
        for name, value in () if is_refusal(truth) else truth.items():
            counts.setdefault(type_of(types.get(name)), Counter())[canonical(value)] += 1
    return {
        kind: parse_canonical(min(counted.items(), key=lambda pair: (-pair[1], pair[0]))[0])
        for kind, counted in counts.items()
    }


def type_of(declared: Any) -> str:
    """Return the name of an answer type; empty where none is declared."""
    return str(declared.get("type", "")) if isinstance(declared, Mapping) else ""


def solved(task: Answered, frequent: Mapping[str, Any]) -> bool:
    """Tell whether the most frequent values answer a task."""
    types, truth = task
    return all(canonical(frequent.get(type_of(types.get(name)))) == canonical(value) for name, value in truth.items())
