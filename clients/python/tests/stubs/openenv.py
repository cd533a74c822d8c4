"""OpenEnv's session interface and its white-box loop."""

import json
import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from conformance.scripts import Seen, Shown


class Base:
    def __init__(self, *args, **kwargs):
        pass


@dataclass
class Record:
    done: bool = False
    reward: Any = None
    metadata: dict = field(default_factory=dict)
    tools: Any = None
    tool_name: str = ""
    result: Any = None
    arguments: dict = field(default_factory=dict)
    episode_id: Any = None
    step_count: int = 0


class ListTools(Record):
    pass


class CallTool(Record):
    pass


@dataclass
class Tool:
    name: str
    description: str
    input_schema: dict


@dataclass
class ToolResult:
    data: Any = None
    done: bool = False
    metadata: dict = field(default_factory=dict)
    error: Any = None


@dataclass
class VerifyResult:
    env_reward: Any = None
    done: bool = False
    metrics: dict = field(default_factory=dict)
    artifacts: dict = field(default_factory=dict)


def install(monkeypatch):
    put(monkeypatch, "openenv.core.env_server.interfaces", Environment=Base)
    put(
        monkeypatch,
        "openenv.core.env_server.mcp_types",
        CallToolAction=CallTool,
        CallToolObservation=Record,
        ListToolsAction=ListTools,
        ListToolsObservation=Record,
        Tool=Tool,
    )
    put(monkeypatch, "openenv.core.env_server.types", Action=Record, Observation=Record, State=Record)
    put(
        monkeypatch,
        "openenv.core.harness",
        ResourceSession=Base,
        ResourceSessionFactory=Base,
        ToolResult=ToolResult,
        VerifyResult=VerifyResult,
    )


def put(monkeypatch, name, **members):
    """Put a module, and empty packages above it, where imports look."""
    parts = name.split(".")
    for at in range(1, len(parts)):
        above = ".".join(parts[:at])
        if above not in sys.modules:
            package = ModuleType(above)
            package.__path__ = []
            monkeypatch.setitem(sys.modules, above, package)
    module = ModuleType(name)
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, module)


class Trainer:
    name, version, keeps_schemas, reads_raw_arguments = "openenv", "stub", True, False

    def __init__(self):
        from firefly_client.adapters import openenv

        self.adapter = openenv

    def play(self, target, task_id, script, *, mask_misses=False):
        session = self.adapter.FireflySessionFactory(target, mask_misses=mask_misses).create({"task_id": task_id})
        messages, told = session.initial_messages(), []
        done = False
        while not done:
            turn = script.turn([Shown(one.name, one.description, one.input_schema) for one in session.list_tools()])
            messages.append({"role": "assistant", "content": turn.text, "tool_calls": list(turn.calls)})
            done = not turn.calls
            for name, arguments in turn.calls:
                result = session.call_tool(name, json.loads(arguments))
                told.append(result.data)
                messages.append({"role": "tool", "content": result.data})
                done = done or result.done
        reward = session.verify(messages).env_reward
        session.close()
        return Seen(reward, script.shown, tuple(told))


class ServerTrainer(Trainer):
    """The environment behind OpenEnv's own server: the reward comes with the submitted answer."""

    def play(self, target, task_id, script, *, mask_misses=False):
        env = self.adapter.FireflyEnvironment(target, mask_misses=mask_misses)
        env.reset(task_id=task_id)
        tools = env.step(ListTools()).tools
        shown, told = [Shown(one.name, one.description, one.input_schema) for one in tools], []
        while True:
            turn = script.turn(shown)
            call = turn.calls[0] if turn.calls else (tools[-1].name, turn.text[turn.text.find("{") :] or "{}")
            arguments = json.loads(call[1]) if call[1].startswith("{") else {}
            seen = env.step(CallTool(tool_name=call[0], arguments=arguments))
            if turn.calls:
                told.append(seen.result)
            if seen.done:
                env.close()
                return Seen(seen.reward, script.shown, tuple(told))
