"""The newest commit of a repository, read from its loose objects; what only stands in packs is not read."""

import re
import zlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from services.verifier.domain.evaluating.world import Commit, Unread

_MOST_BYTES = 1024 * 1024
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"refs/[\w./+-]+")
_SIGNATURE = re.compile(r"(.*?) ?<([^>]*)> (\d+) ([+-]\d{4})")


def latest_commit(folder: Path) -> Commit:
    """Read the commit that HEAD stands for.

    Raises:
        Unread: there is no repository, no commit, or it is packed.
    """
    git = folder / ".git"
    head = _first_line(git / "HEAD")
    name = _resolved(git, head.removeprefix("ref: ")) if head.startswith("ref: ") else head
    if not _HASH.fullmatch(name):
        raise Unread(f"{folder.name}: HEAD stands for no commit")
    return _parsed(name, _loose(git / "objects" / name[:2] / name[2:]))


def _resolved(git: Path, ref: str) -> str:
    if not _REF.fullmatch(ref) or ".." in ref:
        raise Unread(f"HEAD names {ref[:60]!r}")
    if (git / ref).is_file():
        return _first_line(git / ref)
    for line in _text(git / "packed-refs").splitlines():
        name, _, packed = line.partition(" ")
        if packed == ref:
            return name
    return ""


def _loose(path: Path) -> bytes:
    if not path.is_file() or path.is_symlink():
        raise Unread(f"commit {path.parent.name}{path.name} is packed")
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(path.read_bytes(), _MOST_BYTES)
    except (zlib.error, OSError) as error:
        raise Unread(f"commit {path.parent.name}{path.name} is damaged: {error}") from error
    header, _, body = content.partition(b"\0")
    if not header.startswith(b"commit "):
        raise Unread("HEAD stands for no commit")
    return body


def _parsed(name: str, body: bytes) -> Commit:
    head, _, message = body.decode("utf-8", errors="replace").partition("\n\n")
    lines = dict(line.partition(" ")[::2] for line in reversed(head.splitlines()) if not line.startswith(" "))
    signature = _SIGNATURE.fullmatch(lines.get("author", ""))
    if not signature:
        raise Unread(f"commit {name} has no author")
    author, email, seconds, offset = signature.groups()
    minutes = (int(offset[1:3]) * 60 + int(offset[3:])) * (-1 if offset[0] == "-" else 1)
    zone = timezone(timedelta(minutes=minutes)) if minutes else UTC
    moment = datetime.fromtimestamp(int(seconds), zone)
    return Commit(name, author, email, moment.isoformat(), message.strip().partition("\n")[0])


def _first_line(path: Path) -> str:
    return _text(path).partition("\n")[0].strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if not path.is_symlink() else ""
    except OSError as error:
        raise Unread(f"{path.name} cannot be read: {error}") from error
