"""skyrl-gym's environment interface, driven as SkyRL's generator drives it: one text in, observations out."""

from __future__ import annotations

import json
from importlib import metadata

import skyrl_gym
from firefly_client.adapters.skyrl import Unscored

from conformance.scripts import Script, Seen, Shown

ENTRY = "firefly_client.adapters.skyrl:FireflyEnv"


class Trainer:
    """Writes calls as text."""

    name, version = "skyrl-gym", metadata.version("skyrl-gym")
    keeps_schemas = True
    has_user = True
    reads_raw_arguments = False

    def __init__(self) -> None:
        skyrl_gym.register(id="firefly", entry_point=ENTRY)

    def play(self, target: str, task_id: str, script: Script, *, mask_misses: bool = False) -> Seen:
        """See `Trainer`."""
        config = {"target": target, "mask_misses": mask_misses}
        extras = {"extra_info": {"task_id": task_id}, "max_turns": 20}
        env = skyrl_gym.make("firefly", env_config=config, extras=extras)
        told: list[str] = []
        try:
            messages, _ = env.init([])
            shown = _shown(messages[0]["content"])
            while True:
                turn = script.turn(shown)
                calls = [
                    f'<tool_call>\n{{"name": "{one}", "arguments": {text}}}\n</tool_call>' for one, text in turn.calls
                ]
                step = env.step("".join(calls) or turn.text)
                told += [_inner(one["content"]) for one in step["observations"]]
                if step["done"]:
                    return Seen(step["reward"], script.shown, tuple(told))
        except Unscored:
            return Seen(None, script.shown, tuple(told))
        finally:
            env.close()


def _shown(system: str) -> list[Shown]:
    lines = system.split("<tools>\n")[1].split("\n</tools>")[0].split("\n")
    functions = [json.loads(line)["function"] for line in lines]
    return [Shown(one["name"], one["description"], one["parameters"]) for one in functions]


def _inner(content: str) -> str:
    return content.removeprefix("<tool_response>\n").removesuffix("\n</tool_response>")
