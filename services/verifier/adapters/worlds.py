"""Worlds of the store, opened for the evaluator: files are read when asked for, each once."""

import asyncio
import csv
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from services.verifier.adapters.reading_documents import html_document, text_document, word_document
from services.verifier.adapters.reading_history import Repository
from services.verifier.adapters.reading_tables import csv_tables, database_tables, json_tables, text_of
from services.verifier.adapters.reading_workbooks import sheet_tables
from services.verifier.domain.evaluating.meaning import Meaning, Meanings
from services.verifier.domain.evaluating.world import Document, Rows, Unread
from shared.model.errors import Rejected, Unavailable
from shared.model.tasks import Task
from shared.runtime.servers.world_store import WorldStore

T = TypeVar("T")
MOST_WORLDS = 6
"""Worlds held in memory; the one used longest ago goes first."""
_MOST_BYTES = 64 * 1024 * 1024
_UNREADABLE = (OSError, ValueError, KeyError, IndexError, OverflowError, RecursionError, csv.Error, sqlite3.Error)
"""What readers raise on files that are not what their name says."""
_TABLES: Mapping[str, Callable[[Path, str], list[Rows]]] = {
    ".csv": csv_tables,
    ".tsv": csv_tables,
    ".json": json_tables,
    ".xlsx": sheet_tables,
    ".db": database_tables,
    ".sqlite": database_tables,
    ".sqlite3": database_tables,
}
_DOCUMENTS: Mapping[str, Callable[[Path, str], Document]] = {
    ".md": text_document,
    ".markdown": text_document,
    ".txt": text_document,
    ".html": html_document,
    ".htm": html_document,
    ".docx": word_document,
}


class FileWorld:
    """Implements `World` over a folder; links are not followed."""

    def __init__(self, folder: Path, now: str) -> None:
        self._folder, self._now = folder, now
        self._sizes: dict[str, int] = dict(_sizes(folder))
        self._tables: dict[str, Sequence[Rows] | Unread] = {}
        self._documents: dict[str, Document | Unread] = {}
        self._histories: dict[str, Repository | Unread] = {}

    @property
    def now(self) -> str:
        """See `World`."""
        return self._now

    def paths(self) -> Sequence[str]:
        """See `World`."""
        return tuple(sorted(self._sizes))

    def size(self, path: str) -> int:
        """See `World`."""
        return self._sizes.get(path, 0)

    def text(self, path: str) -> str:
        """See `World`."""
        return text_of(self._file(path))

    def tables(self, path: str) -> Sequence[Rows]:
        """See `World`."""
        return _read(self._tables, path, lambda: self._through(_TABLES, path))

    def document(self, path: str) -> Document:
        """See `World`."""
        return _read(self._documents, path, lambda: self._through(_DOCUMENTS, path))

    def history(self, path: str) -> Repository:
        """See `World`."""
        if f"{path}/.git/HEAD".removeprefix("/") not in self._sizes:
            raise Unread(f"there is no repository {path}")
        return _read(self._histories, path, lambda: Repository(self._folder / path))

    def _through(self, readers: Mapping[str, Callable[[Path, str], T]], path: str) -> T:
        reader = readers.get(Path(path).suffix.lower())
        if reader is None:
            raise Unread(f"{path} is of a format that the evaluator does not read")
        file = self._file(path)
        try:
            return reader(file, path)
        except _UNREADABLE as error:
            raise Unread(f"{path} cannot be read: {error}") from error

    def _file(self, path: str) -> Path:
        if path not in self._sizes or self._sizes[path] > _MOST_BYTES:
            raise Unread(f"{path} is no file, or too large")
        return self._folder / path


class WorldMeanings:
    """Implements `MeaningSource`: evaluates tasks in the worlds of the store, off the event loop."""

    def __init__(self, store: WorldStore) -> None:
        self._store = store
        self._worlds: OrderedDict[str, tuple[Meanings, threading.Lock]] = OrderedDict()
        self._opening = threading.Lock()

    async def meaning(self, task: Task, results: Mapping[str, str]) -> Meaning:
        """See `MeaningSource`."""
        return await asyncio.to_thread(self._meaning, task, results)

    def _meaning(self, task: Task, results: Mapping[str, str]) -> Meaning:
        meanings, using = self._open(task.world_digest)
        # One task at a time in each world: what has been read is kept without locks.
        with using:
            return meanings.meaning(task, results)

    def _open(self, world_digest: str) -> tuple[Meanings, threading.Lock]:
        with self._opening:
            if world_digest not in self._worlds:
                self._worlds[world_digest] = Meanings(self._world(world_digest)), threading.Lock()
            self._worlds.move_to_end(world_digest)
            if len(self._worlds) > MOST_WORLDS:
                # Whoever uses it now keeps it until they are done.
                self._worlds.popitem(last=False)
            return self._worlds[world_digest]

    def _world(self, world_digest: str) -> FileWorld:
        try:
            return FileWorld(self._store.path(world_digest), self._store.now(world_digest))
        except Rejected as error:
            # Whoever explored it had it: that it is not here is a fault of this installation, never of the task.
            raise Unavailable(f"the verifier does not see world {world_digest}; mount the worlds it shares") from error


def _sizes(folder: Path) -> Mapping[str, int]:
    found = {}
    for below, folders, names in os.walk(folder):
        # In place: `os.walk` goes down into what is left in the list.
        folders[:] = [name for name in folders if name not in ("node_modules", "__pycache__", ".venv")]
        for name in names:
            path = Path(below, name)
            if path.is_file() and not path.is_symlink():
                found[path.relative_to(folder).as_posix()] = path.stat().st_size
    return found


def _read(kept: dict[str, T | Unread], path: str, read: Callable[[], T]) -> T:
    """Read once; what could not be read is not tried again."""
    if path not in kept:
        try:
            kept[path] = read()
        except Unread as unread:
            kept[path] = unread
    found = kept[path]
    if isinstance(found, Unread):
        raise found
    return found
