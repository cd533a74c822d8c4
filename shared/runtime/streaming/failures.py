"""When to stop a stage instead of diverting everything to its dead letters."""

from collections import deque

from shared.model.errors import FireflyError

WINDOW = 100


class StageFailed(FireflyError):
    """Too many dead letters in a row or among the last events."""


class FailureLimit:
    """Counts outcomes in order of completion."""

    def __init__(self, max_run: int, max_share: float) -> None:
        self._max_run, self._max_share = max_run, max_share
        self._run = self._failures = 0
        self._last: deque[bool] = deque(maxlen=WINDOW)

    def record(self, is_failure: bool) -> None:
        """Count one event.

        Raises:
            StageFailed: the run or the share is over its limit.
        """
        self._run = self._run + 1 if is_failure else 0
        self._failures += is_failure - (self._last[0] if len(self._last) == WINDOW else 0)
        self._last.append(is_failure)
        share = self._failures / WINDOW
        if self._run >= self._max_run:
            raise StageFailed(
                f"{self._run} events in a row were dead-lettered: read the reasons with `firefly dlq list`"
            )
        # A share needs a full window: one dead letter at the start of a run would be 100 %.
        if len(self._last) == WINDOW and share > self._max_share:
            raise StageFailed(f"{share:.0%} of the last {WINDOW} events were dead-lettered: read `firefly dlq list`")
