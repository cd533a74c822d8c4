"""Launch specs: the standard `mcpServers` file, with our own keys under `x-firefly`."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from shared.model.errors import BadInput

WORKSPACE = "/workspace"
"""Where every world is mounted, and what `${workspace}` stands for."""
# It names log files and folders, and travels in keys.
_SERVER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_OURS = "x-firefly"


class Transport(StrEnum):
    """How a server is reached."""

    STDIO = "stdio"
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class LaunchSpec:
    """One entry of `mcpServers`, checked, with `${workspace}` filled in."""

    server_id: str
    transport: Transport
    command: str = ""
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Reach that server only; never recorded, logged or part of a digest."""
    worlds: tuple[Path, ...] = ()
    """World folders it is explored in; empty: the worlds of the whole file."""
    network: bool = False
    """Whether the sandbox leaves the network open."""
    secrets: frozenset[str] = frozenset()
    """Environment names whose values stay out of digests and logs."""
    now: str = ""
    """Frozen instant for worlds that name none; empty: the file's, or the default."""
    allow_writes: bool = False
    """Remote servers only: the owner allows calls that are not proven read-only."""

    def identity(self) -> dict[str, Any]:
        """What of it belongs to the server's digest: everything but credentials and worlds."""
        env = {name: ("" if name in self.secrets else value) for name, value in self.env}
        # An address may carry a key in its query, and digests are published.
        identity = {"transport": str(self.transport), "command": self.command, "args": list(self.args), "env": env}
        return identity | {"url": self.url.split("?")[0], "network": self.network}


@dataclass(frozen=True, slots=True)
class ServersFile:
    """A checked `mcp.json`."""

    path: Path
    servers: tuple[LaunchSpec, ...]
    worlds: tuple[Path, ...] = ()
    """World folders for servers that name none."""
    now: str = ""

    def worlds_of(self, server: LaunchSpec) -> tuple[Path, ...]:
        """World folders of one server."""
        return server.worlds or self.worlds


def read_servers(path: Path) -> ServersFile:
    """Read an `mcp.json`.

    Raises:
        BadInput: the file is missing, is not JSON, has no servers, or an entry is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"{path}: there is no such file; name an mcp.json with an mcpServers object") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read ({error}); name a readable UTF-8 JSON file") from error
    return parse_servers(text, path)


def parse_servers(text: str, path: Path) -> ServersFile:
    """Check the text of an `mcp.json`; relative world folders are relative to its folder.

    Raises:
        BadInput: as `read_servers`.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise BadInput(f"{path}: is not JSON ({error}); repair it and start again") from error
    servers = document.get("mcpServers") if isinstance(document, dict) else None
    if not isinstance(servers, dict) or not servers:
        raise BadInput(f"{path}: has no servers; give it an mcpServers object with at least one entry")
    ours = _ours(document, f"{path}")
    specs = tuple(_server(name, entry, path) for name, entry in servers.items() if not _is_disabled(entry))
    if not specs:
        raise BadInput(f"{path}: every server is disabled; enable at least one")
    return ServersFile(path, specs, _worlds(ours, path, f"{path}"), _text(ours, "now", f"{path}: {_OURS}"))


def _server(name: str, entry: object, path: Path) -> LaunchSpec:
    where = f"{path}: server {name!r}"
    if not _SERVER_ID.fullmatch(name):
        raise BadInput(f"{where}: a name has up to 64 letters, digits, '.', '_' and '-'; rename it")
    if not isinstance(entry, dict):
        raise BadInput(f"{where}: must be an object with a command or a url")
    ours = _ours(entry, where)
    shared: dict[str, Any] = {
        "worlds": _worlds(ours, path, where),
        "network": _flag(ours, "network", where),
        "secrets": frozenset(_texts(ours, "secrets", where)),
        "now": _text(ours, "now", where),
        "allow_writes": _flag(ours, "allowWrites", where),
    }
    if "command" in entry and "url" in entry:
        raise BadInput(f"{where}: has a command and a url; keep the one that is meant")
    if "command" in entry:
        return _stdio(name, entry, shared, where)
    if "url" in entry:
        return _remote(name, entry, shared, where)
    raise BadInput(f"{where}: has neither a command nor a url; add one")


def _stdio(name: str, entry: Mapping[str, Any], shared: dict[str, Any], where: str) -> LaunchSpec:
    command = _text(entry, "command", where)
    if not command.strip():
        raise BadInput(f"{where}: command is empty; name the program that starts the server")
    args = tuple(_placed(text) for text in _texts(entry, "args", where))
    env = tuple((key, _placed(value)) for key, value in _pairs(entry, "env", where))
    return LaunchSpec(name, Transport.STDIO, _placed(command), args, env, **shared)


def _remote(name: str, entry: Mapping[str, Any], shared: dict[str, Any], where: str) -> LaunchSpec:
    url = _text(entry, "url", where)
    if not url.startswith(("http://", "https://")):
        raise BadInput(f"{where}: url is {url!r}; write an http:// or https:// address")
    if entry.get("type") == "sse":
        raise BadInput(f"{where}: the SSE transport is not supported; name its streamable HTTP address")
    return LaunchSpec(name, Transport.HTTP, url=url, headers=_pairs(entry, "headers", where), **shared)


def _placed(text: str) -> str:
    return text.replace("${workspace}", WORKSPACE)


def _is_disabled(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("disabled") is True


def _ours(entry: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    ours = entry.get(_OURS, {})
    if not isinstance(ours, dict):
        raise BadInput(f"{where}: {_OURS} must be an object")
    # A key with a slip would be ignored in silence: a `netwrok` that stays closed, a secret that is recorded.
    unknown = sorted(set(ours) - {"world", "network", "secrets", "now", "allowWrites"})
    if unknown:
        raise BadInput(f"{where}: {_OURS} does not know {unknown[0]!r}; remove it or correct its spelling")
    return ours


def _worlds(ours: Mapping[str, Any], path: Path, where: str) -> tuple[Path, ...]:
    value = ours.get("world", [])
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise BadInput(f"{where}: world must be a folder or a list of folders")
    # From the file's own folder, so that it means the same wherever it is started.
    # Whether they are there is the business of whoever mounts them: `--world` takes their place.
    return tuple((path.parent / name).resolve() for name in names)


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry.get(key, "")
    # No program can be given a NUL: refused here with its place, instead of a ValueError when the server starts.
    if not isinstance(value, str) or "\0" in value:
        raise BadInput(f"{where}: {key} must be a string")
    return value


def _flag(entry: Mapping[str, Any], key: str, where: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise BadInput(f"{where}: {key} must be true or false")
    return value


def _texts(entry: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and "\0" not in item for item in value):
        raise BadInput(f"{where}: {key} must be a list of strings")
    return tuple(value)


def _pairs(entry: Mapping[str, Any], key: str, where: str) -> tuple[tuple[str, str], ...]:
    value = entry.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(item, str) and "\0" not in item for item in value.values()):
        raise BadInput(f"{where}: {key} must be an object of strings")
    return tuple(value.items())
