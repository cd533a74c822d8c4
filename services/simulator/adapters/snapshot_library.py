"""The `Library` port over a snapshot: rows are checked against its digests before they are first served."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from services.simulator.adapters.digest_tree import DigestTree
from services.simulator.adapters.sqlite_library import SqliteLibrary
from services.simulator.domain.ports import Counts
from shared.model.calls import Recording
from shared.model.tasks import Task
from shared.runtime import wire

SMALL = ("servers", "tools", "statuses", "moves")
"""Tables that are checked as a whole when the snapshot is opened."""


class SnapshotLibrary(SqliteLibrary):
    """An immutable library; every reading method raises Rejected (`snapshot_damaged`) for rows that were changed."""

    def __init__(self, database: sqlite3.Connection, snapshot_id: str, digests: DigestTree, counts: Counts) -> None:
        """Check the small tables; raises as every reading method."""
        super().__init__(database, snapshot_id)
        self._digests, self._counts = digests, counts
        for table in SMALL:
            digests.check_all(table)

    def recordings_at(self, key: str) -> Sequence[Recording]:
        """See `Library`."""
        self._digests.check("recordings", key)
        return super().recordings_at(key)

    def recording(self, recording_id: str) -> Recording | None:
        """See `Library`."""
        row: tuple[Any, ...] | None = self._one("SELECT key, record FROM recordings WHERE recording_id=?", recording_id)
        if row is None:
            return None
        self._digests.check("recordings", row[0])
        found: Recording = wire.decode("recordings", row[1])
        return found

    def task(self, task_id: str) -> Task | None:
        """See `Library`."""
        self._digests.check("tasks", task_id)
        return super().task(task_id)

    def counts(self) -> Counts:
        """See `Library`."""
        return self._counts
