"""The SQLite tables that snapshot and live store share, and how rows get in."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from services.simulator.domain.recordings import key_of, merge
from services.simulator.domain.snapshots import Content
from services.simulator.domain.spelling import SpellingRule
from shared.model.calls import Recording
from shared.model.catalogue import CatalogueEntry, ServerRecord, ToolRecord
from shared.model.tasks import TaskStatus, VerifiedTask
from shared.runtime import wire

TABLES = """
CREATE TABLE IF NOT EXISTS servers(server_id TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tools(
  server_digest TEXT, name TEXT, record BLOB NOT NULL, PRIMARY KEY(server_digest, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tasks(task_id TEXT PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS statuses(task_id TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recordings(recording_id TEXT PRIMARY KEY, key TEXT NOT NULL, record BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS recordings_key ON recordings(key);
CREATE TABLE IF NOT EXISTS moves(
  server_digest TEXT, tool TEXT, world INTEGER, session INTEGER, PRIMARY KEY(server_digest, tool)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spellings(name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spelt(form TEXT PRIMARY KEY, recording_id TEXT NOT NULL) WITHOUT ROWID;
"""


def put_recording(database: sqlite3.Connection, recording: Recording) -> None:
    """Store a recording, joined with an earlier sighting of it."""
    row = database.execute("SELECT record FROM recordings WHERE recording_id=?", (recording.recording_id,)).fetchone()
    if row:
        # The topic is compacted, but explorer, crawler and simulator may each have sent the same id.
        recording = merge(wire.decode("recordings", row[0]), recording)
    database.execute(
        "INSERT OR REPLACE INTO recordings VALUES(?,?,?)",
        (recording.recording_id, key_of(recording), wire.encode("recordings", recording)),
    )
    before, after = recording.state, recording.state_after
    if before != after:
        database.execute(
            "INSERT INTO moves VALUES(?,?,?,?) ON CONFLICT DO UPDATE SET world=max(world, excluded.world), "
            "session=max(session, excluded.session)",
            (recording.server_digest, recording.tool, before.world != after.world, before.session != after.session),
        )


def put_catalogue_entry(database: sqlite3.Connection, entry: CatalogueEntry) -> None:
    """Store a server or a tool; worlds are files, not rows."""
    record = wire.encode("tool-catalogue", entry)
    if isinstance(entry, ServerRecord):
        database.execute("INSERT OR REPLACE INTO servers VALUES(?,?)", (entry.server_id, record))
    elif isinstance(entry, ToolRecord):
        database.execute("INSERT OR REPLACE INTO tools VALUES(?,?,?)", (entry.server_digest, entry.name, record))


def put_task(database: sqlite3.Connection, task: VerifiedTask) -> None:
    """Store a task; the first publication of an id stays."""
    database.execute(
        "INSERT OR IGNORE INTO tasks VALUES(?,?)", (task.task.task_id, wire.encode("verified-tasks", task))
    )


def put_status(database: sqlite3.Connection, status: TaskStatus) -> None:
    """Store the last word on a task."""
    database.execute(
        "INSERT OR REPLACE INTO statuses VALUES(?,?,?)", (status.task_id, status.state.value, status.reason)
    )


def fill(
    database: sqlite3.Connection,
    entries: Iterable[CatalogueEntry],
    tasks: Iterable[VerifiedTask],
    recordings: Iterable[Recording],
) -> None:
    """Store everything in id order, so that the same content makes the same file."""
    for entry in sorted(entries, key=_entry_key):
        put_catalogue_entry(database, entry)
    for task in sorted(tasks, key=lambda task: task.task.task_id):
        put_task(database, task)
    for recording in sorted(recordings, key=lambda recording: recording.recording_id):
        put_recording(database, recording)


def put_spellings(database: sqlite3.Connection, rules: Iterable[SpellingRule], spelt: Mapping[str, str]) -> None:
    """Store rules, and the recording that answers each form."""
    rows = sorted((_rule_name(rule), json.dumps(asdict(rule), sort_keys=True)) for rule in rules)
    database.executemany("INSERT INTO spellings VALUES(?,?)", rows)
    database.executemany("INSERT INTO spelt VALUES(?,?)", sorted(spelt.items()))


def read_spellings(database: sqlite3.Connection) -> tuple[SpellingRule, ...]:
    """Read the rules of a snapshot; one that was written before there were any has none."""
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name='spellings'").fetchone():
        return ()
    rows = database.execute("SELECT record FROM spellings ORDER BY name")
    return tuple(SpellingRule(**json.loads(row[0])) for row in rows)


def read_content(database: sqlite3.Connection, world_digests: tuple[str, ...]) -> Content:
    """Read back everything that `fill` stored."""
    return Content(
        tasks=_records(database, "verified-tasks", "tasks"),
        recordings=_records(database, "recordings", "recordings"),
        servers=_records(database, "tool-catalogue", "servers"),
        tools=_records(database, "tool-catalogue", "tools"),
        world_digests=world_digests,
        spellings=read_spellings(database),
    )


def _records(database: sqlite3.Connection, topic: str, table: str) -> tuple[Any, ...]:
    return tuple(wire.decode(topic, row[0]) for row in database.execute(f"SELECT record FROM {table}"))


def _rule_name(rule: SpellingRule) -> str:
    return f"{rule.server_digest} {rule.tool} {rule.place} {rule.rule}"


def _entry_key(entry: CatalogueEntry) -> tuple[str, str, str]:
    if isinstance(entry, ToolRecord):
        return ("tool", entry.server_digest, entry.name)
    return ("server", entry.server_id, "") if isinstance(entry, ServerRecord) else ("world", entry.world_digest, "")
