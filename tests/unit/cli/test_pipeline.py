"""A step that fails because Kafka was killed under it is taken again."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.running import pipeline
from shared.model.errors import Unavailable

pytestmark = pytest.mark.unit


class Stack:
    """Looks alive for some looks after its end, as a process does until it is reaped."""

    def __init__(self, looks: int) -> None:
        self.restarts, self._looks = 0, looks

    def revive(self) -> None:
        self._looks -= 1
        if self._looks == 0:
            self.restarts += 1


def made(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(pipeline, "TICK_SECONDS", 0.001)
    monkeypatch.setattr(pipeline, "ENDED_SECONDS", 0.05)
    anything: Any = SimpleNamespace(goal=None)
    return pipeline.Pipeline(anything, anything, anything, stack, anything, Path())  # type: ignore[arg-type]


@pytest.mark.parametrize("looks", [1, 3])
def test_a_step_is_taken_again_also_when_the_death_shows_late(looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    async def step() -> None:
        taken.append(1)
        if len(taken) == 1:
            raise Unavailable("Kafka does not answer")

    asyncio.run(made(Stack(looks), monkeypatch)._reviving(step))
    assert len(taken) == 2


def test_a_step_that_fails_while_everything_lives_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    async def step() -> None:
        raise Unavailable("Kafka does not answer")

    with pytest.raises(Unavailable):
        asyncio.run(made(Stack(10**9), monkeypatch)._reviving(step))
