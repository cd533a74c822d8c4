"""GRPO with TRL against a running simulator, on a CPU, with a tiny model made on the spot.

    python train.py --target 127.0.0.1:50051 --export out/mine [--steps 3] [--reference-share 0.5]

A tiny random model never calls a tool, and a group whose rollouts all get 0 teaches nothing. So a share of each group
follows the export's reference calls: its turns are written as tokens in the place of sampled ones. Everything else is
TRL's: prompts, tool calls, masks, rewards, gradients. With `--reference-share 1` every reward has to be 1.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from conformance import local_model
from datasets import Dataset
from firefly_client.adapters.trl import FireflyTasks
from trl import GRPOConfig, GRPOTrainer

GENERATIONS = 4
Turns = list[str]


class Reference:
    """What the reference policy writes, by the user's prompt: one call a turn, then the answer."""

    def __init__(self, export: Path, tasks: FireflyTasks) -> None:
        rows = [json.loads(line) for line in (export / "tasks.jsonl").read_text(encoding="utf-8").splitlines()]
        environments = {row["task_id"]: row["environment"] for row in tasks.rows}
        self._turns: dict[str, Turns] = {}
        for row in rows:
            if row["task_id"] in environments:
                environment = tasks.environment_factory[environments[row["task_id"]]]()
                self._turns[row["prompt"][-1]["content"]] = _turns(row, environment)

    def of(self, text: str) -> Turns:
        """Return the turns of the task whose prompt stands in a text."""
        # The longest: one task's prompt may begin with the whole of another's.
        return self._turns[max((prompt for prompt in self._turns if prompt in text), key=len)]


class Trainer(GRPOTrainer):
    """GRPOTrainer, with a share of each group given by the reference."""

    reference: Reference
    share: float

    def _generate_single_turn(self, prompt_ids: Any, *more: Any, **named: Any) -> Any:
        sampled, logprobs = super()._generate_single_turn(prompt_ids, *more, **named)
        made = []
        for at, (ids, own) in enumerate(zip(prompt_ids, sampled, strict=True)):
            text = self.processing_class.decode(ids)
            turn = self._reference_turn(text, is_new=at % GENERATIONS < self.share * GENERATIONS)
            made.append(own if turn is None else self.processing_class(turn + "<|im_end|>")["input_ids"])
        return made, None if logprobs is None or self.share else logprobs

    def _reference_turn(self, text: str, *, is_new: bool) -> str | None:
        turns = self.reference.of(text)
        done = text.count("<|im_start|>assistant") - 1
        # A rollout that has called a tool goes on as the one it is: only the reference calls tools here.
        return turns[done] if done < len(turns) and (is_new or done) else None


def main() -> None:
    """Train; print the rewards of each step."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True)
    parser.add_argument("--export", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=3, help="How many tasks, those with the fewest tools first.")
    parser.add_argument("--reference-share", type=float, default=0.5)
    asked = parser.parse_args()
    rows = [json.loads(line) for line in (asked.export / "tasks.jsonl").read_text(encoding="utf-8").splitlines()]
    rows.sort(key=lambda row: len(json.dumps(row["tools"])))
    tasks = FireflyTasks(asked.target, [row["task_id"] for row in rows[: asked.tasks]])
    rewards = train(tasks, asked)
    print(json.dumps({"rewards": rewards}))
    if asked.reference_share == 1 and any(reward != 1 for step in rewards for reward in step):
        raise SystemExit("the reference policy was not rewarded")


def train(tasks: FireflyTasks, asked: argparse.Namespace) -> list[list[float | None]]:
    """Run the steps; return the rewards of each."""
    kept: list[list[float | None]] = []

    def rewards(**given: Any) -> list[float | None]:
        kept.append(tasks.reward_funcs[0](**given))
        print(f"step {len(kept)} rewards {kept[-1]}", flush=True)
        return kept[-1]

    template = files("trl").joinpath("chat_templates/qwen2_5.jinja").read_text(encoding="utf-8")
    tokens = local_model.tokenizer([json.dumps(row) for row in tasks.rows], template)
    with tempfile.TemporaryDirectory() as folder:
        settings = GRPOConfig(
            output_dir=folder,
            max_steps=asked.steps,
            per_device_train_batch_size=GENERATIONS,
            num_generations=GENERATIONS,
            max_completion_length=4096,
            generation_kwargs={"max_new_tokens": 32},
            max_tool_calling_iterations=12,
            learning_rate=1e-3,
            use_cpu=True,
            report_to=[],
            save_strategy="no",
            logging_steps=1,
            disable_tqdm=True,
        )
        trainer = Trainer(
            local_model.model(tokens),
            reward_funcs=rewards,
            args=settings,
            train_dataset=Dataset.from_list(tasks.rows),
            processing_class=tokens,
            environment_factory=tasks.environment_factory,
        )
        trainer.reference, trainer.share = Reference(asked.export, tasks), asked.reference_share
        trainer.train()
    return kept


def _turns(row: Mapping[str, Any], environment: Any) -> Turns:
    offered = {(one["server"], one["tool"]): name for name, one in row["tool_name_map"].items()}
    turns = []
    for call in row["reference"]:
        name, arguments = environment._written(offered[call["server"], call["tool"]], call["arguments"])
        turns.append(local_model.written(name, json.dumps(arguments)))
    return [*turns, json.dumps(row["ground_truth"])]


if __name__ == "__main__":
    main()
