"""Reported outcomes in a SQLite file, or in memory: sums per task and policy, each report counted once."""

import sqlite3
from pathlib import Path

from services.simulator.domain.outcomes import ENOUGH, Mark, PolicyTries, TaskTries
from shared.model.errors import BadInput

_TABLES = """
CREATE TABLE IF NOT EXISTS reports(request_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outcomes(
  task_id TEXT, policy TEXT, tries INTEGER NOT NULL, passed INTEGER NOT NULL, censored INTEGER NOT NULL,
  PRIMARY KEY(task_id, policy)) WITHOUT ROWID;
"""
_SUMS = "SELECT task_id, '', sum(tries), sum(passed), sum(censored) FROM outcomes"
_WHERE = {
    Mark.AUDIT: "sum(passed)=0",
    Mark.MASTERED: "sum(passed)=sum(tries)-sum(censored)",
}


class SqliteOutcomes:
    """The `OutcomeStore` port."""

    def __init__(self, path: Path | None) -> None:
        """Open or create the file; None keeps reports in memory.

        Raises:
            BadInput: the file cannot be used.
        """
        try:
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path or ":memory:", timeout=5, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise BadInput(f"outcomes cannot be kept in {path} ({error}): free it or name another file") from error

    def add(self, request_id: str, outcomes: tuple[TaskTries, ...]) -> int:
        """See `OutcomeStore`."""
        # Immediate: two processes that both read first would deadlock when they come to write.
        self._database.execute("BEGIN IMMEDIATE")
        with self._database:
            if request_id:
                row = self._database.execute("INSERT OR IGNORE INTO reports VALUES(?)", (request_id,))
                if not row.rowcount:
                    return 0
            self._database.executemany(
                "INSERT INTO outcomes VALUES(?,?,?,?,?) ON CONFLICT DO UPDATE SET tries=tries+excluded.tries, "
                "passed=passed+excluded.passed, censored=censored+excluded.censored",
                [(one.task_id, one.policy, one.tries, one.passed, one.censored) for one in outcomes],
            )
        return len(outcomes)

    def of(self, task_id: str) -> TaskTries:
        """See `OutcomeStore`."""
        row = self._database.execute(f"{_SUMS} WHERE task_id=? GROUP BY task_id", (task_id,)).fetchone()
        return TaskTries(*row) if row else TaskTries(task_id, "", 0, 0)

    def marked(self, mark: Mark, after: str, limit: int) -> tuple[TaskTries, ...]:
        """See `OutcomeStore`."""
        rows = self._database.execute(
            f"{_SUMS} WHERE task_id>? GROUP BY task_id HAVING sum(tries)-sum(censored)>=? AND {_WHERE[mark]} "
            "ORDER BY task_id LIMIT ?",
            (after, ENOUGH, limit),
        )
        return tuple(TaskTries(*row) for row in rows)

    def policies(self, after: str | None, limit: int) -> tuple[PolicyTries, ...]:
        """See `OutcomeStore`."""
        rows = self._database.execute(
            "SELECT policy, count(*), sum(tries), sum(passed), sum(censored) FROM outcomes "
            "WHERE ? IS NULL OR policy>? GROUP BY policy ORDER BY policy LIMIT ?",
            (after, after, limit),
        )
        return tuple(PolicyTries(*row) for row in rows)

    def close(self) -> None:
        """Let the file go."""
        self._database.close()
