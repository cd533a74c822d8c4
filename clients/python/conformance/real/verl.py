"""verl's agent loop with a server that follows the script; tokens, chat template and output parser are verl's own."""

from __future__ import annotations

import asyncio
import json
from importlib import metadata
from typing import Any

from firefly_client import Client
from firefly_client.adapters.verl import FireflyAgentLoop
from omegaconf import OmegaConf
from verl.experimental.agent_loop.agent_loop import DictConfigWrap
from verl.utils.dataset.rl_dataset import RLHFDataset
from verl.workers.rollout.replica import TokenOutput

from conformance import local_model
from conformance.scripts import Script, Seen, Shown

TURNS = {
    "max_user_turns": None,
    "max_assistant_turns": 20,
    "max_parallel_calls": 1,
    "max_tool_response_length": 256,
    "tool_response_truncate_side": "middle",
    "format": "hermes",
}
LENGTHS = {"prompt_length": 32768, "response_length": 32768, "full_determinism": False}


class _Server:
    """What verl samples from."""

    def __init__(self, script: Script, tokens: Any) -> None:
        self._script, self._tokens = script, tokens

    async def generate(self, request_id: str, *, prompt_ids: list[int], **_: Any) -> TokenOutput:
        text = self._tokens.decode(prompt_ids)
        turn = await asyncio.to_thread(self._script.turn, _shown(text))
        said = "\n".join(local_model.written(*call) for call in turn.calls) or turn.text
        return TokenOutput(token_ids=self._tokens(said + "<|im_end|>")["input_ids"])


class _Loop(FireflyAgentLoop):
    @property
    def told(self) -> tuple[str, ...]:
        return tuple(str(one["content"]) for one in self._messages if one["role"] == "tool")


class Trainer:
    """Runs one loop."""

    name, version = "verl", metadata.version("verl")
    keeps_schemas = True
    reads_raw_arguments = False

    def play(self, target: str, task_id: str, script: Script, *, mask_misses: bool = False) -> Seen:
        """See `Trainer`."""
        return asyncio.run(self._play(target, task_id, script, mask_misses))

    async def _play(self, target: str, task_id: str, script: Script, mask_misses: bool) -> Seen:
        with Client(target) as client, client.episode(task_id) as episode:
            prompt = episode.messages
        tokens = local_model.tokenizer([json.dumps(prompt)])
        config = OmegaConf.create({"actor_rollout_ref": {"rollout": {**LENGTHS, "multi_turn": TURNS}}})
        loop = _Loop(
            trainer_config=DictConfigWrap(config),
            server_manager=_Server(script, tokens),
            tokenizer=tokens,
            processor=None,
            dataset_cls=RLHFDataset,
            data_config=DictConfigWrap(OmegaConf.create({})),
            target=target,
            mask_misses=mask_misses,
        )
        output = await loop.run({}, raw_prompt=prompt, extra_info={"task_id": task_id})
        masked = output.extra_fields["firefly_unscored"]
        if masked and any(output.response_mask):
            raise AssertionError("an unscored rollout would be learnt from")
        return Seen(None if masked else output.reward_score, script.shown, loop.told)


def _shown(prompt: str) -> list[Shown]:
    lines = prompt.split("<tools>\n")[1].split("\n</tools>")[0].split("\n")
    functions = [json.loads(line)["function"] for line in lines]
    return [Shown(one["name"], one["description"], one["parameters"]) for one in functions]
