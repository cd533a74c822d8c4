"""A remote server (streamable HTTP) as an MCP transport that also keeps the last result.

Headers come from the owner's file and reach that server only; they are never recorded or logged.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import anyio
import httpx2
import mcp_types as types
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage

from shared.model.catalogue import FailureClass
from shared.runtime.servers.spec import LaunchSpec

_REFUSED = (401, 403)
_EVENT_BYTES = 16 * 1024 * 1024


class RemoteConnection:
    """Connects on entry; enter and leave it in one task."""

    def __init__(self, spec: LaunchSpec, timeout_seconds: float = 60.0) -> None:
        self._spec, self._timeout = spec, timeout_seconds
        self.exact_arguments: Mapping[str, Any] | None = None
        """Ignored: the SDK writes the body."""
        self.last_result: Any = None
        self._status = 0
        self._unreachable = ""
        self._stack = contextlib.AsyncExitStack()
        self._is_open = False

    async def __aenter__(self) -> Any:
        """Connect."""
        client = httpx2.AsyncClient(
            headers=dict(self._spec.headers),
            timeout=httpx2.Timeout(self._timeout),
            event_hooks={"response": [self._note_status]},
        )
        async with contextlib.AsyncExitStack() as opening:
            # Closed again where the second one cannot be opened: no `__aexit__` follows an enter that failed.
            await opening.enter_async_context(client)
            received, sent = await opening.enter_async_context(
                streamable_http_client(self._spec.url, http_client=client, max_sse_event_size=_EVENT_BYTES)
            )
            self._stack = opening.pop_all()
        to_session, tapped = anyio.create_memory_object_stream[SessionMessage | Exception](64)
        self._task = asyncio.create_task(self._tap(received, to_session))
        self._tapped, self._is_open = tapped, True
        return tapped, sent

    async def __aexit__(self, *error: object) -> None:
        """Disconnect."""
        self._is_open = False
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=1)
        await self._tapped.aclose()
        await self._stack.aclose()

    @property
    def is_running(self) -> bool:
        """Whether the connection is open."""
        return self._is_open

    def failure(self) -> tuple[FailureClass, str] | None:
        """Why it could not serve, as far as HTTP tells."""
        if self._status in _REFUSED:
            return FailureClass.AUTH_REQUIRED, f"it answered HTTP {self._status}; give its headers in the servers file"
        if self._unreachable:
            return FailureClass.UNREACHABLE, self._unreachable
        if not self._status:
            return FailureClass.UNREACHABLE, "nothing answered at its address"
        return (FailureClass.NOT_MCP, f"it answered HTTP {self._status}") if self._status >= 400 else None  # noqa: PLR2004

    def kill(self) -> None:
        """Take no more answers."""
        self._is_open = False

    async def _note_status(self, response: httpx2.Response) -> None:
        self._status = response.status_code

    async def _tap(self, received: Any, to_session: Any) -> None:
        async with to_session:
            async for item in received:
                if isinstance(item, SessionMessage) and isinstance(item.message, types.JSONRPCResponse):
                    self.last_result = item.message.result
                # The SDK puts transport errors into the stream instead of raising them.
                if isinstance(item, httpx2.TransportError):
                    self._unreachable = str(item) or type(item).__name__
                await to_session.send(item)
