"""The episodes as MCP servers: streamable HTTP at `/episodes/<episode id>/mcp`, or at `/mcp` with a header.

The episode id is the token: it cannot be guessed, and it opens nothing but that episode. An episode that is unknown,
over or idle for too long is 404; what the agent sees of a call is what gRPC shows of it.
"""

import asyncio
import contextlib
import functools
import json
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import uvicorn
from mcp import MCPError, types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.simulator.domain.episodes import Episode
from services.simulator.domain.rendering import Shown
from services.simulator.domain.simulating import Answer, Simulator
from services.simulator.domain.toolbox import BoundTool
from shared.model.errors import BadInput, Rejected, Unavailable
from shared.runtime.health import Report

HEADER = "x-firefly-episode"
CALL_ID = "firefly/call_id"
"""Key of `_meta` that makes a retried call safe."""
_PATH = "/episodes/{episode}/mcp"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_INFRASTRUCTURE = -32000
_KEPT_CHARS = 16_384
"""Longest result whose form for the SDK is remembered."""
_EPISODE: ContextVar[Episode] = ContextVar("episode")
"""The episode whose request is served; the SDK asks for a tool's schema without saying for whom."""
Context = ServerRequestContext[Any, Any]


class McpFacade:
    """A part that serves a simulator's episodes as MCP."""

    name = "mcp"

    def __init__(self, simulator: Simulator, host: str, port: int, public_url: str = "") -> None:
        """Port 0 picks one; `public_url` is what trainers reach it by, when that is another address."""
        self._simulator, self._host, self._port, self._public_url = simulator, host, port, public_url
        self._server: uvicorn.Server | None = None

    @property
    def base_url(self) -> str:
        """Where trainers find it, without a path."""
        return self._public_url.rstrip("/") or f"http://{self._host}:{self._port}"

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve until `stopping` is set, then let running requests end.

        Raises:
            BadInput: the port is not free.
        """
        config = uvicorn.Config(self._app(), self._host, self._port, log_config=None, access_log=False, ws="none")
        self._server = _Server(config)
        listening = self._listening()
        self._port = listening.getsockname()[1]
        serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        waiting = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            self._server.should_exit = True
            await serving

    def liveness(self) -> Report:
        """Alive as long as the loop answers."""
        return self.readiness()

    def readiness(self) -> Report:
        """Serving."""
        is_serving = self._server is not None and self._server.started
        return Report(is_serving, f"port {self._port}" if is_serving else "not serving")

    def _listening(self) -> socket.socket:
        # Not uvicorn's own: where the port is taken, that one exits the process and leaves its socket open.
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            return socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            raise BadInput(f"{self._host}:{self._port} is not free for MCP: choose another port") from error

    def _app(self) -> ASGIApp:
        server = Server(
            "firefly",
            version="1",
            # Without it the SDK lists all tools before each call with arguments, only to look at one schema: 5.7 ms of
            # the 7.7 ms that a call among 17 tools took.
            get_tool_input_schema=self._input_schema,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
        )
        is_local = self._host in _LOOPBACK
        names = [f"{name}:*" for name in _LOOPBACK] if is_local else []
        # On loopback a web page could reach it by DNS rebinding; behind a name of its own the proxy decides.
        guard = TransportSecuritySettings(enable_dns_rebinding_protection=is_local, allowed_hosts=names)
        app = server.streamable_http_app(
            streamable_http_path=_PATH,
            # Stateless: the episode is the session, and any replica that shares the episode store can answer.
            stateless_http=True,
            json_response=True,
            transport_security=guard,
            custom_starlette_routes=[Route("/episodes/{episode}", self._close, methods=["DELETE"])],
        )
        by_url = next(route for route in app.router.routes if isinstance(route, Route) and route.path == _PATH)
        # A second route instead of a second app: the SDK's session manager can be started only once.
        app.router.routes.append(Route("/mcp", by_url.endpoint, methods=None))
        return _OnlyOpen(app, self._simulator)

    async def _list_tools(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        try:
            tools = self._simulator.offered(_episode_of(ctx))
        except Rejected as error:
            raise _refusal(error) from error
        return types.ListToolsResult(tools=[_tool(tool) for tool in tools])

    def _input_schema(self, name: str) -> Mapping[str, Any] | None:
        tool = self._simulator.tool(_EPISODE.get(), name)
        return _declared(tool.input_schema_json) if tool else None

    async def _call_tool(self, ctx: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        meta: Any = params.meta or {}
        # A client that sends no id makes a new call each time; only it can know what is a retry.
        call_id = str(meta.get(CALL_ID) or secrets.token_hex(8))
        arguments = json.dumps(params.arguments or {}, ensure_ascii=False)
        try:
            answer = await self._simulator.call(_episode_of(ctx).episode_id, call_id, params.name, arguments)
        except (Rejected, Unavailable) as error:
            raise _refusal(error) from error
        return _result(answer)

    async def _close(self, request: Request) -> Response:
        await self._simulator.close(request.path_params["episode"])
        return Response(status_code=204)


class _OnlyOpen:
    """Answers requests for episodes that cannot be called before any MCP is spoken."""

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        self._app, self._simulator = app, simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] != "DELETE":
            found = await self._found(_named(scope))
            if isinstance(found, Response):
                await found(scope, receive, send)
                return
            # Read once: handlers find it beside their request, the schema's look-up in the request's own context.
            scope[HEADER] = found
            _EPISODE.set(found)
        await self._app(scope, receive, send)

    async def _found(self, episode_id: str) -> Episode | Response:
        try:
            episode = await self._simulator.get(episode_id)
        except Rejected as error:
            return JSONResponse({"reason": error.reason, "text": error.text}, 404)
        except Unavailable as error:
            return JSONResponse({"reason": "unavailable", "text": str(error)}, 503)
        if episode.closed:
            return JSONResponse({"reason": "episode_closed", "text": f"episode {episode_id} is closed"}, 404)
        return episode


class _Server(uvicorn.Server):
    """Leaves signals to the service."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn."""
        yield


def _named(scope: Scope) -> str:
    parts = scope["path"].split("/")
    if parts[1] == "episodes" and len(parts) > 2:  # noqa: PLR2004
        return str(parts[2])
    header = HEADER.encode()
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == header), "")


def _episode_of(ctx: Context) -> Episode:
    request: Any = ctx.request
    episode: Episode = request.scope[HEADER]
    return episode


@functools.lru_cache(maxsize=1024)
def _tool(tool: BoundTool) -> types.Tool:
    declared = dict(_declared(tool.input_schema_json))
    return types.Tool(name=tool.offered_name, description=tool.description, input_schema=declared)


@functools.lru_cache(maxsize=1024)
def _declared(schema_json: str) -> Mapping[str, Any]:
    schema = json.loads(schema_json or "{}")
    # Clients refuse a whole listing for one schema that does not say it is an object.
    return {**schema, "type": "object"} if isinstance(schema, dict) else {"type": "object"}


def _result(answer: Answer) -> types.CallToolResult:
    # Rollouts of one task repeat their calls; long results are not kept: 1,024 of a megabyte each would be.
    write = _written if len(answer.reply.result_json) <= _KEPT_CHARS else _written.__wrapped__
    return write(answer.shown, answer.reply.is_error)


@functools.lru_cache(maxsize=1024)
def _written(shown: Shown, is_error: bool) -> types.CallToolResult:
    content = {"content": json.loads(shown.content_json), "isError": is_error}
    structured = json.loads(shown.structured_content_json) if shown.structured_content_json else None
    try:
        return types.CallToolResult.model_validate({**content, "structuredContent": structured})
    # Real servers return blocks that the SDK's models refuse; their text is better than an error of ours.
    except ValidationError:
        text = types.TextContent(type="text", text=shown.text)
        return types.CallToolResult(content=[text], is_error=is_error)


def _refusal(error: Rejected | Unavailable) -> MCPError:
    reason = error.reason if isinstance(error, Rejected) else "unavailable"
    return MCPError(code=_INFRASTRUCTURE, message=str(error), data={"reason": reason})
