"""A scripted OpenAI-compatible server on loopback: it answers what the test says, and keeps what it was asked."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Script = Callable[[dict[str, Any]], str | int]
"""From a request's body to the answer's text, or to an HTTP status to fail with."""


class ScriptedServer:
    """Records requests and answers by script."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.url = ""

    async def complete(self, request: web.Request) -> web.Response:
        """POST /v1/chat/completions."""
        body = await request.json()
        self.requests.append(body)
        said = self.script(body)
        if isinstance(said, int):
            return web.json_response({"error": {"message": "as scripted", "type": "scripted"}}, status=said)
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        choice = {"index": 0, "finish_reason": "stop", "message": _message(body, said)}
        made = {"id": "c", "object": "chat.completion", "created": 0, "model": body["model"]}
        return web.json_response({**made, "choices": [choice], "usage": usage})


def _message(body: dict[str, Any], said: str) -> dict[str, Any]:
    if "tools" not in body:
        return {"role": "assistant", "content": said}
    function = {"name": body["tools"][0]["function"]["name"], "arguments": said}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "t", "type": "function", "function": function}]}


@asynccontextmanager
async def scripted_server(script: Script) -> AsyncIterator[ScriptedServer]:
    """Serve on a free port of loopback."""
    server, app = ScriptedServer(script), web.Application()
    app.add_routes([web.post("/v1/chat/completions", server.complete)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield server
    finally:
        await runner.cleanup()


def answers(*texts: str | dict[str, Any] | int) -> Script:
    """Give these answers one after the other."""
    waiting = [text if isinstance(text, str | int) else json.dumps(text) for text in texts]
    return lambda _: waiting.pop(0)
