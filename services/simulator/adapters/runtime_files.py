"""What a snapshot needs to run live: launch specs and package pins beside its worlds; no credential goes in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.simulator.adapters.live_pool import Runnable
from services.simulator.adapters.sqlite_library import SqliteLibrary
from services.simulator.domain.snapshots import RUNTIME, WORLDS
from shared.model.errors import BadInput
from shared.runtime.servers.installed import Installed
from shared.runtime.servers.spec import LaunchSpec, Transport, read_servers

SERVERS = "mcp.json"
PACKAGES = "packages.json"


@dataclass(frozen=True, slots=True)
class RuntimeServer:
    """One server that can be run where the snapshot goes."""

    spec: LaunchSpec
    server_digest: str
    installed: Installed


def write_runtime(servers: tuple[RuntimeServer, ...], folder: Path) -> None:
    """Write specs and pins into a new folder."""
    folder.mkdir()
    specs = {one.spec.server_id: _entry(one.spec) for one in servers}
    (folder / SERVERS).write_text(_text({"mcpServers": specs}), encoding="utf-8")
    pins = {
        one.spec.server_id: {
            "server_digest": one.server_digest,
            "source": one.installed.source,
            "interpreter": one.installed.interpreter,
            "packages": [list(package) for package in one.installed.packages],
        }
        for one in servers
    }
    (folder / PACKAGES).write_text(_text(pins), encoding="utf-8")


def read_runtime(snapshot: Path, library: SqliteLibrary) -> Runnable:
    """Read what of a snapshot can be run.

    Raises:
        BadInput: it was made without `--runtime`, or a file of it cannot be read.
    """
    folder = snapshot / RUNTIME
    if not (folder / SERVERS).is_file():
        raise BadInput(
            f"{snapshot} has no runtime, so it cannot run live: make it with `firefly snapshot create --runtime`"
        )
    servers = read_servers(folder / SERVERS)
    try:
        pins: Mapping[str, Any] = json.loads((folder / PACKAGES).read_text(encoding="utf-8"))
        digests = {str(name): str(pin["server_digest"]) for name, pin in pins.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{folder / PACKAGES} cannot be read ({error}): copy the snapshot again") from error
    tools = tuple(tool for digest in digests.values() for tool in library.tools(digest))
    return Runnable(servers, digests, tools, snapshot / WORLDS)


def is_packable(spec: LaunchSpec) -> bool:
    """Say whether a server can run elsewhere: on a copy of a world, without network and without credentials."""
    return spec.transport is Transport.STDIO and not spec.network and not spec.secrets


def _entry(spec: LaunchSpec) -> dict[str, Any]:
    ours = {"now": spec.now} if spec.now else {}
    return {"command": spec.command, "args": list(spec.args), "env": dict(spec.env), "x-firefly": ours}


def _text(document: object) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
