"""A small world of made-up tools, served in memory: the `Environments` port without processes.

Results are canonical like those of a real environment; world and session move by the same rules.
"""

from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from shared.model.calls import State
from shared.model.catalogue import Behaviour, Effect, PathMode, ToolRecord
from shared.proof import end_state, keys
from shared.proof.canonical import canonical, digest, parse_canonical, sha256_text
from shared.proof.results import canonical_result

SERVER_DIGEST = "d" * 64


@dataclass(frozen=True, slots=True)
class FakeCalled:
    """What a fake call left behind."""

    result_json: str
    result_sha256: str
    result_length: int
    is_error: bool
    state: State
    state_after: State
    effect: Effect
    too_large: bool = False
    crash: str = ""
    path_mode: PathMode = PathMode.MOUNTED
    change_json: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a fake tool says."""

    text: str = ""
    structured: object = None
    is_error: bool = False
    crash: str = ""


@dataclass(slots=True)
class World:
    """What a fake tool sees and may change: files, and which run it is in."""

    files: dict[str, str] = field(default_factory=dict)
    clock: str = "frozen"
    calls_made: int = 0


Body = Callable[[Mapping[str, object], World], Answer]


@dataclass(frozen=True, slots=True)
class FakeTool:
    """A tool: its record and its body."""

    record: ToolRecord
    body: Body


def fake_tool(name, body, schema=None, effect=Effect.READ_ONLY, server_id="shop"):
    """Describe one tool; the schema is an object schema's properties."""
    schema_json = canonical({"type": "object", "properties": schema or {}, "required": sorted(schema or {})})
    return FakeTool(
        ToolRecord(
            f"tool_{name}",
            server_id,
            SERVER_DIGEST,
            name,
            f"{name} of {server_id}",
            schema_json,
            behaviour=Behaviour(effect),
        ),
        body,
    )


class FakeEnvironment:
    """One copy of the world."""

    def __init__(self, tools, files, clock, limit=None):
        self._tools = {(tool.record.server_id, tool.record.name): tool for tool in tools}
        self.world = World(dict(files), clock)
        self._opening = self.world_entries()
        self._opening_world = digest(self.world.files)
        self.sessions = {}
        self.calls = []
        self._limit = limit

    async def call_tool(self, server_id, tool, arguments_json):
        found = self._tools[server_id, tool]
        state = self._state(server_id)
        self.calls.append((tool, arguments_json))
        self.world.calls_made += 1
        answer = found.body(parse_canonical(arguments_json), self.world)
        result = canonical_result([{"type": "text", "text": answer.text}], answer.structured, answer.is_error)
        sha = sha256_text(result)
        if found.record.behaviour.effect in (Effect.SESSION, Effect.UNKNOWN) and not answer.is_error:
            previous = self.sessions.get(server_id, "")
            self.sessions[server_id] = keys.next_session(previous, tool, arguments_json, sha)
        large = self._limit is not None and len(result) > self._limit
        return FakeCalled(
            "" if large else result,
            sha,
            len(result),
            answer.is_error,
            state,
            self._state(server_id),
            found.record.behaviour.effect,
            large,
            answer.crash,
            change_json=self._change() if self._state(server_id).world != state.world else "",
        )

    def world_entries(self):
        """Files as (mode, content digest)."""
        return {path: ("file", end_state.content_digest(text.encode())) for path, text in self.world.files.items()}

    def _change(self):
        return end_state.change(self._opening_world, end_state.difference(self._opening, self.world_entries()))

    def _state(self, server_id):
        return State(digest(self.world.files), self.sessions.get(server_id, ""))


class FakeEnvironments:
    """Hands out fresh copies and remembers them."""

    def __init__(self, tools, files=None, limit=None):
        self._tools, self._files, self._limit = tools, files or {}, limit
        self.lent = []

    @property
    def records(self):
        """Tool records by id."""
        return {tool.record.tool_id: tool.record for tool in self._tools}

    @asynccontextmanager
    async def _lend(self, clock):
        environment = FakeEnvironment(self._tools, self._files, clock, self._limit)
        self.lent.append(environment)
        yield environment

    def first(self, need):
        """See `Environments`."""
        return self._lend("frozen")

    def second(self, need):
        """See `Environments`."""
        return self._lend("moved_on")
