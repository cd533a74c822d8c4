"""verifiers v1: a task with hooks and a shared tool server, joined by the rollout's state."""

import asyncio
import json
from types import SimpleNamespace

import pydantic
from conformance.scripts import Seen, Shown

from stubs.openenv import put


class Model(pydantic.BaseModel):
    pass


class TaskData(Model):
    id: str = ""
    name: str = ""
    prompt: str = ""
    system_prompt: str | None = None


class TasksetConfig(Model):
    pass


class Generic:
    def __class_getitem__(cls, _):
        return cls

    def __init__(self, *given):
        self.data, self.config = (*given, None)[:2] if len(given) > 1 else (None, given[0])

    def _with_state(self, call):
        return call


def install(monkeypatch):
    put(
        monkeypatch,
        "verifiers.v1",
        State=Model,
        TaskData=TaskData,
        TaskConfig=Model,
        TasksetConfig=TasksetConfig,
        SharedToolsetConfig=Model,
        Toolset=Generic,
        Task=Generic,
        Taskset=Generic,
        Trace=object,
        reward=lambda method: method,
    )


class Trainer:
    name, version, keeps_schemas, reads_raw_arguments = "verifiers", "stub", True, False

    def __init__(self):
        from firefly_client.adapters import verifiers

        self.adapter = verifiers

    def play(self, target, task_id, script, *, mask_misses=False):
        return asyncio.run(self._play(target, task_id, script, mask_misses))

    async def _play(self, target, task_id, script, mask_misses):
        config = self.adapter.FireflyTaskConfig(target=target, mask_misses=mask_misses)
        tasks = self.adapter.FireflyTaskset(self.adapter.FireflyConfig(task=config)).load()
        task = next(one for one in await asyncio.to_thread(list, tasks) if one.key == task_id)
        trace = SimpleNamespace(state=self.adapter.FireflyState(), info={}, last_reply="", record_metric=print)
        await task.setup(trace, None)
        server, registered = self.adapter.FireflyTools(None), SimpleNamespace()
        server.register(registered)
        told = []
        while True:
            # The state travels as JSON between the two processes.
            server.state = self.adapter.FireflyState.model_validate_json(trace.state.model_dump_json())
            listed = await registered.list_tools()
            turn = script.turn([Shown(one.name, one.description, one.input_schema) for one in listed])
            if not turn.calls:
                break
            for name, arguments in turn.calls:
                result = await registered.call_tool(name, json.loads(arguments))
                told.append(result.content[0].text)
            trace.state = self.adapter.FireflyState.model_validate_json(server.state.model_dump_json())
        trace.last_reply = turn.text
        try:
            return Seen(await task.firefly(trace), script.shown, tuple(told))
        except ConnectionError:
            return Seen(None, script.shown, tuple(told))
