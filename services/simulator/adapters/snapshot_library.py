"""The `Library` port over a snapshot: rows are checked against its digests before they are first served."""

import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from services.simulator.adapters.digest_tree import DigestTree
from services.simulator.adapters.sqlite_library import SqliteLibrary
from services.simulator.domain.ports import Counts, Respelt
from services.simulator.domain.spelling import Call, Spelling, call_of
from shared.model.calls import Recording
from shared.model.tasks import Task
from shared.runtime import wire

SMALL = ("servers", "tools", "statuses", "moves")
"""Tables that are checked as a whole when the snapshot is opened."""
_KEPT, _KEPT_CHARS, _KEPT_TASKS = 2048, 16_384, 512
"""Keys kept in memory, the longest result among them, tasks kept: some 40 MiB at the most."""


class SnapshotLibrary(SqliteLibrary):
    """An immutable library; every reading method raises Rejected (`snapshot_damaged`) for rows that were changed."""

    def __init__(
        self,
        database: sqlite3.Connection,
        snapshot_id: str,
        digests: DigestTree,
        counts: Counts,
        spelling: Spelling | None = None,
    ) -> None:
        """Check the small tables; raises as every reading method."""
        super().__init__(database, snapshot_id)
        self._spelling = spelling
        self._digests, self._counts = digests, counts
        # Rollouts of one task make the same calls: reading a message costs more than everything else of a hit.
        self._kept: OrderedDict[str, Sequence[Recording]] = OrderedDict()
        self._tasks: OrderedDict[str, Task | None] = OrderedDict()
        for table in SMALL:
            digests.check_all(table)

    def recordings_at(self, key: str) -> Sequence[Recording]:
        """See `Library`."""
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        self._digests.check("recordings", key)
        found = super().recordings_at(key)
        if sum(len(one.result_json) for one in found) <= _KEPT_CHARS:
            self._kept[key] = found
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def recording(self, recording_id: str) -> Recording | None:
        """See `Library`."""
        row: tuple[Any, ...] | None = self._one("SELECT key, record FROM recordings WHERE recording_id=?", recording_id)
        if row is None:
            return None
        self._digests.check("recordings", row[0])
        found: Recording = wire.decode("recordings", row[1])
        return found

    def respelt(self, call: Call) -> Respelt | None:
        """See `Library`."""
        form = self._spelling.key(call) if self._spelling else None
        if self._spelling is None or form is None:
            return None
        self._digests.check("spelt", form)
        row = self._one("SELECT recording_id FROM spelt WHERE form=?", form)
        found = self.recording(row[0]) if row else None
        return Respelt(found, self._spelling.told_apart_by(call, call_of(found))) if found else None

    def task(self, task_id: str) -> Task | None:
        """See `Library`."""
        if task_id not in self._tasks:
            self._digests.check("tasks", task_id)
            self._tasks[task_id] = super().task(task_id)
            if len(self._tasks) > _KEPT_TASKS:
                self._tasks.popitem(last=False)
        return self._tasks[task_id]

    def counts(self) -> Counts:
        """See `Library`."""
        return self._counts
