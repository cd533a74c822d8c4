"""What the crawler found: servers, tools, worlds."""

from dataclasses import dataclass, field
from enum import StrEnum

from shared.model.values import ValueKind


class CrawlOutcome(StrEnum):
    """How the crawl of one server ended."""

    READY = "ready"
    FAILED = "failed"


class FailureClass(StrEnum):
    """Why a server could not be used; kept, so that the funnel can say so."""

    INSTALL_FAILED = "install_failed"
    EXITED = "exited"
    HANDSHAKE_TIMEOUT = "handshake_timeout"
    NOT_MCP = "not_mcp"
    LIST_FAILED = "list_failed"
    NO_TOOLS = "no_tools"
    UNREACHABLE = "unreachable"
    AUTH_REQUIRED = "auth_required"
    BAD_SPEC = "bad_spec"
    MOVES_WORLD = "moves_world"
    """Starting it writes into the world: no call would be found again in the state it was recorded in."""


class Effect(StrEnum):
    """What a call of a tool moves."""

    UNKNOWN = "unknown"
    READ_ONLY = "read_only"
    WORLD = "world"
    SESSION = "session"


class Variation(StrEnum):
    """What a tool's answer depends on beside arguments and state."""

    UNKNOWN = "unknown"
    STABLE = "stable"
    TIME = "time"
    RANDOM = "random"


class PathMode(StrEnum):
    """How the world reached the server; recordings of the two modes are never mixed."""

    MOUNTED = "mounted"
    MAPPED = "mapped"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A tool's behaviour class with the evidence for it; annotations are a hint, never proof."""

    effect: Effect = Effect.UNKNOWN
    variation: Variation = Variation.UNKNOWN
    pure: bool = False
    """Proven to answer the same in an empty world: its calls are computation that an agent can do without tools."""
    evidence: str = ""
    """What was executed to decide this, in one sentence."""


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """The terminal outcome of crawling one server; written after its tools."""

    server_id: str
    """The name in `mcpServers`."""
    server_digest: str
    """sha256 over launch spec, installed package set with hashes, and interpreter; empty when install failed."""
    outcome: CrawlOutcome
    catalogue_digest: str = ""
    """sha256 over the tools as received, sorted by name."""
    # Named here, so that a tool counts only once its server is done: the topic is compacted and keeps older tools.
    tool_ids: tuple[str, ...] = ()
    failure_class: FailureClass | None = None
    failure_text: str = ""
    protocol_version: str = ""
    server_version: str = ""
    source: str = ""
    """Package and version, or URL."""
    licence: str = ""
    path_mode: PathMode = PathMode.MOUNTED
    defects: tuple[str, ...] = ()
    """Tools left out and why (one malformed tool costs that tool, not the server)."""


@dataclass(frozen=True, slots=True)
class ToolRecord:
    """One tool as listed, and what probing showed."""

    tool_id: str
    server_id: str
    server_digest: str
    name: str
    description: str
    input_schema_json: str
    """As received."""
    title: str = ""
    output_schema_json: str = ""
    annotations_json: str = ""
    behaviour: Behaviour = field(default_factory=Behaviour)


@dataclass(frozen=True, slots=True)
class WorldFile:
    """One file of a world."""

    path: str
    """Relative to the mount, `/` separated."""
    size_bytes: int
    sha256: str
    media_type: str = ""
    title: str = ""
    """First heading or document title, where the format has one."""


@dataclass(frozen=True, slots=True)
class WorldColumn:
    """One column of a table found in a world file."""

    name: str
    kind: ValueKind
    unit: str = ""
    distinct: int = 0
    """Number of distinct values over all rows."""
    samples: tuple[str, ...] = ()
    """Up to 40 distinct values as text, in file order."""


@dataclass(frozen=True, slots=True)
class WorldTable:
    """One table found in a world: a CSV or JSON file, a sheet, a database table."""

    path: str
    name: str
    """Sheet or table name; the file's stem where the file is the table."""
    format: str
    """`csv`, `json`, `xlsx`, `sqlite`, `duckdb`."""
    columns: tuple[WorldColumn, ...]
    row_count: int
    first_cell: str = ""
    """Top-left cell of the header row, for sheets."""
    pointer: str = ""
    """JSON pointer to the list of records inside a JSON file; empty for the root."""


@dataclass(frozen=True, slots=True)
class WorldFact:
    """One labelled value found in a world's prose (`Key: value` lines, headings, document properties)."""

    path: str
    key: str
    text: str
    kind: ValueKind
    unit: str = ""


@dataclass(frozen=True, slots=True)
class WorldRecord:
    """What a look at a world's files shows without calling any tool: the typed pool that arguments are bound from."""

    world_digest: str
    name: str
    frozen_now: str
    """RFC 3339 with offset; every server of this world lives at this instant."""
    files: tuple[WorldFile, ...] = ()
    tables: tuple[WorldTable, ...] = ()
    facts: tuple[WorldFact, ...] = ()


CatalogueEntry = ServerRecord | ToolRecord | WorldRecord
"""One record of `tool-catalogue`."""


@dataclass(frozen=True, slots=True)
class CrawlRequest:
    """Ask the crawler to look at one server, or at one world (then `server_id` is empty)."""

    request_id: str
    server_id: str
    reason: str
    """`start`, `schedule`, `drift`, `operator`."""
    world_digests: tuple[str, ...] = ()
    """Worlds to probe in, the first one decides behaviour."""


@dataclass(frozen=True, slots=True)
class DriftEvent:
    """A difference between two crawls of one tool."""

    event_id: str
    tool_id: str
    server_id: str
    change: str
    """`schema`, `description`, `removed`, `added`, `values`, `behaviour`."""
    before_digest: str = ""
    after_digest: str = ""
