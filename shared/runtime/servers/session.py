"""One running server as an MCP session, whatever its transport and protocol era.

Results and listings are taken as the server wrote them (the transport keeps the last one), because the SDK's models
refuse a whole listing for one malformed tool. The SDK negotiates, frames and matches answers to requests.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import mcp_types as types
from mcp import Client, MCPError
from pydantic import TypeAdapter, ValidationError

from shared.model.catalogue import FailureClass
from shared.model.errors import Rejected
from shared.runtime.servers.failures import CallLostError, Crash, StartFailed
from shared.runtime.servers.listing import Listing, read_tools

AUTO = "auto"
LEGACY = "legacy"
# A server may answer each cursor with a new one, without end.
_PAGES = 100
_ANY: TypeAdapter[Any] = TypeAdapter(Any)
_MODERN = "2026-07-28"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds."""

    start: float = 60.0
    call: float = 30.0
    listing: float = 60.0


class Channel(Protocol):
    """A transport that also keeps what the SDK would lose."""

    exact_arguments: Mapping[str, Any] | None
    last_result: Any

    async def __aenter__(self) -> Any:
        """Connect."""

    async def __aexit__(self, *error: object) -> None:
        """Disconnect, ending what was started."""

    @property
    def is_running(self) -> bool:
        """Whether answers can still come."""

    def failure(self) -> tuple[FailureClass, str] | None:
        """Why it ended, as far as the transport can tell."""

    def kill(self) -> None:
        """End it at once."""


class Session:
    """Owns the task in which the SDK's client lives; calls may come from any task, one at a time."""

    def __init__(self, channel: Channel, era: str = AUTO, timeouts: Timeouts | None = None) -> None:
        self._channel, self._era, self._timeouts = channel, era, timeouts or Timeouts()
        self._closing = asyncio.Event()
        self._ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.protocol_version = ""
        self.server_version = ""

    async def open(self) -> None:
        """Start and negotiate.

        Raises:
            StartFailed: the server ended, answered no handshake in time, or speaks no MCP.
        """
        self._task = asyncio.create_task(self._live())
        self._task.add_done_callback(self._ended)
        async with AsyncExitStack() as undone:
            undone.push_async_callback(self.close)
            self.protocol_version = (await self._handshake()).protocol_version
            undone.pop_all()

    async def _handshake(self) -> Client:
        try:
            return await asyncio.wait_for(asyncio.shield(self._ready), self._timeouts.start)
        except TimeoutError:
            # Asked before the session is closed: the kill would read as the server's own end.
            failure = self._channel.failure()
            no_answer = f"no answer to the handshake within {self._timeouts.start:.0f} s"
            raise StartFailed(*(failure or (FailureClass.HANDSHAKE_TIMEOUT, no_answer))) from None

    @property
    def is_alive(self) -> bool:
        """Whether calls can be made."""
        return bool(self._task and not self._task.done() and self._ready.done() and self._channel.is_running)

    @property
    def era(self) -> str:
        """The `mode` that reaches this server without probing next time."""
        return self.protocol_version if self.protocol_version >= _MODERN else LEGACY

    async def list_tools(self) -> Listing:
        """List all tools, page by page.

        Raises:
            StartFailed: `list_failed` or `no_tools`.
        """
        entries: list[Any] = []
        cursor: str | None = None
        seen: set[str | None] = set()
        while cursor not in seen and len(seen) < _PAGES:
            seen.add(cursor)
            page = await self._page(cursor)
            entries += page["tools"]
            # An empty cursor is taken for the end: asked for, it may list from the start again.
            following = page.get("nextCursor")
            if not isinstance(following, str) or not following:
                break
            cursor = following
        listing = read_tools(entries)
        if not listing.tools:
            raise StartFailed(FailureClass.NO_TOOLS, "; ".join(listing.defects[:3]) or "it lists no tools")
        return listing

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call a tool and return `{content, structuredContent?, isError?}` as the server wrote it.

        Raises:
            CallLostError: the server ended or fell silent.
        """
        request = types.CallToolRequest(params=types.CallToolRequestParams(name=tool, arguments=dict(arguments)))
        async with self._lock:
            self._channel.exact_arguments = arguments
            try:
                result = await self._send(request, self._timeouts.call)
            except MCPError as error:
                # A protocol error is this server's answer to this call,
                # and answers are data; a lost connection is none.
                if error.code == types.CONNECTION_CLOSED or not self.is_alive:
                    raise CallLostError(Crash.DIED, error.message) from error
                return {
                    "content": [{"type": "text", "text": f"MCP error {error.code}: {error.message}"}],
                    "isError": True,
                }
            finally:
                self._channel.exact_arguments = None
        return result if isinstance(result, Mapping) else {"content": [], "isError": True}

    async def close(self) -> None:
        """End the server; safe to call twice."""
        # Killed first: an honest end can take as long as the server likes, and its world is a copy.
        self._closing.set()
        self._channel.kill()
        if self._task and not self._task.done():
            await asyncio.wait({self._task}, timeout=15)
            self._task.cancel()
        if self._ready.done() and not self._ready.cancelled():
            self._ready.exception()  # retrieved, so that nobody is warned about it

    async def _page(self, cursor: str | None) -> Mapping[str, Any]:
        request = types.ListToolsRequest(params=types.PaginatedRequestParams(cursor=cursor))
        async with self._lock:
            try:
                result = await self._send(request, self._timeouts.listing)
            except MCPError as error:
                raise StartFailed(FailureClass.LIST_FAILED, f"tools/list: {error.message}") from error
            except CallLostError as error:
                raise StartFailed(FailureClass.LIST_FAILED, f"tools/list: the server {error.crash}") from error
        if not isinstance(result, Mapping) or not isinstance(result.get("tools"), list):
            raise StartFailed(FailureClass.LIST_FAILED, "tools/list: the answer holds no list of tools")
        return result

    async def _send(self, request: types.ClientRequest, timeout_seconds: float) -> Any:
        """Send and return the raw result, also when the SDK's models refuse it."""
        if not self.is_alive:
            raise CallLostError(Crash.DIED, "the server is not running")
        self._channel.last_result = None
        try:
            async with asyncio.timeout(timeout_seconds):
                result = await self._ready.result().session.send_request(request, _ANY)
        except TimeoutError:
            self._channel.kill()
            raise CallLostError(Crash.TIMEOUT, f"no answer within {timeout_seconds:.0f} s") from None
        except asyncio.CancelledError:
            self._channel.kill()  # a late answer would be taken for that of the next call
            raise
        except ValidationError:
            result = None
        return self._channel.last_result if self._channel.last_result is not None else result

    async def _live(self) -> None:
        """Hold the client open until told to close; both ends of it must happen in this task."""
        # anyio's cancel scopes may be left only by the task that entered them, hence a task that does nothing else.
        async with Client(self._channel, mode=self._era, cache=None) as client:
            if self._era not in (AUTO, LEGACY):
                await self._confirm(client)
            self.server_version = self._server_version(client)
            if not self._ready.done():
                self._ready.set_result(client)
            await self._closing.wait()

    async def _confirm(self, client: Client) -> None:
        """A pinned era sends nothing by itself: ask once, so that a server which is not up is noticed here."""
        request = types.DiscoverRequest(params=types.RequestParams())
        await client.session.send_request(request, _ANY)

    def _server_version(self, client: Client) -> str:
        if info := client.server_info:
            return f"{info.name} {info.version}"
        meta = self._channel.last_result.get("_meta") if isinstance(self._channel.last_result, Mapping) else None
        stamp = meta.get(types.SERVER_INFO_META_KEY) if isinstance(meta, Mapping) else None
        return f"{stamp.get('name', '')} {stamp.get('version', '')}".strip() if isinstance(stamp, Mapping) else ""

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Classify what the SDK raised (groups of anything) if it came before the handshake; later ends are plain."""
        error = None if task.cancelled() else task.exception()
        if not self._ready.done():
            self._ready.set_exception(self._start_failure(error or asyncio.CancelledError("closed")))

    def _start_failure(self, error: BaseException) -> StartFailed:
        if failure := self._channel.failure():
            return StartFailed(*failure)
        leaf = next(_leaves(error))
        if isinstance(leaf, Rejected):
            return StartFailed(FailureClass.NOT_MCP, leaf.text)
        text = " ".join(str(leaf).split())[:300] or type(leaf).__name__
        return StartFailed(FailureClass.EXITED if isinstance(leaf, OSError) else FailureClass.NOT_MCP, text)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
