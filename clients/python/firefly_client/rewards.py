"""What a trainer does with verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from firefly_client.types import Verdict

FAIL_AFTER_MISS = "fail_after_miss"


def mask_misses(verdicts: Iterable[Verdict]) -> list[float | None]:
    """Return the rewards, None where a wrong answer followed a miss or nothing was scored.

    A miss is the simulator's ignorance, not the model's fault; a right answer after a miss keeps its reward.
    """
    return [None if verdict.outcome == FAIL_AFTER_MISS else verdict.reward for verdict in verdicts]
