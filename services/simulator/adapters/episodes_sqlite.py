"""Episodes in a SQLite file in WAL mode: several processes of one machine share it, a restart keeps it."""

import sqlite3
from pathlib import Path

from services.simulator.adapters.episodes_memory import KEPT_SECONDS
from services.simulator.domain import episodes
from services.simulator.domain.episodes import Episode
from shared.model.errors import BadInput

_TABLES = """
CREATE TABLE IF NOT EXISTS episodes(
  episode_id TEXT PRIMARY KEY, version INTEGER NOT NULL, expires_at REAL NOT NULL, closed INTEGER NOT NULL,
  request_id TEXT, body TEXT NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS episodes_request ON episodes(request_id);
CREATE INDEX IF NOT EXISTS episodes_expiry ON episodes(expires_at);
"""


class SqliteEpisodes:
    """The `EpisodeStore` port over one file; calls take microseconds, so they run on the loop."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            BadInput: the file cannot be used.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=2, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            # An episode lost with the machine is an episode its trainer lost too.
            self._database.execute("PRAGMA synchronous=OFF")
            self._database.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise BadInput(f"episodes cannot be kept in {path} ({error}): free it or name another file") from error

    async def create(self, episode: Episode, request_id: str, now: float) -> Episode:
        """See `EpisodeStore`."""
        self._database.execute("DELETE FROM episodes WHERE expires_at <= ?", (now - KEPT_SECONDS,))
        self._database.execute(
            # The unique index on request ids decides between two processes; whoever lost reads the winner's row.
            "INSERT OR IGNORE INTO episodes VALUES(?,1,?,?,?,?)",
            (episode.episode_id, episode.expires_at, episode.closed, request_id or None, episodes.to_json(episode)),
        )
        column, value = ("request_id", request_id) if request_id else ("episode_id", episode.episode_id)
        row = self._database.execute(f"SELECT body, version FROM episodes WHERE {column}=?", (value,)).fetchone()
        return episodes.from_json(*row)

    async def load(self, episode_id: str, now: float) -> Episode | None:
        """See `EpisodeStore`."""
        row = self._database.execute(
            "SELECT body, version FROM episodes WHERE episode_id=? AND expires_at>?", (episode_id, now - KEPT_SECONDS)
        ).fetchone()
        return episodes.from_json(*row) if row else None

    async def replace(self, episode: Episode, now: float) -> bool:
        """See `EpisodeStore`."""
        changed = self._database.execute(
            "UPDATE episodes SET version=version+1, expires_at=?, closed=?, body=? WHERE episode_id=? AND version=?",
            (episode.expires_at, episode.closed, episodes.to_json(episode), episode.episode_id, episode.version),
        )
        return changed.rowcount == 1

    async def open_count(self, now: float) -> int:
        """See `EpisodeStore`."""
        row = self._database.execute(
            "SELECT count(*) FROM episodes WHERE NOT closed AND expires_at>?", (now,)
        ).fetchone()
        return int(row[0])

    async def close(self) -> None:
        """See `EpisodeStore`."""
        self._database.close()
