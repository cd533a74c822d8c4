"""The plain loop with the OpenAI SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import openai
from firefly_client import run_episode

from conformance.model_server import serving
from conformance.scripts import Script, Seen


class Trainer:
    """Asks a scripted server through the SDK."""

    name, version = "openai", openai.__version__
    keeps_schemas = True
    has_user = True
    reads_raw_arguments = True

    def play(self, target: str, task_id: str, script: Script, *, mask_misses: bool = False) -> Seen:
        """See `Trainer`."""
        with serving(script) as base_url:
            reward = asyncio.run(self._play(base_url, target, task_id, mask_misses))
        return Seen(reward, script.shown, tuple(script.told))

    async def _play(self, base_url: str, target: str, task_id: str, mask_misses: bool) -> float | None:
        async with openai.AsyncOpenAI(base_url=base_url, api_key="none") as client:

            async def ask(messages: Sequence[dict[str, Any]], tools: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
                made: Any = client.chat.completions
                completion = await made.create(model="m", messages=list(messages), tools=list(tools))
                return completion.choices[0].message.model_dump()

            rollout = await run_episode(ask, "m", task_id, simulator=target, mask_misses=mask_misses)
            return rollout.reward
