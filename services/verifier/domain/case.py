"""A draft on its way through the gates, with what its replay answered."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.model.errors import Rejected
from shared.model.tasks import DraftTask, Task
from shared.proof.canonical import parse_canonical


@dataclass(frozen=True, slots=True)
class Case:
    """What a gate may look at."""

    draft: DraftTask
    task: Task
    results: Mapping[str, str] = field(default_factory=dict)
    """Canonical result by call id, as the simulator answered; empty before the replay."""

    @property
    def truth(self) -> Mapping[str, Any]:
        """Ground truth by field."""
        value = parse_canonical(self.task.ground_truth_json)
        return value if isinstance(value, dict) else {}


Check = Callable[[Case], str | None]
"""Says in one sentence why a task is refused; None when it passes."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A named check; the name is the reason that the funnel counts."""

    name: str
    check: Check


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first gate that refused, and what it said."""

    reason: str
    text: str


def first_refusal(gates: tuple[Gate, ...], case: Case) -> Refusal | None:
    """Ask the gates in order; what a gate cannot read is refused by it."""
    for gate in gates:
        try:
            text = gate.check(case)
        # What a gate cannot read was written by the synthesizer, so it is the draft that is at fault.
        except Rejected as error:
            text = error.text or error.reason
        if text is not None:
            return Refusal(gate.name, text)
    return None


def leaves(value: Any) -> Iterator[Any]:
    """Walk the scalars of a JSON value in order."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value
