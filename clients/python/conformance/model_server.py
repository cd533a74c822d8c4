"""An OpenAI-compatible model server on loopback that follows a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from conformance.scripts import Script, Shown


@contextmanager
def serving(script: Script) -> Iterator[str]:
    """Serve a script; give the base URL."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                made = completion(script, asked)
            body = streamed(made) if asked.get("stream") else json.dumps(made).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream" if asked.get("stream") else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def completion(script: Script, asked: dict[str, Any]) -> dict[str, Any]:
    """Answer one request."""
    functions = [tool["function"] for tool in asked.get("tools", ())]
    shown = [Shown(one["name"], one.get("description") or "", one.get("parameters") or {}) for one in functions]
    script.told = [text_of(one.get("content")) for one in asked["messages"] if one["role"] == "tool"]
    turn = script.turn(shown)
    message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
    if turn.calls:
        message["tool_calls"] = [
            {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for number, (name, arguments) in enumerate(turn.calls)
        ]
    choice = {"index": 0, "finish_reason": "tool_calls" if turn.calls else "stop", "message": message}
    usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
    made = {"id": "c", "object": "chat.completion", "created": 0, "model": asked["model"]}
    return {**made, "choices": [choice], "usage": usage}


def streamed(made: dict[str, Any]) -> bytes:
    """Write a completion as the events of a stream: the message at once, its end, the usage."""
    message = made["choices"][0]["message"]
    calls = [{"index": number, **call} for number, call in enumerate(message.get("tool_calls", ()))]
    delta = {**message, **({"tool_calls": calls} if calls else {})}
    common = {"id": made["id"], "object": "chat.completion.chunk", "created": 0, "model": made["model"]}
    end = {"index": 0, "delta": {}, "finish_reason": made["choices"][0]["finish_reason"]}
    chunks = [
        {**common, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**common, "choices": [end]},
        {**common, "choices": [], "usage": made["usage"]},
    ]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + b"data: [DONE]\n\n"


def text_of(content: Any) -> str:
    """Join a message's text parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return content or ""
