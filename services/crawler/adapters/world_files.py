"""Looks at a world's files without calling any tool: titles, tables, typed columns, labelled values.

Any folder is a world, so nothing here may fail because of a file: one that cannot be read is listed and left alone.
"""

import csv
import hashlib
import os
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from docx.opc.exceptions import OpcError

from services.crawler.adapters import world_prose
from services.crawler.adapters.world_databases import database_tables
from services.crawler.adapters.world_lists import csv_tables, json_tables
from services.crawler.adapters.world_repositories import branches
from services.crawler.adapters.world_sheets import sheet_tables
from shared.model.catalogue import WorldFact, WorldFile, WorldRecord, WorldTable
from shared.model.errors import Rejected
from shared.proof.kinds import classify

MAX_RECORD_BYTES = 900 * 1024
_MAX_FILES = 4_000
_MAX_TABLES = 300
_MAX_FACTS = 6_000
_MAX_PARSED_BYTES = 32 * 1024 * 1024
_SKIPPED = frozenset({".git", "node_modules", "__pycache__", ".venv"})
_UNREADABLE = (
    *(Rejected, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, SyntaxError, EOFError),
    *(
        RecursionError,
        NotImplementedError,
        csv.Error,
        sqlite3.Error,
        struct.error,
        zipfile.BadZipFile,
        zlib.error,
        OpcError,
    ),
)
"""What third-party readers raise on files that are not what their name says."""

_TABLES: Mapping[str, Callable[[Path, str], list[WorldTable]]] = {
    ".csv": csv_tables,
    ".tsv": csv_tables,
    ".json": json_tables,
    ".xlsx": sheet_tables,
    ".db": database_tables,
    ".sqlite": database_tables,
    ".sqlite3": database_tables,
}
_PROSE: Mapping[str, Callable[[Path], tuple[str, list[world_prose.Labelled]]]] = {
    ".md": world_prose.markdown,
    ".markdown": world_prose.markdown,
    ".txt": world_prose.markdown,
    ".html": world_prose.html,
    ".htm": world_prose.html,
    ".docx": world_prose.document,
}
_MEDIA_TYPES: Mapping[str, str] = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".db": "application/vnd.sqlite3",
    ".sqlite": "application/vnd.sqlite3",
    ".sqlite3": "application/vnd.sqlite3",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".txt": "text/plain",
    ".log": "text/plain",
    ".py": "text/x-python",
    ".js": "text/javascript",
    ".ts": "text/typescript",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".toml": "application/toml",
    ".xml": "application/xml",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".svg": "image/svg+xml",
    ".zip": "application/zip",
}


def inspect_world(files: Path, world_digest: str, name: str, frozen_now: str) -> WorldRecord:
    """Describe what lies in a mount; the record stays under one MiB whatever lies there."""
    listed: list[WorldFile] = []
    tables: list[WorldTable] = []
    facts: list[WorldFact] = []
    for path in _paths(files):
        if len(listed) == _MAX_FILES:
            break
        relative = path.relative_to(files).as_posix()
        title = ""
        # A larger file is listed and digested, but not held in memory.
        if path.stat().st_size <= _MAX_PARSED_BYTES:
            tables += _tables(path, relative)
            title, found = _prose(path, relative)
            facts += found
        listed.append(_file(path, relative, title))
    record = WorldRecord(
        world_digest, name, frozen_now, tuple(listed), tuple(tables[:_MAX_TABLES]), tuple(facts[:_MAX_FACTS])
    )
    return _fitted(record)


def _paths(root: Path) -> Iterator[Path]:
    """Yield regular files in a fixed order; of a git repository only the head, which says that one is there."""
    for folder, folders, names in os.walk(root):
        for skipped in _SKIPPED.intersection(folders):
            folders.remove(skipped)
            # A repository's objects are thousands of files that no tool names.
            head = Path(folder, skipped, "HEAD")
            if skipped == ".git" and _is_readable(head):
                yield head
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if _is_readable(path):
                yield path


def _is_readable(path: Path) -> bool:
    # A link may lead out of the world, to what no server will see.
    return path.is_file() and not path.is_symlink() and os.access(path, os.R_OK)


def _file(path: Path, relative: str, title: str) -> WorldFile:
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    media_type = _MEDIA_TYPES.get(path.suffix.lower(), "")
    return WorldFile(relative, path.stat().st_size, sha256, media_type, title[:200])


def _tables(path: Path, relative: str) -> list[WorldTable]:
    reader = _TABLES.get(path.suffix.lower())
    try:
        return reader(path, relative) if reader else []
    except _UNREADABLE:
        return []


def _prose(path: Path, relative: str) -> tuple[str, list[WorldFact]]:
    if path.name == "HEAD" and path.parent.name == ".git":
        return "", branches(path, relative)
    reader = _PROSE.get(path.suffix.lower())
    try:
        title, labelled = reader(path) if reader else ("", [])
    except _UNREADABLE:
        return "", []
    return title, [WorldFact(relative, label, text, *classify(text, label)) for label, text in labelled]


def _fitted(record: WorldRecord) -> WorldRecord:
    """Drop samples, then facts, then tables and files, until the record is small enough to travel."""
    for samples, facts, tables, files in (
        (40, _MAX_FACTS, _MAX_TABLES, _MAX_FILES),
        (20, _MAX_FACTS, _MAX_TABLES, _MAX_FILES),
        (10, 3_000, 200, _MAX_FILES),
        (5, 1_000, 100, 2_000),
        (2, 300, 40, 800),
    ):
        smaller = replace(
            record,
            files=record.files[:files],
            tables=tuple(_with_samples(table, samples) for table in record.tables[:tables]),
            facts=record.facts[:facts],
        )
        if _size(smaller) <= MAX_RECORD_BYTES:
            return smaller
    return replace(record, files=record.files[:800], tables=(), facts=())


def _with_samples(table: WorldTable, count: int) -> WorldTable:
    return replace(table, columns=tuple(replace(column, samples=column.samples[:count]) for column in table.columns))


def _size(record: WorldRecord) -> int:
    """Return an upper bound of the record's bytes on the wire."""
    texts = [text for file in record.files for text in (file.path, file.sha256, file.media_type, file.title)]
    texts += [text for fact in record.facts for text in (fact.path, fact.key, fact.text, fact.unit)]
    texts += [text for table in record.tables for text in (table.path, table.name, table.format, table.pointer)]
    texts += [
        text
        for table in record.tables
        for column in table.columns
        for text in (column.name, column.unit, "kind and count", *column.samples)
    ]
    # An upper bound is enough: a record may have to be measured five times.
    return sum(len(text.encode()) + 8 for text in texts)
