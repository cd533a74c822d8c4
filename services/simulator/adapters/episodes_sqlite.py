"""Episodes in a SQLite file in WAL mode: several processes of one machine share it, a restart keeps it.

An episode is its opening and its changes, one small row each; writing it whole for every call was two thirds of a call.
A process remembers the episodes it read, and asks the file only for what is newer.
"""

import sqlite3
from collections import OrderedDict
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
CREATE TABLE IF NOT EXISTS changes(
  episode_id TEXT, version INTEGER, expires_at REAL NOT NULL, closed INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY(episode_id, version)) WITHOUT ROWID;
"""
_FORGET = """
DELETE FROM episodes WHERE expires_at<=:limit AND NOT EXISTS(
  SELECT 1 FROM changes WHERE changes.episode_id=episodes.episode_id AND changes.expires_at>:limit)
"""
_OPEN = """
SELECT count(*) FROM episodes WHERE coalesce(
  (SELECT NOT changes.closed AND changes.expires_at>:now FROM changes
   WHERE changes.episode_id=episodes.episode_id ORDER BY changes.version DESC LIMIT 1),
  NOT closed AND expires_at>:now)
"""
_REMEMBERED = 2048
"""Episodes that a process remembers."""
_FORGET_SECONDS = 60.0


class SqliteEpisodes:
    """The `EpisodeStore` port over one file; calls take microseconds, so they run on the loop."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            BadInput: the file cannot be used.
        """
        self._known: OrderedDict[str, Episode] = OrderedDict()
        self._forget_at = float("-inf")
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
        self._forget(now)
        self._database.execute(
            # The unique index on request ids decides between two processes; whoever lost reads the winner's row.
            "INSERT OR IGNORE INTO episodes VALUES(?,1,?,?,?,?)",
            (episode.episode_id, episode.expires_at, episode.closed, request_id or None, episodes.to_json(episode)),
        )
        name = self._of_request(request_id) if request_id else episode.episode_id
        stored = self._latest(name)
        assert stored is not None  # it was just there
        return stored

    async def load(self, episode_id: str, now: float) -> Episode | None:
        """See `EpisodeStore`."""
        found = self._latest(episode_id)
        return found if found and found.expires_at + KEPT_SECONDS > now else None

    async def replace(self, episode: Episode, now: float) -> bool:
        """See `EpisodeStore`."""
        before = self._known.get(episode.episode_id) or self._latest(episode.episode_id)
        if before is None or before.version + 1 != episode.version:
            return False
        row = (episode.episode_id, episode.version, episode.expires_at, episode.closed)
        # The primary key lets one writer of a version in, whichever process it is in.
        inserted = self._database.execute(
            "INSERT OR IGNORE INTO changes VALUES(?,?,?,?,?)", (*row, episodes.change_json(before, episode))
        )
        if inserted.rowcount == 1:
            self._remember(episode)
        return inserted.rowcount == 1

    async def open_count(self, now: float) -> int:
        """See `EpisodeStore`."""
        row = self._database.execute(_OPEN, {"now": now}).fetchone()
        return int(row[0])

    async def close(self) -> None:
        """See `EpisodeStore`."""
        self._database.close()

    def _of_request(self, request_id: str) -> str:
        row = self._database.execute("SELECT episode_id FROM episodes WHERE request_id=?", (request_id,)).fetchone()
        return str(row[0])

    def _latest(self, episode_id: str) -> Episode | None:
        episode = self._known.get(episode_id) or self._opening(episode_id)
        if episode is None:
            return None
        newer = self._database.execute(
            "SELECT body FROM changes WHERE episode_id=? AND version>? ORDER BY version", (episode_id, episode.version)
        )
        for (body,) in newer:
            episode = episodes.changed(episode, body)
        self._remember(episode)
        return episode

    def _opening(self, episode_id: str) -> Episode | None:
        row = self._database.execute("SELECT body, version FROM episodes WHERE episode_id=?", (episode_id,)).fetchone()
        return episodes.from_json(*row) if row else None

    def _remember(self, episode: Episode) -> None:
        self._known[episode.episode_id] = episode
        self._known.move_to_end(episode.episode_id)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _forget(self, now: float) -> None:
        if now < self._forget_at:
            return
        self._forget_at = now + _FORGET_SECONDS
        if self._database.execute(_FORGET, {"limit": now - KEPT_SECONDS}).rowcount:
            self._database.execute("DELETE FROM changes WHERE episode_id NOT IN (SELECT episode_id FROM episodes)")
