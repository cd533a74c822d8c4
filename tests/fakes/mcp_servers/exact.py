"""Returns numbers that a double cannot hold, and echoes the arguments as they came over the wire."""

import json
import sys

from toolbox import tool

TOOLS = [tool("numbers"), tool("echo", input_schema={"type": "object"})]

for line in sys.stdin:
    request = json.loads(line)
    number, method = request.get("id"), request.get("method")
    if number is None:
        continue
    if method == "initialize":
        info = {"name": "exact", "version": "1"}
        body = json.dumps({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info})
    elif method == "tools/list":
        body = json.dumps({"tools": TOOLS})
    elif method == "tools/call" and request["params"]["name"] == "numbers":
        body = '{"content": [], "structuredContent": {"price": 25.60, "id": 9007199254740993, "big": Infinity}}'
    elif method == "tools/call":
        body = json.dumps({"content": [{"type": "text", "text": line.strip()}]})
    else:
        sys.stdout.write(f'{{"jsonrpc": "2.0", "id": {number}, "error": {{"code": -32601, "message": "no"}}}}\n')
        sys.stdout.flush()
        continue
    sys.stdout.write(f'{{"jsonrpc": "2.0", "id": {number}, "result": {body}}}\n')
    sys.stdout.flush()
