"""A plan under construction: calls with literals, and values that will be found in the results of earlier ones."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.model.graphs import ToolNode
from shared.model.logical_form import to_json
from shared.model.sub_dags import PlannedCall, PlannedInput
from shared.model.values import ValueKind
from shared.proof.canonical import canonical

MOUNT = "/workspace"


class Infeasible(Exception):
    """This form cannot be computed with the tools at hand; another draw is tried."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a value will stand: for the synthesizer (`find`) and, if it may flow, for the explorer (key or locator)."""

    call_id: str
    find: str
    """Canonical JSON (`docs/logical-form.md`)."""
    key: str
    kind: ValueKind
    locator_json: str = ""
    transforms_json: str = "[]"
    flows: bool = True
    cite: tuple[Mapping[str, Any], ...] = ()
    """Transforms that lead from what `find` finds to the value."""
    literal: str = ""
    """The question states it: no call is needed."""

    @property
    def is_literal(self) -> bool:
        """Whether no call is needed."""
        return not self.call_id


def literal(text: str, kind: ValueKind) -> Found:
    """Wrap a value that the question states."""
    return Found("", "{}", "", kind, literal=text)


def by_key(call_id: str, key: str, kind: ValueKind) -> Found:
    """Find the only value extracted under a key."""
    return Found(call_id, canonical({"key": key}), key, kind)


@dataclass(frozen=True, slots=True)
class Source:
    """One cited place of an answer."""

    call_id: str
    find: str


@dataclass(frozen=True, slots=True)
class Answer:
    """How one field's value comes from sources."""

    sources: tuple[Source, ...]
    transforms: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True)
class Plan:
    """Calls so far; an identical call is made once and shared."""

    calls: list[PlannedCall] = field(default_factory=list)
    _known: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        node: ToolNode,
        arguments: Mapping[str, Any],
        form: Any = None,
        *,
        inputs: Sequence[PlannedInput] = (),
        precondition: bool = False,
    ) -> str:
        """Add a call and return its id."""
        text = canonical(dict(arguments))
        same = canonical([node.tool_id, text, [canonical_input(item) for item in inputs]])
        # Two fields of one row must not cost two calls, or difficulty would be counted wrongly.
        if same in self._known:
            return self._known[same]
        call_id = f"c{len(self.calls) + 1}"
        meaning = canonical({"form": to_json(form)} if form is not None else {})
        self.calls.append(
            PlannedCall(
                call_id, node.tool_id, node.server_id, node.name, text, (), tuple(inputs), precondition, meaning
            )
        )
        self._known[same] = call_id
        return call_id

    def finish(self, meaning: Mapping[str, Any]) -> tuple[PlannedCall, ...]:
        """Attach the question to the last call."""
        last = self.calls[-1]
        own = json.loads(last.meaning_json)
        return (*self.calls[:-1], replace(last, meaning_json=canonical({**own, **meaning})))


def canonical_input(item: PlannedInput) -> list[str]:
    """What tells two inputs apart."""
    return [item.argument, item.source_call_id, item.key, item.locator_json, item.transforms_json, item.marker]


@dataclass(slots=True)
class Written:
    """A string argument with slots: markers stand where values flow in."""

    argument: str
    text: str = ""
    inputs: list[PlannedInput] = field(default_factory=list)

    def write(self, *pieces: "str | Found") -> "Written":
        """Append text, and slots for found values."""
        for piece in pieces:
            if isinstance(piece, str):
                self.text += piece
            elif piece.is_literal:
                self.text += piece.literal
            else:
                self._slot(piece)
        return self

    def _slot(self, found: Found) -> None:
        # With the argument's name: one plan may have slots in several strings.
        marker = f"{{{{{self.argument}.{len(self.inputs) + 1}}}}}"
        self.text += marker
        self.inputs.append(flow(found, self.argument, marker))


def flow(found: Found, argument: str, marker: str = "") -> PlannedInput:
    """Let a found value flow into an argument, or into a slot of it.

    Raises:
        Infeasible: the value can only be cited, not passed on.
    """
    if not found.flows:
        raise Infeasible("a value that is only cited cannot flow")
    return PlannedInput(
        f"/{argument}",
        found.call_id,
        found.key,
        found.kind,
        found.locator_json,
        found.transforms_json,
        marker,
    )


def argument_of(found: Found, argument: str) -> tuple[Any, tuple[PlannedInput, ...]]:
    """Give the literal for a whole argument, or null and the flow that fills it."""
    if found.is_literal:
        return (number(found.literal) if found.kind in (ValueKind.NUMBER, ValueKind.QUANTITY) else found.literal), ()
    return None, (flow(found, argument),)


def number(text: str) -> Any:
    """Read a literal number as JSON would hold it."""
    return int(text) if text.lstrip("-").isdigit() else float(text)


def cite(*found: Found) -> Answer:
    """Cite found values in order.

    Raises:
        Infeasible: one of several needs transforms of its own, or is stated by the question.
    """
    # Reading a number changes no value that is cited.
    own = [[step for step in item.cite if step["name"] != "number"] for item in found]
    if any(item.is_literal for item in found) or (len(found) > 1 and any(own)):
        raise Infeasible("these values cannot be cited together")
    cited = tuple(Source(item.call_id, item.find) for item in found)
    return Answer(cited, found[0].cite if len(found) == 1 else ())


def servers(calls: Iterable[PlannedCall]) -> set[str]:
    """Servers of a plan."""
    return {call.server_id for call in calls}
