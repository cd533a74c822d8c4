"""A repository read from its loose objects; what only stands in packs is not read."""

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from services.verifier.domain.evaluating.world import Commit, Unread

_MOST_BYTES = 4 * 1024 * 1024
_MOST_COMMITS = 5_000
_DEEPEST = 20
_HASH = re.compile(r"[0-9a-f]{40}")
_REF = re.compile(r"refs/[\w./+-]+")
_SIGNATURE = re.compile(r"(.*?) ?<([^>]*)> (\d+) ([+-]\d{4})")
_HASH_BYTES = 20
_FOLDER = b"40000"


class Repository:
    """Implements `History` over the repository in a folder."""

    def __init__(self, folder: Path) -> None:
        self._git = folder / ".git"
        self._commits: dict[str, tuple[Commit, tuple[str, ...]]] = {}
        if not (self._git / "HEAD").is_file():
            raise Unread(f"{folder.name} is no repository")

    def commits(self, branch: str = "") -> Sequence[Commit]:
        """See `History`."""
        found: dict[str, Commit] = {}
        # A list, not recursion: histories are thousands of commits deep.
        waiting = [self._tip(branch)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name], parents = self._commit(name)
                waiting.extend(parents)
            if len(found) > _MOST_COMMITS:
                raise Unread("the history is too long")
        return sorted(found.values(), key=lambda commit: commit.committed, reverse=True)

    def files(self, branch: str = "") -> Sequence[tuple[str, str]]:
        """See `History`."""
        tree = self._files(_header(self._object(self._tip(branch), "commit"), "tree"))
        texts = ((path, self._object(name, "blob")) for path, name in sorted(tree.items()))
        return [(path, text.decode("utf-8", errors="replace")) for path, text in texts if b"\0" not in text]

    def _tip(self, branch: str) -> str:
        head = f"ref: refs/heads/{branch}" if branch else _text(self._git / "HEAD").strip()
        name = self._resolved(head.removeprefix("ref: ")) if head.startswith("ref: ") else head
        if not _HASH.fullmatch(name):
            raise Unread(f"{branch or 'HEAD'} stands for no commit")
        return name

    def _resolved(self, ref: str) -> str:
        # The world is a stranger's folder: a ref must not lead to a file outside of it.
        if not _REF.fullmatch(ref) or ".." in ref:
            raise Unread(f"{ref[:60]!r} is no branch")
        if (self._git / ref).is_file():
            return _text(self._git / ref).strip()
        packed = _text(self._git / "packed-refs").splitlines() if (self._git / "packed-refs").is_file() else []
        return next((line.partition(" ")[0] for line in packed if line.partition(" ")[2] == ref), "")

    def _commit(self, name: str) -> tuple[Commit, tuple[str, ...]]:
        """Read a commit and the names of its parents."""
        if name not in self._commits:
            body = self._object(name, "commit")
            parents = tuple(line.split()[1].decode() for line in _lines(body) if line.startswith(b"parent "))
            before = self._files(_header(self._object(parents[0], "commit"), "tree")) if parents else {}
            after = self._files(_header(body, "tree"))
            changed = tuple(sorted(path for path in {*before, *after} if before.get(path) != after.get(path)))
            self._commits[name] = _parsed(name, body, changed), parents
        return self._commits[name]

    def _files(self, tree: str, depth: int = 0) -> Mapping[str, str]:
        """Names of the contents of all files below a tree, by path."""
        if depth > _DEEPEST:
            raise Unread("the tree is too deep")
        found: dict[str, str] = {}
        for mode, path, name in _entries(self._object(tree, "tree")):
            if mode == _FOLDER:
                found |= {f"{path}/{inner}": blob for inner, blob in self._files(name, depth + 1).items()}
            else:
                found[path] = name
        return found

    def _object(self, name: str, kind: str) -> bytes:
        path = self._git / "objects" / name[:2] / name[2:]
        if not _HASH.fullmatch(name) or not path.is_file() or path.is_symlink():
            raise Unread(f"{kind} {name} is packed")
        try:
            # Bounded while unpacking: a small object may unpack to gigabytes.
            content = zlib.decompressobj().decompress(path.read_bytes(), _MOST_BYTES)
        except (zlib.error, OSError) as error:
            raise Unread(f"{kind} {name} is damaged: {error}") from error
        header, _, body = content.partition(b"\0")
        if header != f"{kind} {len(body)}".encode():
            raise Unread(f"{name} is no {kind}, or too large")
        return body


def _entries(tree: bytes) -> Iterator[tuple[bytes, str, str]]:
    position = 0
    while position < len(tree):
        end = tree.index(b"\0", position)
        mode, _, path = tree[position:end].partition(b" ")
        position = end + 1 + _HASH_BYTES
        yield mode, path.decode("utf-8", errors="replace"), tree[end + 1 : position].hex()


def _lines(body: bytes) -> list[bytes]:
    return body.partition(b"\n\n")[0].split(b"\n")


def _header(body: bytes, name: str) -> str:
    sought = f"{name} ".encode()
    found = next((line for line in _lines(body) if line.startswith(sought)), b"")
    return found.removeprefix(sought).decode("utf-8", errors="replace")


def _parsed(name: str, body: bytes, changed: tuple[str, ...]) -> Commit:
    author = _SIGNATURE.fullmatch(_header(body, "author"))
    committer = _SIGNATURE.fullmatch(_header(body, "committer"))
    if not author or not committer:
        raise Unread(f"commit {name} has no author")
    offset = author[4]
    minutes = (int(offset[1:3]) * 60 + int(offset[3:])) * (-1 if offset[0] == "-" else 1)
    moment = datetime.fromtimestamp(int(author[3]), timezone(timedelta(minutes=minutes)) if minutes else UTC)
    message = body.partition(b"\n\n")[2].decode("utf-8", errors="replace").strip().partition("\n")[0]
    return Commit(name, author[1], author[2], moment.isoformat(), int(committer[3]), message, changed)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if not path.is_symlink() else ""
    except OSError as error:
        raise Unread(f"{path.name} cannot be read: {error}") from error
