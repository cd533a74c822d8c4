"""A tiny real world: two servers over the same files, one with a session; calls are executed and recorded."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.model.calls import Recording, Stability, State
from shared.model.catalogue import Behaviour, CrawlOutcome, Effect, ServerRecord, ToolRecord, Variation
from shared.proof.canonical import canonical, digest, parse, parse_canonical, sha256_text
from shared.proof.end_state import change, content_digest, difference
from shared.proof.identity import tool_id
from shared.proof.keys import canonical_arguments, next_session, recording_id, recording_key
from shared.proof.results import canonical_result

NOW = "2026-03-02T09:30:00+00:00"
FIRST_FILES = {
    "orders/latest.txt": "order: A-17\nclerk: Ada Nnadi\n",
    "orders/A-17.json": '{"order": "A-17", "total": 25.60, "items": 3, "supplier": "Kestrel"}',
    "suppliers/Kestrel.txt": "name: Kestrel\ntown: Bergen\n",
}
_PATH = {"path": {"type": "string"}}


def _schema(properties: Mapping[str, object], *required: str) -> str:
    return json.dumps({"type": "object", "properties": properties, "required": list(required)})


SCHEMAS = {
    ("files", "read_file"): _schema({**_PATH, "head": {"type": "integer", "default": 0, "minimum": 0}}, "path"),
    ("files", "write_file"): _schema({**_PATH, "text": {"type": "string"}}, "path", "text"),
    ("files", "list_files"): _schema({"order": {"type": "string", "enum": ["asc", "desc"], "default": "asc"}}),
    ("desk", "find_order"): _schema(
        {"order_id": {"type": "string"}, "limit": {"type": "integer", "default": 5}}, "order_id"
    ),
    ("desk", "set_total"): _schema({"order_id": {"type": "string"}, "total": {"type": "number"}}, "order_id", "total"),
    ("desk", "register"): _schema({"label": {"type": "string"}}, "label"),
    ("desk", "labels"): _schema({}),
    ("desk", "stamp"): _schema({}),
}
EFFECTS = {
    "write_file": Effect.WORLD,
    "set_total": Effect.WORLD,
    "register": Effect.SESSION,
    "stamp": Effect.UNKNOWN,
}
DIGESTS = {server: digest(["office", server]) for server, _ in SCHEMAS}


@dataclass
class Office:
    """One running copy of the world."""

    files: dict[str, str] = field(default_factory=lambda: dict(FIRST_FILES))
    labels: list[str] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)

    @property
    def world(self) -> str:
        """World digest now."""
        return digest({"now": NOW, "files": sorted(self.files.items())})

    def state(self, server: str) -> State:
        """State a call to a server starts from."""
        return State(self.world, self.sessions.get(server, ""))

    def record(self, server: str, tool: str, arguments: Mapping[str, object]) -> Recording:
        """Execute a call and record it."""
        before = self.state(server)
        arguments_json = canonical_arguments(canonical(arguments), SCHEMAS[server, tool])
        result_json = self.execute(server, tool, arguments_json)
        effect = EFFECTS.get(tool, Effect.READ_ONLY)
        sha = sha256_text(result_json)
        if effect in (Effect.SESSION, Effect.UNKNOWN):
            self.sessions[server] = next_session(before.session, tool, arguments_json, sha)
        key = recording_key(DIGESTS[server], tool, arguments_json, before)
        return Recording(
            recording_id(key, result_json),
            server,
            DIGESTS[server],
            tool,
            arguments_json,
            before,
            self.state(server),
            result_json,
            sha,
            parse_canonical(result_json)["isError"],
            effect,
            Stability.STABLE,
            result_length=len(result_json.encode()),
            observed_at="2026-03-02T10:00:00+00:00",
            change_json=self._change() if self.world != before.world else "",
        )

    def _change(self) -> str:
        """What differs from the files it opened with."""
        was, now = (
            {path: ("file", content_digest(text.encode())) for path, text in files.items()}
            for files in (FIRST_FILES, self.files)
        )
        return change(Office().world, difference(was, now))

    def execute(self, server: str, tool: str, arguments_json: str) -> str:
        """Do what the server does; canonical result."""
        try:
            return getattr(self, f"_{tool}")(**parse_canonical(arguments_json))
        except KeyError as error:
            return canonical_result([{"type": "text", "text": f"not found: {error.args[0]}"}], None, True)

    def _read_file(self, path: str, head: int = 0) -> str:
        text = self.files[path]
        return _text(text[:head] if head else text)

    def _write_file(self, path: str, text: str) -> str:
        self.files[path] = text
        return _text(f"wrote {len(text)} characters to {path}")

    def _list_files(self, order: str = "asc") -> str:
        return _text("\n".join(sorted(self.files, reverse=order == "desc")))

    def _find_order(self, order_id: str, limit: int = 5) -> str:
        found = parse(self.files[f"orders/{order_id}.json"])
        return canonical_result([{"type": "text", "text": f"order {order_id}"}], found, False)

    def _set_total(self, order_id: str, total: object) -> str:
        found = parse(self.files[f"orders/{order_id}.json"])
        self.files[f"orders/{order_id}.json"] = canonical({**found, "total": total})
        return _text("saved")

    def _register(self, label: str) -> str:
        self.labels.append(label)
        return _text(f"label {len(self.labels)}")

    def _labels(self) -> str:
        return _text(", ".join(self.labels))

    def _stamp(self) -> str:
        return _text("stamped")


def _text(text: str) -> str:
    return canonical_result([{"type": "text", "text": text}], None, False)


def servers() -> tuple[ServerRecord, ...]:
    """The catalogue's servers."""
    return tuple(
        ServerRecord(name, server_digest, CrawlOutcome.READY, licence="MIT", source=f"pypi:{name}==1.0")
        for name, server_digest in sorted(DIGESTS.items())
    )


def tools(effect: Callable[[str], Effect] = lambda tool: EFFECTS.get(tool, Effect.READ_ONLY)) -> tuple[ToolRecord, ...]:
    """The catalogue's tools."""
    return tuple(
        ToolRecord(
            tool_id(DIGESTS[server], tool, f"{tool} of the office", schema, ""),
            server,
            DIGESTS[server],
            tool,
            f"{tool} of the office",
            schema,
            behaviour=Behaviour(effect(tool), Variation.STABLE),
        )
        for (server, tool), schema in SCHEMAS.items()
    )
