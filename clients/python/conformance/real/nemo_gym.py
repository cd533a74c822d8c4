"""NeMo Gym's own agent, over HTTP, between the resources server and a model server that follows the script.

All three are NeMo Gym's applications on ports of loopback. What is left out is what starts them: `ng_run` and its Ray.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import metadata
from typing import Any

import nemo_gym.server_utils as gym
import uvicorn
from fastapi import FastAPI
from firefly_client import Client
from firefly_client.adapters.nemo_gym import FireflyConfig, FireflyResourcesServer
from firefly_client.naming import TAKEN_BY_NEMO_GYM
from firefly_client.playing import Play, Rules
from nemo_gym.config_types import BaseServerConfig
from omegaconf import OmegaConf
from responses_api_agents.simple_agent.app import SimpleAgent, SimpleAgentConfig

from conformance.scripts import Script, Seen, Shown

TYPES = {"firefly": "resources_servers", "agent": "responses_api_agents", "model": "responses_api_models"}
FAILED = 500
"""What the agent's `/run` answers where its call of `/verify` was refused."""


class Trainer:
    """Posts one row to the agent's `/run`, as the collection of rollouts does."""

    name, version = "nemo-gym", metadata.version("nemo_gym")
    keeps_schemas = True
    reads_raw_arguments = True

    def play(self, target: str, task_id: str, script: Script, *, mask_misses: bool = False) -> Seen:
        """See `Trainer`."""
        return asyncio.run(_play(row(target, task_id), script, target, mask_misses))


async def _play(row: dict[str, Any], script: Script, target: str, mask_misses: bool) -> Seen:
    doors = {name: socket.create_server(("127.0.0.1", 0)) for name in TYPES}
    at = {
        name: {"host": "127.0.0.1", "port": door.getsockname()[1], "entrypoint": "app"} for name, door in doors.items()
    }
    config = OmegaConf.create({name: {kind: {name: at[name]}} for name, kind in TYPES.items()})
    client = gym.ServerClient(head_server_config=BaseServerConfig(host="127.0.0.1", port=1), global_config_dict=config)
    resources = FireflyConfig(**at["firefly"], name="firefly", target=target, mask_misses=mask_misses)
    refs = {
        f"{key}_server": {"type": TYPES[one], "name": one}
        for key, one in (("resources", "firefly"), ("model", "model"))
    }
    agent = SimpleAgentConfig(**at["agent"], **refs, name="agent", max_steps=20)
    apps = {
        "firefly": application(FireflyResourcesServer(config=resources, server_client=client)),
        "agent": application(SimpleAgent(config=agent, server_client=client)),
        "model": scripted(script),
    }
    async with AsyncExitStack() as running:
        for name, app in apps.items():
            await running.enter_async_context(serving(app, doors[name]))
        await running.enter_async_context(connections())
        answer = await client.post(server_name="agent", url_path="/run", json=row)
        judged = await gym.get_response_json(answer)
    if answer.status == FAILED and "unscored" in str(judged):
        return Seen(None, script.shown, tuple(script.told))
    if not answer.ok:
        raise RuntimeError(f"/run answered {answer.status}: {judged}")
    return Seen(judged["reward"], script.shown, tuple(script.told))


def application(server: Any) -> FastAPI:
    """Set up a server's application as its `run_webserver` does."""
    app: FastAPI = server.setup_webserver()
    server.setup_liveness(app)
    server.setup_exception_middleware(app)
    return app


def scripted(script: Script) -> FastAPI:
    """Make a model server of the Responses API."""
    app = FastAPI()

    @app.post("/v1/responses")
    def responses(asked: dict[str, Any]) -> dict[str, Any]:
        shown = [Shown(one["name"], one["description"], one["parameters"]) for one in asked["tools"]]
        script.told = [one["output"] for one in asked["input"] if one.get("type") == "function_call_output"]
        turn = script.turn(shown)
        calls = [
            {"type": "function_call", "call_id": f"c{len(script.told)}_{at}", "name": name, "arguments": arguments}
            for at, (name, arguments) in enumerate(turn.calls)
        ]
        made = {"id": "r", "created_at": 0.0, "model": "m", "object": "response", "tools": asked["tools"]}
        return {**made, "output": calls or [message(turn.text)], "parallel_tool_calls": True, "tool_choice": "auto"}

    return app


def message(text: str) -> dict[str, Any]:
    """Write the model's last message."""
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part]}


def row(target: str, task_id: str) -> dict[str, Any]:
    """Write a task's row as `firefly export --format nemo-gym` does."""
    with Client(target) as client, client.episode(task_id) as episode:
        tools = Play(episode, Rules(taken=TAKEN_BY_NEMO_GYM)).progress.tools()
        messages = [dict(one) for one in episode.messages]
    written = [
        {"type": "function", "name": one.name, "description": one.description, "parameters": dict(one.input_schema)}
        for one in tools
    ]
    params = {"input": messages, "tools": [{**one, "strict": False} for one in written], "parallel_tool_calls": False}
    return {"responses_create_params": params, "task_id": task_id}


@asynccontextmanager
async def serving(app: FastAPI, door: socket.socket) -> AsyncIterator[None]:
    """Serve an application on an open socket."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def connections() -> AsyncIterator[None]:
    """Give this event loop NeMo Gym's client; it keeps one for the process."""
    made = gym.set_global_aiohttp_client(gym.GlobalAIOHTTPAsyncClientConfig())
    try:
        yield
    finally:
        await made.close()
        gym._GLOBAL_AIOHTTP_CLIENT = None
