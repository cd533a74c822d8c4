"""Tells what a server can see of the host."""

import os
import socket
from pathlib import Path

from toolbox import schema, serve, text, tool


def reach(host):
    """Try to open a connection."""
    try:
        socket.create_connection((host, 53), timeout=2).close()
    except OSError as error:
        return f"refused: {type(error).__name__}"
    return "connected"


def call(name, arguments):
    """Look where asked."""
    if name == "environment":
        return text("\n".join(f"{key}={value}" for key, value in sorted(os.environ.items())))
    if name == "exists":
        return text(Path(arguments["path"]).exists())
    if name == "processes":
        return text(len([path for path in Path("/proc").iterdir() if path.name.isdigit()]))
    if name == "write":
        try:
            Path(arguments["path"]).write_text("x", encoding="utf-8")
        except OSError as error:
            return text(f"refused: {type(error).__name__}", is_error=True)
        return text("written")
    return text(reach(arguments["host"]))


serve(
    [
        tool("environment"),
        tool("processes"),
        tool("exists", input_schema=schema("path")),
        tool("write", input_schema=schema("path")),
        tool("reach", input_schema=schema("host")),
    ],
    call,
)
