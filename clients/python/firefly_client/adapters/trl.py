"""TRL: `GRPOTrainer(environment_factory=..., train_dataset=..., reward_funcs=...)`, TRL >= 1.16, transformers >= 5.2.

    tasks = FireflyTasks("127.0.0.1:50051")
    GRPOTrainer(
        model,
        args=GRPOConfig(max_tool_calling_iterations=12, ...),
        train_dataset=Dataset.from_list(tasks.rows),
        environment_factory=tasks.environment_factory,
        reward_funcs=tasks.reward_funcs,
    )

TRL finds tools as methods of the environment's class, so there is one class per set of offered tools. It reads a tool's
parameters off the method's signature: what of a JSON Schema a signature cannot say stands in the description instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from firefly_client.adapters.connections import client_of
from firefly_client.adapters.signatures import Parameters, flat
from firefly_client.naming import SUBMIT, TAKEN_BY_TRL, Names, python_name
from firefly_client.playing import AWAY, MULTI_TURN, Play, Rules, last_text, open_play

Row = dict[str, Any]
_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}
_SUBMIT_DESCRIPTION = "Give the final answer; this ends the task."
_SUBMIT_SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string", "description": "The JSON object that the task asks for, as text."}},
    "required": ["answer"],
}


class FireflyEnvironment:
    """One rollout slot; TRL makes it once and resets it for each rollout."""

    _target = ""
    _rules = Rules()
    _methods: Mapping[str, tuple[str, Parameters]] = {}
    """Offered name -> method and its parameters."""

    def __init__(self) -> None:
        self._play: Play | None = None
        self._failure = ""

    def reset(self, task_id: str = "", **_: Any) -> None:
        """Open an episode of the row's task; the row's prompt is complete, so there is nothing to add to it."""
        self._close()
        opened = open_play(client_of(self._target), task_id, self._rules)
        self._play, self._failure = (None, opened) if isinstance(opened, str) else (opened, "")

    def _call(self, offered: str, parameters: Parameters, values: Mapping[str, Any]) -> str:
        if self._play is None:
            return AWAY
        if offered == SUBMIT:
            answer = values.get("answer")
            return self._play.call(SUBMIT, answer if isinstance(answer, str) else json.dumps(answer))
        return self._play.call(offered, parameters.back(values))

    def _written(self, offered: str, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Write a call the way a policy writes it here: for reference policies and warm starts."""
        name, parameters = self._methods[offered]
        return name, parameters.there(arguments)

    def _score(self, completion: Sequence[Mapping[str, Any]]) -> float | None:
        if self._play is None:
            return None
        return self._play.verdict(last_text(completion)).reward

    def _close(self) -> None:
        if self._play is not None:
            self._play.close()
            self._play = None


class FireflyTasks:
    """Tasks of a running simulator, as the three things that TRL takes."""

    def __init__(self, target: str, task_ids: Iterable[str] | None = None, *, mask_misses: bool = False) -> None:
        """Read the tasks once; by default all but those whose prompt leaves something open: TRL asks no user back.

        Raises:
            SimulatorError: the simulator is away, or a task unknown.
        """
        client = client_of(target)
        self.rows: list[Row] = []
        """Rows for a dataset: `prompt` (chat messages), `task_id`, `environment`."""
        self.environment_factory: dict[str, Callable[[], FireflyEnvironment]] = {}
        for task_id in task_ids if task_ids is not None else client.task_ids():
            task = client.task(task_id)
            if task_ids is None and MULTI_TURN in task.tags:
                continue
            tools = [(t.offered_name, t.description, json.loads(t.input_schema_json or "{}")) for t in task.tools]
            name = tool_set_name(tools)
            factory = partial(make_environment, target, json.dumps(tools), mask_misses)
            self.environment_factory.setdefault(name, factory)
            system = [{"role": "system", "content": task.system}] if task.system else []
            prompt = [*system, {"role": "user", "content": task.prompt}]
            self.rows.append({"prompt": prompt, "task_id": task_id, "environment": name})

    @property
    def reward_funcs(self) -> list[Callable[..., list[float | None]]]:
        """The reward of what was submitted, else of the last message; None is unscored, and TRL leaves it out."""
        return [firefly_reward]


def firefly_reward(
    completions: Sequence[Any], environments: Sequence[FireflyEnvironment], **_: Any
) -> list[float | None]:
    """Score rollouts; TRL's reward function."""
    return [
        environment._score(completion if isinstance(completion, list) else [])
        for environment, completion in zip(environments, completions, strict=True)
    ]


def tool_set_name(tools: Iterable[tuple[str, str, Any]]) -> str:
    """Name a set of tools (name, description, schema) by its content: the `environment` column of a dataset."""
    listed = [(name, text, schema or _NO_PARAMETERS) for name, text, schema in tools]
    written = json.dumps(listed, sort_keys=True)
    return f"tools_{hashlib.sha256(written.encode()).hexdigest()[:16]}"


def make_environment(target: str, tools: str, mask_misses: bool) -> FireflyEnvironment:
    """Make one environment; a module's function, so that a factory of it can be pickled."""
    return environment_class(target, tools, mask_misses)()


@cache
def environment_class(target: str, tools: str, mask_misses: bool) -> type[FireflyEnvironment]:
    """Build the class of one set of tools: a JSON list of (offered name, description, input schema)."""
    listed = [*json.loads(tools), (SUBMIT, _SUBMIT_DESCRIPTION, _SUBMIT_SCHEMA)]
    names = Names((name for name, _, _ in listed), python_name, TAKEN_BY_TRL)
    members: dict[str, Any] = {"_target": target, "_rules": Rules(mask_misses=mask_misses)}
    methods = members["_methods"] = {name: (names.there(name), Parameters(schema)) for name, _, schema in listed}
    for name, description, _ in listed:
        members[methods[name][0]] = _method(name, description, *methods[name])
    return type("FireflyEnvironment", (FireflyEnvironment,), members)


def _method(offered: str, description: str, name: str, parameters: Parameters) -> Callable[..., str]:
    def method(self: FireflyEnvironment, **values: Any) -> str:
        return self._call(offered, parameters, values)

    method.__name__ = method.__qualname__ = name
    method.__signature__ = parameters.signature()  # type: ignore[attr-defined]
    method.__annotations__ = parameters.annotations()
    lines = [f"    {one.name}: {one.description}" for one in parameters.listed]
    method.__doc__ = flat(description) + ("\n\nArgs:\n" + "\n".join(lines) if lines else "")
    return method
