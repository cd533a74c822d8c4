"""End states: what a task, or an episode, made of the world that it started from (`docs/evidence.md`, section 10).

Two files with the same canonical content are the same file: who writes a note may end it with a line break or not, and
a workbook packed twice carries two dates.
"""

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import canonical, parse_canonical

MOST_BYTES = 64 * 1024 * 1024
"""A file of which more than this is, or is packed, counts as its bytes."""
UNTOUCHED = "[]"
"""The end state of a world that nothing has moved."""
FOLDER = "dir"
"""Mode of a folder."""
_BLANK = " \t\v\f"
_ARCHIVE, _ABOUT = b"PK\x03\x04", "docProps/"
Entry = tuple[str, str]
"""Mode (`file`, `exec`, `link`, `dir`, `special`) and content digest; the digest of a folder is empty."""


class Kind(StrEnum):
    """What became of a path."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class PathChange:
    """One path that is not as it was."""

    path: str
    """Relative to the world's root."""
    kind: Kind
    sha256: str
    """Content digest of what is there now; empty where it is deleted, or a folder."""


def content_digest(data: bytes) -> str:
    """Digest what a file says: text line by line, an archive member by member, anything else byte by byte."""
    if len(data) <= MOST_BYTES:
        packed = _members(data) if data.startswith(_ARCHIVE) else None
        text = packed if packed is not None else _text(data)
        data = data if text is None else text.encode()
    return hashlib.sha256(data).hexdigest()


def difference(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> tuple[PathChange, ...]:
    """List the paths that differ between two worlds, in code point order; a moved file is one deleted, one created.

    A folder counts only where nothing that is listed lies in it: that a file was made says that its folder was.
    """
    found = [
        PathChange(path, kind, after[path][1] if path in after else "")
        for path in before.keys() | after.keys()
        if (kind := _kind(before.get(path), after.get(path)))
    ]
    listed = {(change.path, change.kind) for change in found}
    return tuple(
        sorted(
            (one for one in found if _entry(one, before, after)[0] != FOLDER or not _holds(one, listed)),
            key=lambda one: one.path,
        )
    )


def end_state(changes: Sequence[PathChange]) -> str:
    """Write a difference as a task carries it: a canonical JSON list of `{path, kind, sha256}` in path order."""
    return canonical(_rows(changes))


def change(world_digest: str, changes: Sequence[PathChange]) -> str:
    """Write a difference as a recording carries it: canonical `{"from": world digest, "paths": [...]}`."""
    return canonical({"from": world_digest, "paths": _rows(changes)})


def left(change_json: str, world_digest: str) -> str:
    """Read the end state out of a recording's difference; empty where it is none, or of another starting world."""
    try:
        found = parse_canonical(change_json) if change_json else None
    except Rejected:
        return ""
    if not isinstance(found, dict) or found.get("from") != world_digest or not isinstance(found.get("paths"), list):
        return ""
    return canonical(found["paths"])


def _rows(changes: Sequence[PathChange]) -> list[dict[str, Any]]:
    ordered = sorted(changes, key=lambda one: one.path)
    return [{"path": one.path, "kind": str(one.kind), "sha256": one.sha256} for one in ordered]


def _kind(before: Entry | None, after: Entry | None) -> Kind | None:
    if before == after:
        return None
    if before is None:
        return Kind.CREATED
    return Kind.DELETED if after is None else Kind.CHANGED


def _entry(one: PathChange, before: Mapping[str, Entry], after: Mapping[str, Entry]) -> Entry:
    return before[one.path] if one.kind is Kind.DELETED else after[one.path]


def _holds(folder: PathChange, listed: set[tuple[str, Kind]]) -> bool:
    return any(path.startswith(f"{folder.path}/") and kind is folder.kind for path, kind in listed)


def _text(data: bytes) -> str | None:
    """Lines without white space at their ends, and without blank lines at the end; None where it is no text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip(_BLANK) for line in lines).rstrip("\n")


def _members(data: bytes) -> str | None:
    """A line `<sha256> <name>` for each member, sorted; who made the document when is left out."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}
            if sum(info.file_size for info in infos.values()) > MOST_BYTES:
                return None
            digests = {name: hashlib.sha256(archive.read(info)).hexdigest() for name, info in infos.items()}
    # Whatever a broken or encrypted archive raises: it is no archive that this version knows.
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        return None
    return "\n".join(f"{digests[name]} {name}" for name in sorted(digests) if not name.startswith(_ABOUT))
