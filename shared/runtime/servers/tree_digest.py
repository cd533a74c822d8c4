"""World digests: the whole tree once, then only what changed since the last look.

An entry is read again when its stat signature differs. Kernels stamp times with a coarse clock, so an entry changed
within the last moments before it was read is read again the next time too: a second write in the same tick shows.
"""

import hashlib
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shared.model.errors import Unavailable
from shared.proof.canonical import digest
from shared.runtime.servers import archive_digest
from shared.runtime.servers.git_index import index_digest

_RACY_NS = 50_000_000
_ATTEMPTS = 5
_Entry = tuple[str, str]
"""(mode, sha256)."""


@dataclass(frozen=True, slots=True)
class _Seen:
    signature: tuple[int, ...]
    entry: _Entry
    is_settled: bool


class TreeDigest:
    """Follows one live copy of a world."""

    def __init__(self, root: Path, now: str) -> None:
        self._root, self._now = os.fspath(root), now
        self._seen: dict[str, _Seen] = {}
        self._digest = ""
        self.touched = 0
        """How many entries were written, made or removed between the last two looks, equal bytes included.

        Git rewrites its index when it merely looks, so that file counts only when its entries change.
        """

    def read(self) -> str:
        """Digest the tree as it is now.

        Raises:
            Unavailable: the tree cannot be read.
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._read()
            except FileNotFoundError:
                continue  # a file went away between listing and reading: look again
            except OSError as error:
                raise Unavailable(f"world copy {self._root}: {error}") from error
        raise Unavailable(f"world copy {self._root} changes faster than it can be read")

    def entries(self) -> dict[str, _Entry]:
        """Path -> (mode, sha256) as of the last look."""
        return {path: seen.entry for path, seen in self._seen.items()}

    def _read(self) -> str:
        looked_at = time.time_ns()
        found: dict[str, _Seen] = {}
        changed = touched = 0
        for path, status in _walk(self._root, ""):
            known = self._seen.get(path)
            signature = _signature(status)
            if known and known.signature == signature and known.is_settled:
                found[path] = known
                continue
            # ctime, because a program can set mtime back; the margin is several ticks of the kernel's clock.
            settled = status.st_ctime_ns < looked_at - _RACY_NS
            found[path] = _Seen(signature, _entry(self._root, path, status), settled)
            is_changed = known is None or known.entry != found[path].entry
            changed += is_changed
            touched += is_changed or (known is not None and known.signature != signature and not is_git_index(path))
        gone = len(self._seen.keys() - found.keys())
        self.touched = touched + gone
        self._seen = found
        if changed or gone or not self._digest:
            self._digest = tree_digest(self.entries(), self._now)
        return self._digest


def tree_digest(entries: dict[str, _Entry], now: str) -> str:
    """Digest a world: `{now, files: [[path, mode, sha256]...]}` sorted by path (decision 3)."""
    # By bytes: names need not be UTF-8, and languages sort text differently.
    files = [[path, mode, sha] for path, (mode, sha) in sorted(entries.items(), key=lambda item: os.fsencode(item[0]))]
    return digest({"now": now, "files": files})


def _signature(status: os.stat_result) -> tuple[int, ...]:
    if stat.S_ISDIR(status.st_mode):
        return (status.st_mode, status.st_ino)  # a folder is its name; its times move with its children
    return (status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns, status.st_mode)


def is_git_index(path: str) -> bool:
    """Whether a path is where a repository keeps its index."""
    return path == ".git/index" or path.endswith("/.git/index")


def _walk(root: str, below: str) -> list[tuple[str, os.stat_result]]:
    found: list[tuple[str, os.stat_result]] = []
    with os.scandir(f"{root}/{below}") as items:
        for item in items:
            path = f"{below}/{item.name}" if below else item.name
            found.append((path, item.stat(follow_symlinks=False)))
            if item.is_dir(follow_symlinks=False):
                found.extend(_walk(root, path))
    return found


def _entry(root: str, path: str, status: os.stat_result) -> _Entry:
    full, mode = Path(root, path), status.st_mode
    if stat.S_ISDIR(mode):
        return "dir", ""
    if stat.S_ISLNK(mode):
        return "link", hashlib.sha256(os.fsencode(full.readlink())).hexdigest()
    if not stat.S_ISREG(mode):
        # Sockets and pipes: to open one may block for ever.
        return "special", ""
    # The other bits follow the umask of whoever copied the world.
    kind = "exec" if mode & stat.S_IXUSR else "file"
    if is_git_index(path):
        return kind, index_digest(full.read_bytes())
    with full.open("rb") as stream:
        if _is_archive(stream, status.st_size):
            return kind, archive_digest.archive_digest(stream.read())
        return kind, hashlib.file_digest(stream, "sha256").hexdigest()


def _is_archive(stream: BinaryIO, size: int) -> bool:
    start = stream.read(len(archive_digest.SIGNATURE))
    stream.seek(0)
    return start == archive_digest.SIGNATURE and size <= archive_digest.MOST_BYTES
