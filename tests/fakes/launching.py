"""Launchers and worlds over the scripts of `tests/fakes/mcp_servers`."""

import asyncio
import json
import sys
from pathlib import Path

import psutil

from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.session import Timeouts
from shared.runtime.servers.spec import parse_servers
from shared.runtime.servers.world_store import WorldStore

SCRIPTS = Path(__file__).parent / "mcp_servers"
NOW = "2026-03-02T09:30:00+00:00"
FILES = {"note.txt": "remember the milk", "orders.csv": "id,price\n1,25.60\n"}


def servers_file(folder: Path, **entries):
    """An mcp.json whose servers are fake scripts (by stem) or whole entries."""
    servers = {
        name.replace("_", "-"): entry
        if isinstance(entry, dict)
        else {"command": sys.executable, "args": [str(SCRIPTS / f"{entry}.py")]}
        for name, entry in entries.items()
    }
    return parse_servers(json.dumps({"mcpServers": servers}), folder / "mcp.json")


def launcher(folder: Path, timeouts=None, programs=None, **entries):
    """A launcher of fake scripts with short time limits."""
    limits = timeouts or Timeouts(start=10, call=3, listing=5)
    scratch = folder / "scratch"
    return Launcher(servers_file(folder, **entries), folder / "cache", scratch, programs or find_programs(), limits)


def world(folder: Path, files=None):
    """A store with one world; returns it with the digest."""
    source = folder / "world-source" / "files"
    for path, text in (FILES if files is None else files).items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(text, encoding="utf-8")
    source.mkdir(parents=True, exist_ok=True)
    (source.parent / "world.json").write_text(json.dumps({"name": "test", "now": NOW, "files": "files"}))
    store = WorldStore(folder / "worlds")
    return store, store.add(source.parent)


def children():
    """Processes below this one now; a test compares, because brokers of other tests are children too."""
    return set(psutil.Process().children(recursive=True))


async def until(condition, seconds=15):
    """Wait, not for ever, until something outside this loop has happened."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - processes set no event
            await asyncio.sleep(0.02)
