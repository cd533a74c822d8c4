"""One tool of each behaviour, with hints that lie."""

import random
import time
from datetime import datetime
from pathlib import Path

from toolbox import EMPTY, schema, serve, text, tool

READ_ONLY = {"readOnlyHint": True}
STATE = {"count": 0, "projects": []}
NUMBERS = {
    "type": "object",
    "properties": {"a": {"type": "integer", "default": 2}, "b": {"type": "integer", "default": 3}},
}


def call(name, arguments):
    """Answer as the tool of this name does."""
    return text(*HANDLERS[name](arguments))


def read_note(arguments):
    """Read a file of the world."""
    path = Path(arguments["path"])
    return (path.read_text(encoding="utf-8"),) if path.is_file() else (f"no such file: {path}", True)


def write_note(arguments):
    """Write a file."""
    Path(arguments["path"]).write_text(arguments["text"], encoding="utf-8")
    return ("ok",)


def touch_log(_arguments):
    """Append to a log although the hint says read-only."""
    with Path("/workspace/log.txt").open("a", encoding="utf-8") as log:
        log.write("x")
    return ("looked",)


def next_number(_arguments):
    """Count in memory."""
    STATE["count"] += 1
    return (STATE["count"],)


def register_project(arguments):
    """Remember a project."""
    STATE["projects"].append(arguments["name"])
    return (f"registered {arguments['name']}",)


def list_projects(_arguments):
    """Say what was registered."""
    return (", ".join(STATE["projects"]),) if STATE["projects"] else ("nothing registered", True)


HANDLERS = {
    "add": lambda arguments: (arguments.get("a", 2) + arguments.get("b", 3),),
    "now": lambda _arguments: (datetime.now().isoformat(),),  # noqa: DTZ005 - what servers do
    "day": lambda _arguments: (time.strftime("%Y-%m-%d"),),
    "draw": lambda _arguments: (random.random(),),
    "list_files": lambda _arguments: (" ".join(sorted(path.name for path in Path("/workspace").iterdir())),),
    "read_note": read_note,
    "write_note": write_note,
    "touch_log": touch_log,
    "next_number": next_number,
    "register_project": register_project,
    "list_projects": list_projects,
    "always_fails": lambda _arguments: ("no", True),
}

serve(
    [
        tool("add", input_schema=NUMBERS),
        tool("now"),
        tool("day"),
        tool("list_files"),
        tool("read_note", input_schema=schema("path")),
        tool("draw", annotations=READ_ONLY),
        tool("write_note", input_schema=schema("path", "text")),
        tool("touch_log", annotations=READ_ONLY),
        tool("next_number", annotations=READ_ONLY),
        tool("register_project", input_schema=schema("name")),
        tool("list_projects"),
        tool("always_fails", input_schema=EMPTY),
    ],
    call,
)
