"""Stops asking a server that does not start: a pure value per server, moved by what its starts came to."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Breaker:
    """Closed while starts succeed; open for a while after `limit` failures in a row, then one try decides."""

    limit: int = 3
    pause_seconds: float = 30.0
    failures: int = 0
    open_until: float = 0.0

    def is_open(self, now: float) -> bool:
        """Whether calls are refused at once."""
        return now < self.open_until

    def succeeded(self) -> "Breaker":
        """Note that the server answered."""
        return replace(self, failures=0, open_until=0.0)

    def failed(self, now: float) -> "Breaker":
        """Note that the server could not be started."""
        failures = self.failures + 1
        # Failures go on being counted: after the pause a single further one opens it again.
        return replace(self, failures=failures, open_until=now + self.pause_seconds if failures >= self.limit else 0.0)
