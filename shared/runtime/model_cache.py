"""Model answers on disc, by request digest; many processes may share the folder."""

import os
import tempfile
from pathlib import Path


class FolderCache:
    """One file per answer; a file appears whole or not at all, and the first one stays."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def get(self, digest: str) -> str | None:
        """Return the stored answer."""
        path = self._path(digest)
        return path.read_text(encoding="utf-8") if path.is_file() else None

    async def put(self, digest: str, answer: str) -> None:
        """Store an answer unless there is one."""
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(answer)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            return
        finally:
            Path(file.name).unlink()

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest
