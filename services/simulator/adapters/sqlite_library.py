"""The `Library` port over SQLite: one indexed look-up per call, no row kept in memory."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from services.simulator.domain.ports import Counts, Moves, Respelt
from services.simulator.domain.spelling import Call
from shared.model.calls import Recording
from shared.model.catalogue import ServerRecord, ToolRecord
from shared.model.tasks import Task, TaskState
from shared.runtime import wire


class SqliteLibrary:
    """Reads the tables of `library_tables`."""

    def __init__(self, database: sqlite3.Connection, snapshot_id: str) -> None:
        self._database = database
        self._snapshot_id = snapshot_id
        self._revision = 0

    @property
    def snapshot_id(self) -> str:
        """See `Library`."""
        return self._snapshot_id

    @property
    def revision(self) -> int:
        """See `Library`."""
        return self._revision

    def recordings_at(self, key: str) -> Sequence[Recording]:
        """See `Library`."""
        # Two that differ already make a key unstable; nobody needs to see a thousand.
        rows = self._database.execute("SELECT record FROM recordings WHERE key=? ORDER BY recording_id LIMIT 8", (key,))
        return [wire.decode("recordings", row[0]) for row in rows]

    def recording(self, recording_id: str) -> Recording | None:
        """See `Library`."""
        row = self._one("SELECT record FROM recordings WHERE recording_id=?", recording_id)
        return wire.decode("recordings", row[0]) if row else None

    def respelt(self, call: Call) -> Respelt | None:
        """See `Library`; rules are proven on snapshots, so a plain library has none."""
        return None

    def moves(self, server_digest: str, tool: str) -> Moves:
        """See `Library`."""
        row = self._one("SELECT world, session FROM moves WHERE server_digest=? AND tool=?", server_digest, tool)
        return Moves(bool(row[0]), bool(row[1])) if row else Moves()

    def server(self, server_id: str) -> ServerRecord | None:
        """See `Library`."""
        row = self._one("SELECT record FROM servers WHERE server_id=?", server_id)
        return wire.decode("tool-catalogue", row[0]) if row else None

    def tool(self, server_digest: str, name: str) -> ToolRecord | None:
        """See `Library`."""
        row = self._one("SELECT record FROM tools WHERE server_digest=? AND name=?", server_digest, name)
        return wire.decode("tool-catalogue", row[0]) if row else None

    def tools(self, server_digest: str) -> Sequence[ToolRecord]:
        """See `Library`."""
        rows = self._database.execute("SELECT record FROM tools WHERE server_digest=? ORDER BY name", (server_digest,))
        return [wire.decode("tool-catalogue", row[0]) for row in rows]

    def task(self, task_id: str) -> Task | None:
        """See `Library`."""
        row = self._one("SELECT record FROM tasks WHERE task_id=?", task_id)
        return wire.decode("verified-tasks", row[0]).task if row else None

    def task_state(self, task_id: str) -> TaskState:
        """See `Library`."""
        row = self._one("SELECT state FROM statuses WHERE task_id=?", task_id)
        return TaskState(row[0]) if row else TaskState.ACTIVE

    def task_ids(self, after: str, limit: int) -> Sequence[str]:
        """See `Library`."""
        rows = self._database.execute(
            "SELECT task_id FROM tasks LEFT JOIN statuses USING(task_id) "
            "WHERE task_id>? AND coalesce(state,'active')='active' ORDER BY task_id LIMIT ?",
            (after, limit),
        )
        return [row[0] for row in rows]

    def counts(self) -> Counts:
        """See `Library`."""
        tasks = self._one("SELECT count(*) FROM tasks")
        recordings = self._one("SELECT count(*) FROM recordings")
        return Counts(tasks[0] if tasks else 0, recordings[0] if recordings else 0)

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def _one(self, query: str, *values: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._database.execute(query, values).fetchone()
        return row
