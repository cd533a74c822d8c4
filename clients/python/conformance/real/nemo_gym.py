"""NeMo Gym's resources server over HTTP, called as its `simple_agent` calls it."""

from __future__ import annotations

from importlib import metadata
from typing import Any
from unittest.mock import MagicMock

from firefly_client import Client
from firefly_client.adapters.nemo_gym import UNSCORED, FireflyConfig, FireflyResourcesServer
from firefly_client.naming import TAKEN_BY_NEMO_GYM
from firefly_client.playing import Play, Rules
from nemo_gym.server_utils import ServerClient
from starlette.testclient import TestClient

from conformance.scripts import Script, Seen, Shown


class Trainer:
    """Posts what the agent posts."""

    name, version = "nemo-gym", metadata.version("nemo_gym")
    keeps_schemas = True
    reads_raw_arguments = True

    def play(self, target: str, task_id: str, script: Script, *, mask_misses: bool = False) -> Seen:
        """See `Trainer`."""
        config = FireflyConfig(
            host="127.0.0.1", port=1, entrypoint="app.py", name="firefly", target=target, mask_misses=mask_misses
        )
        server = FireflyResourcesServer(config=config, server_client=MagicMock(spec=ServerClient))
        tools = shown_in_rows(target, task_id)
        with TestClient(server.setup_webserver()) as http:
            return _play(http, tools, task_id, script)


def _play(http: TestClient, tools: list[Shown], task_id: str, script: Script) -> Seen:
    params = {"input": [{"role": "user", "content": "x"}]}
    http.post("/seed_session", json={"task_id": task_id, "responses_create_params": params}).raise_for_status()
    output: list[dict[str, Any]] = []
    while True:
        turn = script.turn(tools)
        if not turn.calls:
            output.append(_message(turn.text))
            break
        for name, arguments in turn.calls:
            answer = http.post(f"/{name}", content=arguments)
            script.told.append(answer.text)
            call_id = f"c{len(output)}"
            output.append({"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments})
            output.append({"type": "function_call_output", "call_id": call_id, "output": answer.text})
    made = {"id": "r", "created_at": 0.0, "model": "m", "object": "response", "output": output, "tools": []}
    response = {**made, "parallel_tool_calls": True, "tool_choice": "auto"}
    judged = http.post("/verify", json={"responses_create_params": params, "task_id": task_id, "response": response})
    if judged.status_code == UNSCORED:
        return Seen(None, script.shown, tuple(script.told))
    judged.raise_for_status()
    return Seen(judged.json()["reward"], script.shown, tuple(script.told))


def _message(text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part]}


def shown_in_rows(target: str, task_id: str) -> list[Shown]:
    """List the tools under the names that an exported row shows."""
    with Client(target) as client, client.episode(task_id) as episode:
        tools = Play(episode, Rules(taken=TAKEN_BY_NEMO_GYM)).progress.tools()
    return [Shown(tool.name, tool.description, tool.input_schema) for tool in tools]
