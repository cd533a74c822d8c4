"""What the ledger says about calls that were made again: only work that was not yet stored may be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.model.explorations import Exploration
from shared.model.tasks import LedgerEntry
from shared.runtime.spending import attempt_of
from shared.runtime.streaming.reader import read_all

MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Payments:
    """Ledger rows of a run; each row is one attempt, named by request and instant."""

    attempts: int = 0
    repeats: int = 0
    """Attempts at a request after its first: they were in flight, or in work that was not committed, at a kill."""
    after_stored: int = 0
    """Attempts at a request of an exploration that stood in its topic already: must be none."""


def payments(entries: Iterable[LedgerEntry], stored_ms: Mapping[str, int]) -> Payments:
    """Count distinct rows; `stored_ms` says when each exploration was sent for good, on the clock of the calls.

    All calls of an exploration end before it is sent, so a later call is one whose answer was there.
    """
    attempts = {entry.entry_id: entry.subject for entry in entries if attempt_of(entry.entry_id)[1]}
    requests = {attempt_of(entry_id)[0] for entry_id in attempts}
    late = sum(
        attempt_of(entry_id)[1] // MS > stored_ms[subject]
        for entry_id, subject in attempts.items()
        if subject in stored_ms
    )
    return Payments(len(attempts), len(attempts) - len(requests), late)


async def payments_of(bootstrap: str) -> Payments:
    """Read them from a run's topics; paid requests alone, stored answers have no instant."""
    stored: dict[str, int] = {}
    async for event in read_all(bootstrap, "explorations"):
        if isinstance(event.record, Exploration):
            stored.setdefault(event.record.exploration_id, event.timestamp_ms)
    entries = [event.record async for event in read_all(bootstrap, "ledger")]
    return payments(entries, stored)
