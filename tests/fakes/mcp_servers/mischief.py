"""Does what a policy under training may try: links out of the world, floods of processes, full disks. All bounded."""

import os
from pathlib import Path

from toolbox import schema, serve, text, tool

COUNT = {"type": "integer"}


def link(arguments):
    """Make a symbolic link and read through it."""
    path = Path("/workspace/link")
    path.unlink(missing_ok=True)
    path.symlink_to(arguments["target"])
    return path.read_text(encoding="utf-8")


def forks(arguments):
    """Start processes that wait, each in a session of its own, until the system refuses one."""
    made = 0
    while made < arguments["count"]:
        if os.fork() == 0:
            os.setsid()
            os.closerange(0, 3)
            os.execv("/bin/sleep", ["sleep", "300"])
        made += 1
    return f"{made} started"


def fill(arguments):
    """Write files of one mebibyte."""
    for number in range(arguments["mebibytes"]):
        Path(f"/workspace/{number}.bin").write_bytes(os.urandom(1024 * 1024))
        if number == arguments.get("wait_after"):
            import time

            time.sleep(20)
    return "full"


def call(name, arguments):
    """Try it; what the system refuses is an error result."""
    try:
        return text({"link": link, "forks": forks, "fill": fill}[name](arguments))
    except OSError as error:
        return text(f"refused: {type(error).__name__}", is_error=True)


serve(
    [
        tool("link", input_schema=schema("target")),
        tool("forks", input_schema=schema(count=COUNT)),
        tool("fill", input_schema=schema(mebibytes=COUNT, wait_after=COUNT)),
    ],
    call,
)
