"""A writable copy of a world, and what its digest is now."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path

from shared.model.errors import Unavailable
from shared.proof import end_state
from shared.runtime.servers.tree_digest import TreeDigest, is_git_index
from shared.runtime.servers.world_store import WorldStore


class LiveWorld:
    """One copy at one path; can be put back to how it started."""

    def __init__(self, worlds: WorldStore, world_digest: str, folder: Path) -> None:
        self._worlds, self.world_digest, self.folder = worlds, world_digest, folder.absolute()
        self.now = worlds.now(world_digest)
        self._tree = TreeDigest(self.folder, self.now)
        self.last_digest = world_digest
        """As of the last look."""
        self._opening: Mapping[str, tuple[str, str]] = {}

    async def restore(self) -> None:
        """Make the copy, anew if there is one: no process may run over it.

        Raises:
            Unavailable: there is no room for it.
        """
        try:
            await asyncio.to_thread(self._copy)
        except OSError as error:
            raise Unavailable(f"world copy {self.folder}: {error}") from error
        # A new one: what the old one knows by times and inodes is about files that are gone.
        self._tree = TreeDigest(self.folder, self.now)
        self.last_digest = self._tree.read()
        self._opening = self._tree.entries()

    def look(self) -> str:
        """Digest it as it is now; milliseconds, because only changed files are read.

        Raises:
            Unavailable: it cannot be read.
        """
        self.last_digest = self._tree.read()
        return self.last_digest

    @property
    def was_written(self) -> bool:
        """Whether files were written between the last two looks, be it with equal bytes."""
        return bool(self._tree.touched)

    def moved(self) -> list[str]:
        """Look again and name what differs from the start.

        Raises:
            Unavailable: it cannot be read.
        """
        if self.look() == self.world_digest:
            return []
        was, now = self._opening, self._tree.entries()
        return sorted(path for path in was.keys() | now.keys() if was.get(path) != now.get(path))

    def change(self) -> str:
        """Say how it differs, as of the last look, from the world that it is a copy of (`shared.proof.end_state`).

        Raises:
            Unavailable: it cannot be read.
        """
        was, now = self._opening, self._tree.entries()
        # The world digest tells every byte apart; only what it tells apart can differ in what it says.
        moved = {path for path in was.keys() | now.keys() if was.get(path) != now.get(path)}
        try:
            before = _said(self._worlds.path(self.world_digest), {path: was[path] for path in moved & was.keys()})
            after = _said(self.folder, {path: now[path] for path in moved & now.keys()})
        except OSError as error:
            raise Unavailable(f"world copy {self.folder}: {error}") from error
        return end_state.change(self.world_digest, end_state.difference(before, after))

    async def remove(self) -> None:
        """Remove the copy."""
        await asyncio.to_thread(shutil.rmtree, self.folder, True)

    def _copy(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._worlds.copy_to(self.world_digest, self.folder)


def _said(root: Path, entries: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Digest what files say instead of their bytes."""
    return {
        # Git's index holds the times of a copy: its digest in the world is of what it says already.
        path: (mode, end_state.content_digest((root / path).read_bytes()))
        if mode in ("file", "exec") and not is_git_index(path)
        else (mode, sha)
        for path, (mode, sha) in entries.items()
    }
