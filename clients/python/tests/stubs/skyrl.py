"""skyrl-gym's text environments."""

import json

from conformance.scripts import Seen, Shown

from stubs.openenv import put


class BaseTextEnv:
    def __init__(self):
        self.turns, self.max_turns = 0, 1


def install(monkeypatch):
    put(monkeypatch, "skyrl_gym.envs.base_text_env", BaseTextEnv=BaseTextEnv, BaseTextEnvStepOutput=dict)


class Trainer:
    name, version, keeps_schemas, reads_raw_arguments = "skyrl", "stub", True, False
    has_user = True

    def __init__(self):
        from firefly_client.adapters import skyrl

        self.adapter = skyrl

    def play(self, target, task_id, script, *, mask_misses=False):
        env = self.adapter.FireflyEnv({"target": target, "mask_misses": mask_misses}, {"task_id": task_id})
        told = []
        try:
            messages, _ = env.init([])
            listed = messages[0]["content"].split("<tools>\n")[1].split("\n</tools>")[0].split("\n")
            tools = [json.loads(line)["function"] for line in listed]
            shown = [Shown(one["name"], one["description"], one["parameters"]) for one in tools]
            while True:
                turn = script.turn(shown)
                calls = [
                    f'<tool_call>{{"name": "{name}", "arguments": {text}}}</tool_call>' for name, text in turn.calls
                ]
                step = env.step("".join(calls) or turn.text)
                for one in step["observations"]:
                    told.append(one["content"].removeprefix("<tool_response>\n").removesuffix("\n</tool_response>"))
                if step["done"]:
                    return Seen(step["reward"], script.shown, tuple(told))
        except self.adapter.Unscored:
            return Seen(None, script.shown, tuple(told))
        finally:
            env.close()
