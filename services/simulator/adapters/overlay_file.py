"""The overlay in a SQLite file: append-only, the first answer of a key wins, whichever process brought it.

Rows are named by what they hold (a recording's id digests key and result) and checked when they are read.
"""

import hashlib
import sqlite3
from pathlib import Path

from services.simulator.domain.ports import Made, NotMade
from services.simulator.domain.recordings import key_of
from shared.model.calls import Recording
from shared.model.catalogue import PathMode
from shared.model.errors import BadInput, Rejected
from shared.proof.canonical import sha256_text
from shared.proof.keys import recording_id_of
from shared.runtime import wire

_TABLES = """
CREATE TABLE IF NOT EXISTS about(snapshot_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers(
  key TEXT, path_mode TEXT, refused TEXT NOT NULL, record BLOB NOT NULL, sha256 TEXT NOT NULL,
  PRIMARY KEY(key, path_mode)) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS answers_stay BEFORE UPDATE ON answers BEGIN SELECT raise(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS answers_last BEFORE DELETE ON answers BEGIN SELECT raise(ABORT, 'append-only'); END;
"""


class OverlayFile:
    """The `Overlay` port; look-ups take microseconds, so they run on the loop."""

    def __init__(self, path: Path, snapshot_id: str) -> None:
        """Open or create the overlay of one snapshot.

        Raises:
            BadInput: the file cannot be used, or belongs to another snapshot.
        """
        self._path = path
        self._digest = (-1, "")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=5, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_TABLES)
            # One statement: two processes that open a new overlay at once agree on its owner.
            self._database.execute("INSERT INTO about SELECT ? WHERE NOT EXISTS(SELECT 1 FROM about)", (snapshot_id,))
            (owner,) = self._database.execute("SELECT snapshot_id FROM about").fetchone()
        except (OSError, sqlite3.Error) as error:
            raise BadInput(f"the overlay {path} cannot be used ({error}): free it or name another file") from error
        if owner != snapshot_id:
            raise BadInput(f"the overlay {path} belongs to {owner}, not to {snapshot_id}: name another file")

    def find(self, key: str, path_mode: PathMode) -> Made | None:
        """See `Overlay`.

        Raises:
            Rejected: the row is not as it was written (`overlay_damaged`).
        """
        row = self._database.execute(
            "SELECT refused, record, sha256 FROM answers WHERE key=? AND path_mode=?", (key, path_mode.value)
        ).fetchone()
        return self._read(key, *row) if row else None

    def keep(self, key: str, path_mode: PathMode, made: Made) -> Made:
        """See `Overlay`; raises as `find`."""
        refused = made.reason if isinstance(made, NotMade) else ""
        record = b"" if isinstance(made, NotMade) else wire.encode("recordings", made)
        self._database.execute(
            "INSERT OR IGNORE INTO answers VALUES(?,?,?,?,?)",
            (key, path_mode.value, refused, record, _row_digest(key, refused, record)),
        )
        # Read back: where another process was first, its answer is the one.
        return self.find(key, path_mode) or made

    def digest(self) -> str:
        """See `Overlay`."""
        count = self.count()
        # Append-only, so an equal count is equal content.
        if self._digest[0] != count:
            total = hashlib.sha256()
            rows = self._database.execute("SELECT key, path_mode, refused, record FROM answers ORDER BY key, path_mode")
            for key, path_mode, refused, record in rows:
                name = wire.decode("recordings", record).recording_id if record else refused
                total.update(f"{key} {path_mode} {name}\n".encode())
            self._digest = (count, f"ovl_{total.hexdigest()[:32]}")
        return self._digest[1]

    def count(self) -> int:
        """See `Overlay`."""
        return int(self._database.execute("SELECT count(*) FROM answers").fetchone()[0])

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def _read(self, key: str, refused: str, record: bytes, sha256: str) -> Made:
        if sha256 != _row_digest(key, refused, record):
            raise self._damaged(key)
        if refused:
            return NotMade(refused)
        made: Recording = wire.decode("recordings", record)
        # Checked on every reading: a result that somebody edited would be rewarded.
        is_true = made.too_large or sha256_text(made.result_json) == made.result_sha256
        if not is_true or made.recording_id != recording_id_of(key, made.result_sha256) or key_of(made) != key:
            raise self._damaged(key)
        return made

    def _damaged(self, key: str) -> Rejected:
        return Rejected("overlay_damaged", f"{self._path} was changed at key {key}: remove it, or copy it again")


def _row_digest(key: str, refused: str, record: bytes) -> str:
    return hashlib.sha256(b"\0".join((key.encode(), refused.encode(), record))).hexdigest()
