"""What a stage is, whichever shell runs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.runtime.streaming.events import Event, Handler, Output

OnDead = Callable[[Event, Exception], Sequence[Output]]
"""Further outputs for an event that is dead-lettered, in the same transaction; pure. `event.record` is None when the
bytes could not be decoded."""

OnDuplicate = Callable[[Event, Sequence[Output]], Sequence[Output]]
"""Outputs instead of those that would publish a key again; must write nothing to the gate's topic."""

Hold = Callable[[], str]
"""Why no further event may be begun now, empty while one may; asked before every attempt."""


def go() -> str:
    """Hold nothing."""
    return ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A pure handler and the topics it reads; consumer group and transactional ids derive from `name`."""

    name: str
    reads: tuple[str, ...]
    handler: Handler
    on_dead: OnDead | None = None
    hold: Hold = go

    @property
    def group(self) -> str:
        """Consumer group."""
        return f"firefly-{self.name}"


@dataclass(frozen=True, slots=True)
class Gate:
    """Publish each key of `topic` once: output partition = input partition, keys read back on assignment."""

    topic: str
    on_duplicate: OnDuplicate
