"""A model's answers by request digest, one file each: a redo gets the same answer and pays nothing."""

import asyncio
import os
import tempfile
from contextlib import suppress
from pathlib import Path


class AnswerCache:
    """Implements `shared.runtime.openai_model.Cache` in a folder; the first answer to a request stays."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def get(self, digest: str) -> str | None:
        """Return the stored answer."""
        return await asyncio.to_thread(self._read, digest)

    async def put(self, digest: str, answer: str) -> None:
        """Store an answer unless there is one."""
        await asyncio.to_thread(self._write, digest, answer)

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _read(self, digest: str) -> str | None:
        with suppress(FileNotFoundError):
            return self._path(digest).read_text(encoding="utf-8")
        return None

    def _write(self, digest: str, answer: str) -> None:
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        # In the same folder: a link cannot lead to another file system.
        handle, staged = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(answer)
        with suppress(FileExistsError):
            # Not `rename`, which replaces: two that ask at once must both go on with the first answer.
            os.link(staged, path)
        Path(staged).unlink()
