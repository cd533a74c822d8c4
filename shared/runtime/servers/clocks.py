"""The two instants at which the processes of a world live."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.model.errors import BadInput

DEFAULT_NOW = "2026-03-02T09:30:00+00:00"
"""Frozen instant of a world that names none."""
MOVED_BY = timedelta(days=1, hours=5, minutes=17)
"""How far the second run's clock stands ahead: another day, hour and minute, so that any of them shows."""


class Clock(StrEnum):
    """Which instant an environment lives at."""

    FROZEN = "frozen"
    MOVED_ON = "moved_on"


def read_now(text: str, where: str) -> datetime:
    """Read a world's frozen instant.

    Raises:
        BadInput: it is not RFC 3339 with an offset.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    # An instant without an offset would mean another moment on every machine.
    if instant is None or instant.tzinfo is None:
        raise BadInput(f"{where}: now is {text!r}; write an instant with its offset, such as {DEFAULT_NOW}")
    return instant


def instant_of(now: str, clock: Clock) -> datetime:
    """Say at which UTC instant processes live under `clock` in a world frozen at `now`."""
    instant = read_now(now, "world").astimezone(UTC)
    return instant + MOVED_BY if clock is Clock.MOVED_ON else instant
