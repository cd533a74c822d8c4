"""`vf-eval` as its users run it: taskset plugin, shared tool server, null harness, an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from conformance.model_server import serving
from conformance.scripts import Script, Seen

SECONDS = 600


class Trainer:
    """Runs one evaluation per rollout and reads its trace."""

    name, version = "verifiers", metadata.version("verifiers")
    keeps_schemas = True
    reads_raw_arguments = False

    def play(self, target: str, task_id: str, script: Script, *, mask_misses: bool = False) -> Seen:
        """See `Trainer`."""
        with tempfile.TemporaryDirectory() as folder, serving(script) as base_url:
            options = {
                "--select.include.ids": task_id,
                "--env.taskset.task.target": target,
                "--env.taskset.task.mask-misses": str(mask_misses).lower(),
                "--env.agent.harness.id": "null",
                "--env.agent.runtime.type": "subprocess",
                "--client.base-url": base_url,
                "--client.api-key-var": "FIREFLY_NO_KEY",
                "--model": "m",
                "--output-dir": folder,
                "--run.name": "conformance",
            }
            command = [str(Path(sys.executable).parent / "vf-eval"), "firefly-verifiers", "--no-push", "--no-rich"]
            command += [part for option in options.items() for part in option]
            env = {
                **os.environ,
                "FIREFLY_NO_KEY": "none",
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            }
            run = subprocess.run(command, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
            trace = _trace(Path(folder), run)
        rewards = trace.get("rewards") or {}
        failed = bool(trace.get("errors") or trace.get("error"))
        reward = None if failed or "firefly" not in rewards else float(_value(rewards["firefly"]))
        return Seen(reward, script.shown, tuple(script.told))


def _value(reward: Any) -> Any:
    return reward.get("score", reward.get("value")) if isinstance(reward, dict) else reward


def _trace(folder: Path, run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    files = list(folder.rglob("traces.jsonl"))
    lines = files[0].read_text().splitlines() if files else []
    if not lines:
        raise RuntimeError(f"vf-eval wrote no trace: {run.stdout[-2000:]}{run.stderr[-4000:]}")
    read: dict[str, Any] = json.loads(lines[-1])
    traces = read.get("traces")
    return traces[0] if isinstance(traces, list) and traces else read
