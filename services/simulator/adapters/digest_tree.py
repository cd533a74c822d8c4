"""Digests over runs of rows, so that a snapshot opens at once and every row is checked before it is first served.

The file lists, per table and run of keys, the sha256 over its rows; the manifest holds the file's own sha256. A row
that was changed, added or removed makes its run differ, and so does a key that should not be there.
"""

import hashlib
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from shared.model.errors import BadInput, Rejected

_ROWS = 8
"""Rows of a run, more where one key has more: what a first reading hashes, against what opening reads."""
TABLES = {
    "recordings": ("key", "recording_id", "record"),
    "tasks": ("task_id", "record"),
    "servers": ("server_id", "record"),
    "tools": ("server_digest", "name", "record"),
    "statuses": ("task_id", "state", "reason"),
    "moves": ("server_digest", "tool", "world", "session"),
    "spellings": ("name", "record"),
    "spelt": ("form", "recording_id"),
}
"""Columns that a run's digest covers; the first one is the key that runs are cut by."""


def write_digests(database: sqlite3.Connection, path: Path) -> str:
    """Write the digests of a database and return the file's own sha256."""
    lines = (f"{table}\t{first}\t{sha}\n" for table in TABLES for first, sha in _runs(database, table))
    path.write_text("".join(lines), encoding="utf-8")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_digests(path: Path, sha256: str) -> "dict[str, Runs]":
    """Read the digests of a database.

    Raises:
        BadInput: the file is missing or not as it was written.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error}): copy the snapshot again") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise BadInput(f"{path} is damaged or was changed (its sha256 is not the manifest's): copy the snapshot again")
    runs = {table: Runs() for table in TABLES}
    for line in data.decode("utf-8").splitlines():
        table, first, sha = line.split("\t")
        runs[table].firsts.append(first)
        runs[table].digests.append(sha)
    for found in runs.values():
        found.checked = bytearray(len(found.firsts))
    return runs


@dataclass(slots=True)
class Runs:
    """The runs of one table in key order."""

    firsts: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    checked: bytearray = field(default_factory=bytearray)


class DigestTree:
    """Checks runs of rows against their digests, each once."""

    def __init__(self, database: sqlite3.Connection, runs: dict[str, Runs], place: Path) -> None:
        self._database, self._runs, self._place = database, runs, place

    def check(self, table: str, key: str) -> None:
        """Check the rows around a key, there or not.

        Raises:
            Rejected: they are not as they were written (`snapshot_damaged`).
        """
        runs = self._runs[table]
        # A key before the first run belongs to the first one: an added row there has to be found too.
        place = max(0, bisect_right(runs.firsts, key) - 1)
        if place < len(runs.checked) and runs.checked[place]:
            return
        bounds = runs.firsts[place : place + 2]
        after = bounds[1] if len(bounds) > 1 else ""
        expected = runs.digests[place] if runs.digests else ""
        if self._found(table, bounds[0] if place else "", after) != expected:
            raise Rejected(
                "snapshot_damaged",
                f"{self._place} is damaged or was changed in {table} near {key!r:.80}: copy the snapshot again",
            )
        if runs.checked:
            runs.checked[place] = 1

    def _found(self, table: str, first: str, after: str) -> str:
        try:
            rows = list(_rows(self._database, table, first, after))
        except sqlite3.Error:
            # A damaged page: differs from every digest, so it is reported like a changed row.
            return "unreadable"
        return _digest(rows) if rows else ""

    def check_all(self, table: str) -> None:
        """Check every row of a table; raises as `check`."""
        for first in self._runs[table].firsts or [""]:
            self.check(table, first)


def _runs(database: sqlite3.Connection, table: str) -> Iterator[tuple[str, str]]:
    run: list[Sequence[Any]] = []
    for _, same in groupby(_rows(database, table, "", ""), key=lambda row: row[0]):
        run.extend(same)
        if len(run) >= _ROWS:
            yield str(run[0][0]), _digest(run)
            run = []
    if run:
        yield str(run[0][0]), _digest(run)


def _rows(database: sqlite3.Connection, table: str, first: str, after: str) -> Iterator[Sequence[Any]]:
    columns = TABLES[table]
    bounds = f"{columns[0]}>=?" + (f" AND {columns[0]}<?" if after else "")
    query = f"SELECT {','.join(columns)} FROM {table} WHERE {bounds} ORDER BY {columns[0]},{columns[1]}"
    return iter(database.execute(query, (first, after) if after else (first,)))


def _digest(rows: Iterable[Sequence[Any]]) -> str:
    total = hashlib.sha256()
    for row in rows:
        for value in row:
            data = value if isinstance(value, bytes) else str(value).encode()
            # With its length, or two columns could trade bytes without being noticed.
            total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()
