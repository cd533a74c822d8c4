"""The stages of a run as `firefly up` last saw them, kept in a file so that `firefly status` need not ask again."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.running.metrics import Counts

LEAST_BACKLOG_SECONDS = 1.0
"""Below this nothing is slow."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stage."""

    name: str
    state: str
    counts: Counts
    restarts: int
    waits: str = ""
    """What its events wait for, or why it is not live."""

    def as_json(self) -> dict[str, Any]:
        """For a script; times in seconds."""
        counts = self.counts
        return {
            "name": self.name,
            "state": self.state,
            "waits": self.waits,
            "restarts": self.restarts,
            "in": int(counts.events_in),
            "out": int(counts.events_out),
            "failed": int(counts.failed),
            "dead_lettered": int(counts.dead),
            "lag": int(counts.lag),
            "in_flight": int(counts.in_flight),
            "commit_age": round(counts.commit_age, 1),
            "p50": _rounded(counts.quantile(0.5)),
            "p95": _rounded(counts.quantile(0.95)),
            "backlog_seconds": round(counts.backlog_seconds, 1),
            "reasons": dict(counts.reasons),
        }


@dataclass(frozen=True, slots=True)
class Board:
    """What was seen, and when."""

    age_seconds: float | None = None
    """None when nothing was ever seen."""
    stages: Sequence[dict[str, Any]] = field(default_factory=tuple)

    @property
    def slowest(self) -> str:
        """The stage with most work waiting (lag x seconds of a handler), empty when none is slow."""
        behind = [one for one in self.stages if one["backlog_seconds"] >= LEAST_BACKLOG_SECONDS]
        return str(max(behind, key=lambda one: float(one["backlog_seconds"]))["name"]) if behind else ""


def save(rows: Sequence[Row], path: Path) -> None:
    """Write them down, all at once."""
    staging = path.with_suffix(".new")
    body = {"written": time.time(), "stages": [row.as_json() for row in rows]}
    staging.write_text(json.dumps(body, sort_keys=True) + "\n", encoding="utf-8")
    staging.replace(path)


def load(path: Path) -> Board:
    """Read what was last seen; nothing where there is no file, or one of another version."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        stages = tuple(body["stages"])
        for one in stages:
            one["name"], one["backlog_seconds"]
        return Board(max(0.0, time.time() - body["written"]), stages)
    except (OSError, ValueError, KeyError, TypeError):
        return Board()


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
