"""What probing needs from outside: places where tools can be called."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from shared.model.calls import State
from shared.model.catalogue import PathMode


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool as its server lists it."""

    name: str
    description: str
    input_schema_json: str
    title: str = ""
    output_schema_json: str = ""
    annotations_json: str = ""


@dataclass(frozen=True, slots=True)
class ListedServer:
    """What a running server says of itself."""

    tools: tuple[ListedTool, ...]
    defects: tuple[str, ...]
    protocol_version: str
    server_version: str


class Called(Protocol):
    """The outcome of one call."""

    @property
    def result_json(self) -> str:
        """Canonical; empty when too large."""

    @property
    def result_sha256(self) -> str:
        """Of the canonical result."""

    @property
    def result_length(self) -> int:
        """Bytes of the canonical result."""

    @property
    def too_large(self) -> bool:
        """Whether only digest and length were kept."""

    @property
    def is_error(self) -> bool:
        """The server's own flag."""

    @property
    def arguments_json(self) -> str:
        """What was sent, canonical."""

    @property
    def state(self) -> State:
        """Before."""

    @property
    def state_after(self) -> State:
        """After."""

    # Beside the digest: a file written anew with the same bytes says that the tool writes.
    @property
    def wrote(self) -> bool:
        """Whether files were written, be it with equal bytes."""

    @property
    def path_mode(self) -> PathMode:
        """How the world reached the server."""


class Bench(Protocol):
    """One process of the server over one fresh world."""

    async def list_tools(self) -> ListedServer:
        """List what the server offers.

        Raises:
            Rejected: it cannot serve.
        """

    async def call(self, tool: ListedTool, arguments_json: str) -> Called:
        """Call a tool.

        Raises:
            Rejected: the server cannot serve, or gives no steady outcome.
            Unavailable: infrastructure is away.
        """


class Workshop(Protocol):
    """Gives benches for one server; each is another process over another copy."""

    def bench(self, *, is_later: bool = False, is_empty: bool = False) -> AbstractAsyncContextManager[Bench]:
        """Open a bench: with the clock moved on, or in a world without files."""

    def elapsed(self) -> float:
        """Seconds since the crawl of this server began."""
