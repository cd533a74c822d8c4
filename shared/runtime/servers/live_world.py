"""A writable copy of a world, and what its digest is now."""

import asyncio
import shutil
from pathlib import Path

from shared.model.errors import Unavailable
from shared.runtime.servers.tree_digest import TreeDigest
from shared.runtime.servers.world_store import WorldStore


class LiveWorld:
    """One copy at one path; can be put back to how it started."""

    def __init__(self, worlds: WorldStore, world_digest: str, folder: Path) -> None:
        self._worlds, self.world_digest, self.folder = worlds, world_digest, folder.absolute()
        self.now = worlds.now(world_digest)
        self._tree = TreeDigest(self.folder, self.now)
        self.last_digest = world_digest
        """As of the last look."""

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

    async def remove(self) -> None:
        """Remove the copy."""
        await asyncio.to_thread(shutil.rmtree, self.folder, True)

    def _copy(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._worlds.copy_to(self.world_digest, self.folder)
