"""Fill a call's inputs from earlier results and remember exactly where each value came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from services.explorer.domain.pointers import MISSING, tokens_of, value_at, with_value
from shared.model.calls import DataFlow
from shared.model.errors import Rejected
from shared.model.sub_dags import PlannedCall, PlannedInput
from shared.proof import keys, locators, numbers, schemas, transforms, values
from shared.proof.canonical import canonical, number_text, parse, parse_canonical
from shared.proof.plain import plain_json

NO_TRANSFORMS = "[]"
_NUMERIC = {"number", "integer"}


@dataclass(frozen=True, slots=True)
class Answered:
    """An earlier call, as far as later ones need it."""

    arguments_json: str
    result_json: str


@dataclass(frozen=True, slots=True)
class Found:
    """One input's value and where it stood."""

    value: Any
    text: str
    locator_json: str
    sha256: str
    elsewhere: bool = False
    """Not where the plan expected it."""
    ambiguous: bool = False
    """Other values have the same key and kind."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A call that can be made."""

    arguments_json: str
    """Canonical, schema defaults applied."""
    flows: tuple[DataFlow, ...]
    call: PlannedCall
    """The plan with the locators that were used."""
    found: tuple[tuple[PlannedInput, Found], ...] = ()

    @property
    def elsewhere(self) -> bool:
        """Whether a value was found elsewhere than planned."""
        return any(value.elsewhere for _, value in self.found)

    @property
    def ambiguous(self) -> bool:
        """Whether a value was chosen among several that the plan does not tell apart."""
        return any(value.ambiguous for _, value in self.found)


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A call that cannot be made."""

    argument: str
    text: str


def fill(call: PlannedCall, answered: Mapping[str, Answered], input_schema_json: str) -> Filled | Unfilled:
    """Put the values of earlier results into a call's arguments.

    Raises:
        Rejected: the planned arguments are no JSON object (`not_json`, `bad_arguments`).
    """
    found: list[tuple[PlannedInput, Found]] = []
    for planned in call.inputs:
        source = answered.get(planned.source_call_id)
        value = find(planned, source) if source and source.result_json else None
        if value is None:
            return Unfilled(planned.argument, f"no {planned.key or planned.kind.value} in {planned.source_call_id}")
        found.append((planned, value))
    return fill_with(call, found, input_schema_json)


def fill_with(
    call: PlannedCall, found: Sequence[tuple[PlannedInput, Found]], input_schema_json: str
) -> Filled | Unfilled:
    """Put given values into a call's arguments; raises as `fill`."""
    arguments = parse_canonical(call.arguments_json)
    schema = schemas.read_schema(input_schema_json)
    found = [fitted(planned, value, schema) for planned, value in found]
    slots: dict[int, tuple[int, int]] = {}
    for argument in dict.fromkeys(planned.argument for planned, _ in found):
        here = [index for index, (planned, _) in enumerate(found) if planned.argument == argument]
        # Without a marker the value is the whole argument, and keeps its JSON type.
        if not found[here[0]][0].marker:
            value = found[here[0]][1].value
        else:
            template = value_at(arguments, argument)
            parts = [(found[index][0].marker, found[index][1].text) for index in here]
            if not isinstance(template, str) or any(marker not in template for marker, _ in parts):
                return Unfilled(argument, "the marker to replace is not in the argument")
            value, places = replace_markers(template, parts)
            slots.update(zip(here, places, strict=True))
        arguments = with_value(arguments, argument, value)
    return Filled(
        keys.canonical_arguments(plain_json(arguments), input_schema_json),
        tuple(_flow(planned, value, slots.get(index)) for index, (planned, value) in enumerate(found)),
        replace(call, inputs=tuple(replace(planned, locator_json=value.locator_json) for planned, value in found)),
        tuple(found),
    )


def find(planned: PlannedInput, source: Answered) -> Found | None:
    """Find an input's value: at the expected place, else by key and kind among what the result holds."""
    if planned.locator_json and (located := found_at(planned, source, planned.locator_json)):
        return located
    # By key and kind, not by position: a result that gained a line still holds the value.
    same = [
        value
        for value in values.extract(source.result_json, source.arguments_json)
        if value.key == planned.key and value.kind == planned.kind
    ]
    if not same:
        return None
    # The first of several: a plan that does not tell them apart is marked as ambiguous.
    located = found_at(planned, source, same[0].locator_json)
    elsewhere, ambiguous = bool(planned.locator_json), len({value.text for value in same}) > 1
    return replace(located, elsewhere=elsewhere, ambiguous=ambiguous) if located else None


def found_at(planned: PlannedInput, source: Answered, locator_json: str) -> Found | None:
    """Read and transform the value at one place; None when it is not there or cannot be transformed."""
    try:
        located = locators.locate(source.result_json, locator_json)
        value = located.value
        text = located.text
        if planned.transforms_json not in ("", NO_TRANSFORMS):
            value = transforms.apply(planned.transforms_json, [value])
            text = text_of(value)
    except Rejected:
        return None
    return Found(value, text, locator_json, located.sha256)


def replace_markers(template: str, parts: Sequence[tuple[str, str]]) -> tuple[str, list[tuple[int, int]]]:
    """Replace each marker everywhere; return the text and each first replacement's range in code points."""
    places: list[tuple[int, int] | None] = [None] * len(parts)
    written, at, length = [], 0, 0
    # In one pass: a value that holds another marker's text must not be replaced in turn.
    while at < len(template):
        hit = next((index for index, (marker, _) in enumerate(parts) if template.startswith(marker, at)), None)
        piece = template[at] if hit is None else parts[hit][1]
        if hit is not None and places[hit] is None:
            places[hit] = (length, length + len(piece))
        at += 1 if hit is None else len(parts[hit][0])
        length += len(piece)
        written.append(piece)
    return "".join(written), [place or (0, 0) for place in places]


def fitted(planned: PlannedInput, found: Found, schema: Mapping[str, Any]) -> tuple[PlannedInput, Found]:
    """Give a value the type its argument declares: digits for a string, a number for numeric text."""
    if planned.marker:
        return planned, found
    declared = _declared_types(schema, planned.argument)
    if declared == {"string"} and not isinstance(found.value, str):
        return planned, replace(found, value=found.text)
    # Results of real servers give numbers as text, and the next server's schema refuses them.
    if declared and declared <= _NUMERIC and isinstance(found.value, str):
        number = numbers.read_number(found.value)
        if number is not None:
            # Noted as a transform, so that a checker can derive the argument from the result again.
            steps = [*parse(planned.transforms_json or NO_TRANSFORMS), {"name": "number"}]
            return replace(planned, transforms_json=canonical(steps)), replace(found, value=number)
    return planned, found


def text_of(value: Any) -> str:
    """Write a transformed value the way it reads inside a string."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return number_text(value)
    return canonical(value)


def _declared_types(schema: Mapping[str, Any], argument: str) -> frozenset[str]:
    node: Any = schema
    for token in tokens_of(argument):
        resolved = schemas.resolve(node, schema)
        # A list's items have one schema, whatever their place.
        if token.isdigit() and "items" in resolved:
            node = resolved["items"]
        else:
            node = schemas.object_schema(node, schema).properties.get(token, MISSING)
    if node is MISSING:
        return frozenset()
    resolved = schemas.resolve(node, schema)
    branches = schemas.non_null_branches(resolved, schema) or (resolved,)
    names: set[str] = set()
    for branch in branches:
        named = branch.get("type")
        names.update(named if isinstance(named, list) else [named] if isinstance(named, str) else [])
    # `null` is the freedom to leave it out, no form of a value.
    return frozenset(names - {"null"})


def _flow(planned: PlannedInput, found: Found, slot: tuple[int, int] | None) -> DataFlow:
    return DataFlow(
        call_id=planned.source_call_id,
        locator_json=found.locator_json,
        transforms_json=planned.transforms_json or NO_TRANSFORMS,
        argument=planned.argument,
        sha256=found.sha256,
        slot_start=slot[0] if slot else None,
        slot_end=slot[1] if slot else None,
        edge_id=planned.edge_id,
    )
