"""The live store: recordings, tasks, status and catalogue with the offsets they came from, in one SQLite file.

Record and offset are stored in one transaction, and reading starts at the offset in the store; so a crash repeats
nothing and loses nothing, and an empty store rebuilds itself from the topics before it is ready.
"""

import asyncio
import sqlite3
from pathlib import Path

import structlog

from services.simulator.adapters import library_tables
from services.simulator.adapters.sqlite_library import SqliteLibrary
from shared.model.errors import BadInput, Unavailable
from shared.runtime.streaming.events import Event
from shared.runtime.streaming.reader import Follower, Position

TOPICS = ("recordings", "verified-tasks", "task-status", "tool-catalogue")
LIVE = "live"
RETRY_SECONDS = 1.0
_OFFSETS = """CREATE TABLE IF NOT EXISTS offsets(
  topic TEXT, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY(topic, partition)) WITHOUT ROWID;"""

logger = structlog.get_logger()


class LiveStore(SqliteLibrary):
    """A library that follows the topics."""

    def __init__(self, path: Path) -> None:
        """Open or create the store.

        Raises:
            BadInput: the file cannot be used.
        """
        super().__init__(_open(path), LIVE)
        self._follower: Follower | None = None

    def start(self) -> dict[Position, int]:
        """Return where reading goes on."""
        rows = self._database.execute("SELECT topic, partition, next FROM offsets")
        return {(topic, partition): following for topic, partition, following in rows}

    def apply(self, event: Event) -> None:
        """Store one record and the offset after it; a record seen before is passed over."""
        if event.offset < self.start_of(event.topic, event.partition):
            return
        # One transaction: a crash between record and offset would lose the record or apply a status twice.
        with self._database:
            self._put(event)
            self._database.execute(
                "INSERT OR REPLACE INTO offsets VALUES(?,?,?)", (event.topic, event.partition, event.offset + 1)
            )

    def start_of(self, topic: str, partition: int) -> int:
        """Return the next offset of one partition."""
        row = self._database.execute(
            "SELECT next FROM offsets WHERE topic=? AND partition=?", (topic, partition)
        ).fetchone()
        return int(row[0]) if row else 0

    async def follow(self, bootstrap: str, stopping: asyncio.Event) -> None:
        """Apply the topics until told to stop, waiting out an absent Kafka."""
        while not stopping.is_set():
            try:
                async with Follower(bootstrap, TOPICS, self.start()) as follower:
                    self._follower = follower
                    async for event in follower:
                        self.apply(event)
            except Unavailable as error:
                logger.warning("kafka_unavailable", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    def is_ready(self) -> bool:
        """Say whether everything that was there at the start has been applied."""
        return self._follower is not None and self._follower.is_caught_up()

    def _put(self, event: Event) -> None:
        if event.topic == "recordings":
            library_tables.put_recording(self._database, event.record)
        elif event.topic == "verified-tasks":
            library_tables.put_task(self._database, event.record)
        elif event.topic == "task-status":
            library_tables.put_status(self._database, event.record)
        else:
            library_tables.put_catalogue_entry(self._database, event.record)
            # Whatever was bound to the older catalogue is bound again.
            self._revision += 1


def _open(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, timeout=5)
        database.execute("PRAGMA journal_mode=WAL")
        # A lost last transaction is read again from the topics, so no commit has to wait for the disk.
        database.execute("PRAGMA synchronous=NORMAL")
        database.executescript(library_tables.TABLES + _OFFSETS)
    except (OSError, sqlite3.Error) as error:
        raise BadInput(
            f"the simulator's store {path} cannot be used ({error}): free it, or remove it to rebuild"
        ) from error
    return database
