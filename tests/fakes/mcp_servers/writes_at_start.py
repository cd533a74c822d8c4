"""Opens a database in the world as it starts, another one each time."""

import os
from pathlib import Path

from toolbox import serve, text, tool

Path("/workspace/own.db").write_text(f"{os.getpid()} {os.urandom(4).hex()}", encoding="utf-8")


def call(_name, _arguments):
    """Answer honestly."""
    return text("fine")


serve([tool("speak")], call)
