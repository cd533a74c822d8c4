"""What a tool returns: values declared by its output schema, and values seen in executed calls, bounded per tool."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.model.explorations import ExecutedCall
from shared.model.graphs import ObservedOutput
from shared.model.values import Value, ValueKind
from shared.proof.kinds import classify
from shared.proof.schemas import object_schema, read_schema, resolve
from shared.proof.units import unit_of_key
from shared.proof.values import extract
from shared.proof.volatility import is_volatile
from shared.proof.words import words

MOST_OUTPUTS = 40
MOST_DECLARED = 20
_LONGEST_SAMPLE = 300
_LONGEST_ARGUMENTS = 4000
_MOST_PLAIN = 6
"""Texts and bare numbers beyond this would crowd out what can be linked."""
_DEPTH = 4
_PLAIN = frozenset({ValueKind.FREE_TEXT, ValueKind.BOOLEAN, ValueKind.ENUM_MEMBER})
_RANKED = (
    ValueKind.IDENTIFIER,
    ValueKind.HASH,
    ValueKind.PATH,
    ValueKind.SHEET,
    ValueKind.TABLE,
    ValueKind.CELL_RANGE,
    ValueKind.CELL,
    ValueKind.TIME_ZONE,
    ValueKind.EMAIL,
    ValueKind.NAME,
    ValueKind.SYMBOL,
    ValueKind.COLUMN,
    ValueKind.QUANTITY,
    ValueKind.DATE,
    ValueKind.TIME,
    ValueKind.URL,
)
"""Kinds in the order in which they are kept when a tool returns too much."""

Signature = tuple[str, ValueKind, str]


def signature(key: str, kind: ValueKind, unit: str) -> Signature:
    """What makes two values one output of a tool: key as words, kind, unit."""
    return " ".join(words(key)), kind, unit


def declared_outputs(output_schema_json: str) -> tuple[ObservedOutput, ...]:
    """List what an output schema promises; a wrapper that only says `result` promises nothing."""
    root = read_schema(output_schema_json)
    found: dict[Signature, ObservedOutput] = {}
    for key, schema in _declared(root, root, 0):
        kind, unit = _declared_kind(key, schema)
        if kind not in _PLAIN and len(found) < MOST_DECLARED:
            found.setdefault(signature(key, kind, unit), ObservedOutput(key, kind, unit, declared=True))
    return tuple(found.values())


def observe(
    known: Iterable[ObservedOutput], call: ExecutedCall, volatile: tuple[str, ...], world_digest: str
) -> tuple[ObservedOutput, ...]:
    """Add what a successful call returned; what is known stays, so the first sample in counter order is kept.

    Args:
        known: outputs so far.
        call: the executed call.
        volatile: places of its result that differed in the second run; nothing there can be cited.
        world_digest: world of the exploration.
    """
    outputs = {signature(one.key, one.kind, one.unit): one for one in known}
    for value in extract(call.result_json, call.arguments_json) if call.result_json else ():
        name = signature(value.key, value.kind, value.unit)
        # What a schema promised gives way to what was seen; what was seen first stays.
        before = outputs.get(name)
        if (before is None or before.declared) and _is_sample(value) and not is_volatile(value.locator_json, volatile):
            outputs[name] = _output(value, call, world_digest)
    return keep_most_telling(outputs.values())


def keep_most_telling(outputs: Iterable[ObservedOutput]) -> tuple[ObservedOutput, ...]:
    """Bound outputs to 40: linkable kinds first, then first come."""
    ranked = sorted(outputs, key=lambda one: _rank(one.kind))
    kept: list[ObservedOutput] = []
    plain = 0
    for one in ranked:
        plain += _rank(one.kind) > len(_RANKED)
        if len(kept) < MOST_OUTPUTS and (_rank(one.kind) <= len(_RANKED) or plain <= _MOST_PLAIN):
            kept.append(one)
    return tuple(kept)


def _rank(kind: ValueKind) -> int:
    if kind in _RANKED:
        return _RANKED.index(kind)
    return len(_RANKED) + (kind in _PLAIN)


def _is_sample(value: Value) -> bool:
    return len(value.json) <= _LONGEST_SAMPLE


def _output(value: Value, call: ExecutedCall, world_digest: str) -> ObservedOutput:
    arguments = call.arguments_json if len(call.arguments_json) <= _LONGEST_ARGUMENTS else ""
    return ObservedOutput(
        value.key,
        value.kind,
        value.unit,
        value.locator_json,
        value.json,
        arguments,
        call.recording_id,
        world_digest,
    )


def _declared(schema: Any, root: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if depth > _DEPTH:
        return
    for key, declared in object_schema(schema, root).properties.items():
        resolved = resolve(declared, root)
        items = resolve(resolved.get("items"), root)
        inner = items if items else resolved
        if object_schema(inner, root).properties:
            yield from _declared(inner, root, depth + 1)
        else:
            yield key, inner


def _declared_kind(key: str, schema: Mapping[str, Any]) -> tuple[ValueKind, str]:
    """Guess the kind that values under a key will have, from the key and the declared type alone."""
    if key == "result" or "enum" in schema or "const" in schema:
        return ValueKind.FREE_TEXT, ""
    if schema.get("type") in ("number", "integer"):
        unit = unit_of_key(key)
        # A stand-in text: the key alone has to decide.
        return (ValueKind.QUANTITY, unit) if unit else classify("7", key)
    if schema.get("type") != "string":
        return ValueKind.FREE_TEXT, ""
    formats = {"date": ValueKind.DATE, "date-time": ValueKind.DATE, "email": ValueKind.EMAIL, "uri": ValueKind.URL}
    kind = formats.get(str(schema.get("format")))
    return (kind, "") if kind else classify("abc", key)
