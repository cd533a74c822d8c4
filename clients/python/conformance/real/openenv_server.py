"""The environment behind OpenEnv's own server, reached by its own client over a WebSocket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from typing import Any

import uvicorn
from firefly_client.adapters.openenv import FireflyEnvironment
from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.types import Action, Observation
from openenv.core.generic_client import GenericEnvClient

from conformance.scripts import Script, Seen, Shown


class Trainer:
    """Steps a remote environment; there are no messages here, so the last one is submitted."""

    name, version = "openenv's server", metadata.version("openenv")
    keeps_schemas = True
    reads_raw_arguments = False

    def play(self, target: str, task_id: str, script: Script, *, mask_misses: bool = False) -> Seen:
        """See `Trainer`."""
        made = partial(FireflyEnvironment, target, mask_misses=mask_misses)
        with serving(create_app(made, Action, Observation)) as url, GenericEnvClient(base_url=url).sync() as env:
            env.reset(task_id=task_id)
            tools = env.step({"type": "list_tools"}).observation["tools"]
            shown = [Shown(one["name"], one["description"], one["input_schema"]) for one in tools]
            told: list[str] = []
            while True:
                turn = script.turn(shown)
                name, written = turn.calls[0] if turn.calls else (shown[-1].name, _object(turn.text))
                seen = env.step({"type": "call_tool", "tool_name": name, "arguments": json.loads(written)})
                if turn.calls:
                    told.append(seen.observation["result"])
                if seen.done:
                    return Seen(seen.reward, script.shown, tuple(told))


def _object(text: str) -> str:
    return text[text.find("{") :] if "{" in text else "{}"


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an application on a free port; give its URL."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=30)
