"""The tools of one episode: offered names bound to the pinned server and its schema."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.simulator.domain.ports import Library
from shared.model.catalogue import Behaviour, PathMode, ServerRecord, ToolRecord
from shared.model.errors import Rejected
from shared.model.tasks import OfferedTool, Task

_NAME = 64


@dataclass(frozen=True, slots=True)
class BoundTool:
    """A tool as the agent sees it, and what it stands for."""

    offered_name: str
    server_id: str
    server_digest: str
    name: str
    description: str
    input_schema_json: str
    behaviour: Behaviour = field(default_factory=Behaviour)
    path_mode: PathMode = PathMode.MOUNTED


def task_tools(task: Task, library: Library) -> tuple[BoundTool, ...]:
    """Bind the tools a task offers to the server digests its reference ran on, else to the catalogue's."""
    # The digests that the reference ran on: a newer catalogue must not change what an old task's calls mean.
    pinned = {call.server_id: call.server_digest for call in task.reference}
    servers = {tool.server_id: library.server(tool.server_id) for tool in task.tools}
    return tuple(_bind(tool, pinned, servers[tool.server_id], library) for tool in task.tools)


def free_tools(server_ids: Iterable[str], library: Library) -> tuple[BoundTool, ...]:
    """Bind the whole catalogues of some servers.

    Raises:
        Rejected: a server is not known here, or was never ready (`unknown_server`).
    """
    found: list[tuple[ServerRecord, ToolRecord]] = []
    for server_id in sorted(set(server_ids)):
        server = library.server(server_id)
        if server is None or not server.server_digest:
            raise Rejected("unknown_server", f"no server {server_id!r:.100} is known here")
        found.extend((server, tool) for tool in library.tools(server.server_digest))
    names = _offered_names([(tool.server_id, tool.name) for _, tool in found])
    return tuple(
        BoundTool(
            name,
            tool.server_id,
            tool.server_digest,
            tool.name,
            tool.description,
            tool.input_schema_json,
            tool.behaviour,
            server.path_mode,
        )
        for name, (server, tool) in zip(names, found, strict=True)
    )


def ordered(tools: Sequence[BoundTool], seed: int) -> tuple[BoundTool, ...]:
    """Order tools by seed; 0 keeps the order given."""
    if not seed:
        return tuple(tools)
    # By a hash, so that a seed gives the same order in every version of Python.
    return tuple(sorted(tools, key=lambda tool: hashlib.sha256(f"{seed}/{tool.offered_name}".encode()).digest()))


def _bind(tool: OfferedTool, pinned: dict[str, str], server: ServerRecord | None, library: Library) -> BoundTool:
    server_digest = pinned.get(tool.server_id) or (server.server_digest if server else "")
    known = library.tool(server_digest, tool.name)
    return BoundTool(
        tool.offered_name,
        tool.server_id,
        server_digest,
        tool.name,
        tool.description,
        tool.input_schema_json,
        known.behaviour if known else Behaviour(),
        server.path_mode if server else PathMode.MOUNTED,
    )


def _offered_names(tools: Sequence[tuple[str, str]]) -> list[str]:
    """Name each tool uniquely in `[a-zA-Z0-9_-]{1,64}`: its own name, with its server's where two collide."""
    plain = [_legal(name) for _, name in tools]
    often = Counter(plain)
    names: list[str] = []
    for (server_id, name), short in zip(tools, plain, strict=True):
        wish = short if often[short] == 1 else _legal(f"{server_id}__{name}")
        suffix = hashlib.sha256(f"{server_id}/{name}".encode()).hexdigest()[:8]
        # Cut to 64 characters, two long names may be the same.
        names.append(wish if wish not in names else f"{wish[: _NAME - 9]}_{suffix}")
    return names


def _legal(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:_NAME] or "_"
