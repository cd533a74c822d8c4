"""TRL's way with an environment: tools are the public methods of its class, parameters stand in their signatures."""

import inspect
import json
import typing

from conformance.scripts import Seen, Shown
from firefly_client.adapters.trl import FireflyTasks

PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}


def install(monkeypatch):
    """Nothing: the adapter needs nothing of TRL."""


class Trainer:
    name, version, keeps_schemas, reads_raw_arguments = "trl", "stub", False, False

    def play(self, target, task_id, script, *, mask_misses=False):
        tasks = FireflyTasks(target, [task_id], mask_misses=mask_misses)
        row = tasks.rows[0]
        environment = tasks.environment_factory[row["environment"]]()
        members = inspect.getmembers(type(environment), predicate=inspect.isfunction)
        names = [name for name, _ in members if not name.startswith("_") and name not in ("reset", "get_reward")]
        methods = {name: getattr(environment, name) for name in names}
        assert environment.reset(**row) is None
        completion, told = [], []
        while True:
            turn = script.turn([shown(method) for method in methods.values()])
            completion.append({"role": "assistant", "content": turn.text})
            if not turn.calls:
                break
            completion[-1]["tool_calls"] = list(turn.calls)
            for name, arguments in turn.calls:
                called = methods.get(name)
                told.append(called(**json.loads(arguments)) if called else json.dumps({"error": f"no tool {name}"}))
                completion.append({"role": "tool", "content": told[-1]})
        (reward,) = tasks.reward_funcs[0](completions=[completion], environments=[environment], task_id=[task_id])
        environment._close()
        return Seen(reward, script.shown, tuple(told))


def shown(method):
    """Read a method as `transformers.utils.get_json_schema` does: one line of description per parameter."""
    head, _, tail = method.__doc__.partition("\n\nArgs:\n")
    said = dict(line.strip().split(": ", 1) for line in tail.split("\n") if line)
    parameters = inspect.signature(method).parameters
    assert list(said) == list(parameters)
    properties = {name: {**typed(one.annotation), "description": said[name]} for name, one in parameters.items()}
    needed = [name for name, one in parameters.items() if one.default is inspect.Parameter.empty]
    return Shown(method.__name__, head, {"type": "object", "properties": properties, "required": needed})


def typed(hint):
    inner = [one for one in typing.get_args(hint) if one is not type(None)]
    if typing.get_origin(hint) is typing.Union and len(inner) == 1:
        return typed(inner[0])
    return {"type": PLAIN.get(typing.get_origin(hint) or hint, "string")}
