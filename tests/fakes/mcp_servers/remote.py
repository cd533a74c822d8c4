"""A streamable HTTP server on a port of its own, behind a key: `remote.py PORT KEY`."""

import sys

import uvicorn
from mcp import types
from mcp.server.lowlevel import Server
from starlette.responses import PlainTextResponse

PORT, KEY = int(sys.argv[1]), sys.argv[2]
EMPTY = {"type": "object"}
HINTS = types.ToolAnnotations(read_only_hint=True)
COUNT = [0]


async def list_tools(_context, _params):
    """Two tools; one says that it reads."""
    return types.ListToolsResult(
        tools=[
            types.Tool(name="read", description="", input_schema=EMPTY, annotations=HINTS),
            types.Tool(name="write", description="", input_schema=EMPTY),
        ]
    )


async def call_tool(_context, params):
    """Answer, and count writes."""
    COUNT[0] += params.name == "write"
    return types.CallToolResult(content=[types.TextContent(type="text", text=f"{params.name} {COUNT[0]}")])


inner = Server("remote", version="1", on_list_tools=list_tools, on_call_tool=call_tool).streamable_http_app(
    stateless_http=True, json_response=True
)


async def app(scope, receive, send):
    """Let nobody in without the key."""
    headers = dict(scope.get("headers", []))
    if scope["type"] == "http" and headers.get(b"authorization") != f"Bearer {KEY}".encode():
        await PlainTextResponse("who are you?", status_code=401)(scope, receive, send)
        return
    await inner(scope, receive, send)


uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error")
