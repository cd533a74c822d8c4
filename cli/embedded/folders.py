"""Folders we are about to fill: writable, with room."""

import shutil
from pathlib import Path

from shared.model.errors import BadInput

NEEDED_BYTES = 300 * 1024 * 1024


def prepare(folder: Path, option: str = "--data", needed_bytes: int = NEEDED_BYTES) -> Path:
    """Make the folder and prove that it can be written.

    Raises:
        BadInput: it cannot be made or written, or its disc is full.
    """
    advice = f"choose another folder with {option}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise BadInput(f"cannot write to {folder}: {error.strerror}; {advice}") from error
    if free < needed_bytes:
        has, needs = free // 2**20, needed_bytes // 2**20
        raise BadInput(f"only {has} MiB are free for {folder}, {needs} MiB are needed; make room or {advice}")
    return folder
