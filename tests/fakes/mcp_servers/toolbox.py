"""A tiny MCP server over stdio for tests: tools are functions, no library, so that it starts in milliseconds."""

import json
import sys

EMPTY = {"type": "object", "properties": {}}


def schema(*names, **properties):
    """An input schema with string parameters, all required."""
    found = {name: {"type": "string"} for name in names} | properties
    return {"type": "object", "properties": found, "required": list(names)}


def tool(name, description="", input_schema=None, **more):
    """One entry of tools/list."""
    return {"name": name, "description": description or name, "inputSchema": input_schema or EMPTY, **more}


def text(value, is_error=False):
    """A text result."""
    return {"content": [{"type": "text", "text": str(value)}], "isError": is_error}


def send(message):
    """Write one message."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def serve(tools, call, pages=1):
    """Answer until stdin closes; `call(name, arguments)` returns a result."""
    for line in sys.stdin:
        request = json.loads(line)
        method, number = request.get("method"), request.get("id")
        if number is None:
            continue
        params = request.get("params") or {}
        if method == "initialize":
            info = {"name": "fake", "version": "1"}
            result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}
        elif method == "tools/list":
            start = int(params.get("cursor") or 0)
            size = -(-len(tools) // pages)
            result = {"tools": tools[start : start + size]}
            if start + size < len(tools):
                result["nextCursor"] = str(start + size)
        elif method == "tools/call":
            result = call(params["name"], params.get("arguments") or {})
        else:
            send({"jsonrpc": "2.0", "id": number, "error": {"code": -32601, "message": "method not found"}})
            continue
        send({"jsonrpc": "2.0", "id": number, "result": result})
