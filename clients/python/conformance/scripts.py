"""A policy that follows a script, in the tools and names that a trainer shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Shown:
    """A tool as the model is shown it."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """Call the tool whose description begins so, with arguments named as its schema names them."""

    description: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Raw:
    """Call a name with a text, whatever they are."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Say:
    """Say the last message."""

    text: str


@dataclass(frozen=True)
class Submit:
    """Submit an answer, field by field or as one text, whichever the tool takes."""

    answer: Mapping[str, Any]


@dataclass(frozen=True)
class Do:
    """Do something to the world between two turns."""

    action: Callable[[], None]


Step = Call | Raw | Say | Submit | Do


@dataclass(frozen=True)
class Turn:
    """What the model answers: calls as (name, arguments text), or a message."""

    calls: tuple[tuple[str, str], ...] = ()
    text: str = ""


@dataclass
class Script:
    """Gives one turn after the other; then says goodbye, should the trainer go on asking."""

    steps: Sequence[Step]
    shown: tuple[Shown, ...] = ()
    """The tools of the last turn."""
    told: list[str] = field(default_factory=list)
    """The results that the model was shown."""

    def __post_init__(self) -> None:
        self._waiting = list(self.steps)

    def turn(self, shown: Sequence[Shown]) -> Turn:
        """Answer as the model."""
        self.shown = tuple(shown)
        while self._waiting:
            step = self._waiting.pop(0)
            if isinstance(step, Do):
                step.action()
            elif isinstance(step, Say):
                return Turn(text=step.text)
            elif isinstance(step, Raw):
                return Turn(((step.name, step.arguments),))
            elif isinstance(step, Submit):
                return Turn((self._submitted(step),))
            else:
                return Turn((self._written(step),))
        return Turn(text="Done.")

    def _submitted(self, step: Submit) -> tuple[str, str]:
        tool = next(one for one in self.shown if one.description.startswith("Give the final answer"))
        whole = set(tool.parameters.get("properties", {})) == {"answer"}
        return tool.name, json.dumps({"answer": json.dumps(step.answer)} if whole else step.answer)

    def _written(self, step: Call) -> tuple[str, str]:
        tool = next(one for one in self.shown if one.description.startswith(step.description))
        known = tool.parameters.get("properties", {})
        names = {name: next((one for one in known if _plain(one) == _plain(name)), name) for name in step.arguments}
        return tool.name, json.dumps({names[name]: value for name, value in step.arguments.items()})


@dataclass(frozen=True)
class Seen:
    """What a trainer made of one rollout."""

    reward: float | None
    """None where the trainer leaves the rollout out, in whatever way it can."""
    shown: tuple[Shown, ...]
    told: tuple[str, ...]


class Trainer(Protocol):
    """A framework, real or a stub, that plays a task through its adapter."""

    name: str
    version: str
    keeps_schemas: bool
    """Nested JSON Schema reaches the model as it is."""
    reads_raw_arguments: bool
    """Arguments that are no JSON can be written, and are told."""

    def play(self, target: str, task_id: str, script: Script, *, mask_misses: bool = False) -> Seen:
        """Play one rollout with the script as the model."""


def _plain(name: str) -> str:
    return "".join(one for one in name.casefold() if one.isalnum())
