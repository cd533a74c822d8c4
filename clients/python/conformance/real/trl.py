"""TRL's GRPOTrainer, one optimisation step per rollout; only what the model samples is given by the script."""

from __future__ import annotations

import tempfile
from importlib import metadata
from importlib.resources import files
from typing import Any

from datasets import Dataset
from firefly_client.adapters.trl import FireflyTasks
from transformers.utils import get_json_schema
from trl import GRPOConfig, GRPOTrainer

from conformance import local_model
from conformance.scripts import Script, Seen, Shown

ROLLOUTS = 2


class Trainer:
    """Trains a tiny model whose samples are replaced."""

    name, version = "trl", f"{metadata.version('trl')} (transformers {metadata.version('transformers')})"
    keeps_schemas = False
    reads_raw_arguments = False

    def play(self, target: str, task_id: str, script: Script, *, mask_misses: bool = False) -> Seen:
        """See `Trainer`."""
        tasks = FireflyTasks(target, [task_id], mask_misses=mask_misses)
        kept: dict[str, Any] = {}

        def rewards(**given: Any) -> list[float | None]:
            kept["rewards"] = tasks.reward_funcs[0](**given)
            kept["told"] = [str(one["content"]) for one in given["completions"][0] if one["role"] == "tool"]
            return list(kept["rewards"])

        with tempfile.TemporaryDirectory() as folder:
            trainer = _Scripted(script, tasks, rewards, folder)
            trainer.train()
            for environments in trainer._environment_pool.values():
                for environment in environments:
                    environment._close()
        if len(set(kept["rewards"])) != 1:
            raise AssertionError(f"the same rollouts have different rewards: {kept['rewards']}")
        return Seen(kept["rewards"][0], script.shown, tuple(kept["told"]))


class _Scripted(GRPOTrainer):
    def __init__(self, script: Script, tasks: FireflyTasks, rewards: Any, folder: str) -> None:
        template = files("trl").joinpath("chat_templates/qwen2_5.jinja").read_text()
        tokens = local_model.tokenizer([str(row) for row in tasks.rows], template)
        self.scripts = [script, *(Script(script.steps) for _ in range(ROLLOUTS - 1))]
        settings = GRPOConfig(
            output_dir=folder,
            max_steps=1,
            per_device_train_batch_size=ROLLOUTS,
            num_generations=ROLLOUTS,
            max_completion_length=8192,
            max_tool_calling_iterations=20,
            use_cpu=True,
            report_to=[],
            save_strategy="no",
            logging_steps=1,
            disable_tqdm=True,
        )
        super().__init__(
            local_model.model(tokens),
            reward_funcs=rewards,
            args=settings,
            train_dataset=Dataset.from_list(tasks.rows),
            processing_class=tokens,
            environment_factory=tasks.environment_factory,
        )

    def _generate_single_turn(self, prompt_ids: Any, *_: Any, **__: Any) -> tuple[list[list[int]], None]:
        schemas = [get_json_schema(tool)["function"] for tool in self.tools]
        shown = [Shown(one["name"], one["description"], one["parameters"]) for one in schemas]
        made = []
        for script in self.scripts[: len(prompt_ids)]:
            turn = script.turn(shown)
            text = "\n".join(local_model.written(*call) for call in turn.calls) or turn.text
            made.append(self.processing_class(text + "<|im_end|>")["input_ids"])
        return made, None
