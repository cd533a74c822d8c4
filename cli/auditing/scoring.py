"""Counts the verdicts of people: the error rate of a sample, and the interval that the whole lies in."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

from cli.auditing.page import VERDICTS
from shared.model.errors import BadInput

_TAIL = 0.025
"""On each side of the 95 % interval."""
_STEPS = 60
ERRORS = ("ambiguous", "wrong")


@dataclass(frozen=True, slots=True)
class Scored:
    """What a file of verdicts says."""

    judged: int
    unjudged: int
    verdicts: Mapping[str, int]
    errors: int
    """Tasks that are wrong or ambiguous."""
    error_rate: float
    interval: tuple[float, float]
    """95 %, exact (Clopper and Pearson)."""
    notes: tuple[tuple[str, str, str], ...]
    """Task id, verdict and note of everything that is not good."""


def score_file(path: Path) -> Scored:
    """Count one file that the page saved.

    Raises:
        BadInput: it is no such file, or nothing in it is judged.
    """
    rows = _read(path)
    given = {row["task_id"]: row for row in rows if row["verdict"]}
    strange = sorted({str(row["verdict"]) for row in given.values()} - set(VERDICTS))
    if strange:
        raise BadInput(f"{path} has the verdict {strange[0]!r}: the page knows {', '.join(VERDICTS)}")
    if not given:
        raise BadInput(f"{path} holds no verdict: judge some tasks on the page and save again")
    counts = Counter(str(row["verdict"]) for row in given.values())
    errors, judged = sum(counts[kind] for kind in ERRORS), len(given)
    notes = [
        (name, row["verdict"], str(row.get("note", ""))) for name, row in given.items() if row["verdict"] != "good"
    ]
    return Scored(
        judged,
        len({row["task_id"] for row in rows}) - judged,
        {kind: counts[kind] for kind in VERDICTS},
        errors,
        errors / judged,
        interval(errors, judged),
        tuple(notes),
    )


def interval(errors: int, judged: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share; also for none and for all, where approximations say nothing."""
    low = 0.0 if errors == 0 else _solve(lambda rate: 1 - _at_most(errors - 1, judged, rate) > _TAIL)
    high = 1.0 if errors == judged else _solve(lambda rate: _at_most(errors, judged, rate) < _TAIL)
    return low, high


def _at_most(errors: int, judged: int, rate: float) -> float:
    return sum(comb(judged, many) * rate**many * (1 - rate) ** (judged - many) for many in range(errors + 1))


def _solve(is_beyond: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_beyond(middle) else (middle, high)
    return low


def _read(path: Path) -> list[Mapping[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["verdicts"]
        return [{**row, "task_id": str(row["task_id"]), "verdict": row["verdict"]} for row in rows]
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error}): give the file that the page saved") from error
    except (ValueError, LookupError, TypeError) as error:
        raise BadInput(f"{path} is no file of verdicts: give the one that the page of `audit sample` saved") from error
