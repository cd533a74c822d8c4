"""Folders that belong to one process, and the removal of those whose process was killed."""

import os
import shutil
from pathlib import Path

import psutil


def own_folder(parent: Path) -> Path:
    """Name this process's folder below `parent`, removing what it or processes that are gone left there."""
    own = parent / f"p{os.getpid()}"
    for folder in parent.glob("p*"):
        pid = folder.name.removeprefix("p")
        # Our own number too: what lies there belongs to a dead process whose number we were given.
        if folder == own or (pid.isdigit() and not psutil.pid_exists(int(pid))):
            shutil.rmtree(folder, ignore_errors=True)
    return own
