"""Dies, hangs, or both, when asked; counts in a file so that a repeat can differ."""

import os
import time
from pathlib import Path

from toolbox import schema, serve, text, tool


def call(name, arguments):
    """Do what the tool is named for."""
    if name == "die":
        os._exit(1)
    if name == "hang":
        time.sleep(3600)
    if name == "write_and_die":
        Path("written.txt").write_text("half", encoding="utf-8")
        os._exit(1)
    if name == "remember":
        call.memory.append(arguments["what"])
    return text(",".join(call.memory) or "nothing")


call.memory = []
serve(
    [tool("die"), tool("hang"), tool("write_and_die"), tool("remember", input_schema=schema("what")), tool("recall")],
    call,
)
