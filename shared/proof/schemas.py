"""Reading strangers' JSON Schemas without believing them: local references, object shapes, declared types."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import parse

_REFERENCES = 8
_BRANCHES = ("anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class ObjectSchema:
    """The properties of an object schema, those of `allOf` and of a single object branch included."""

    properties: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


def read_schema(text: str) -> Mapping[str, Any]:
    """Read schema text; anything but an object counts as the empty schema."""
    try:
        value = parse(text) if text else {}
    except Rejected:
        return {}
    return value if isinstance(value, dict) else {}


def resolve(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow local `$ref`s; what cannot be followed is the empty schema; siblings of `$ref` win."""
    # References can go round in circles.
    for _ in range(_REFERENCES):
        if not isinstance(schema, Mapping):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        siblings = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**_target(reference, root), **siblings}
    return {key: value for key, value in schema.items() if key != "$ref"}


def object_schema(schema: Any, root: Mapping[str, Any], depth: int = 0) -> ObjectSchema:
    """Collect what a schema says of an object's properties."""
    resolved = resolve(schema, root)
    properties: dict[str, Any] = {}
    required: set[str] = set()
    if depth < _REFERENCES:
        for part in _parts(resolved, root):
            inner = object_schema(part, root, depth + 1)
            properties.update(inner.properties)
            required.update(inner.required)
    own = resolved.get("properties")
    properties.update(own if isinstance(own, Mapping) else {})
    named = resolved.get("required")
    required.update(name for name in (named if isinstance(named, list) else ()) if isinstance(name, str))
    return ObjectSchema(properties, frozenset(required))


def non_null_branches(schema: Mapping[str, Any], root: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """List the branches of `anyOf`/`oneOf` that are not `null`."""
    branches: list[Mapping[str, Any]] = []
    for keyword in _BRANCHES:
        listed = schema.get(keyword)
        for branch in listed if isinstance(listed, list) else ():
            resolved = resolve(branch, root)
            if resolved and resolved.get("type") != "null":
                branches.append(resolved)
    return tuple(branches)


def of_type(value: Any, declared: Any) -> bool:
    """Tell whether a value is of a declared JSON Schema type; no or an unknown declaration admits everything."""
    names = declared if isinstance(declared, list) else [declared]
    known = [name for name in names if isinstance(name, str) and name in _TYPES]
    return not known or any(_is(value, name) for name in known)


def _parts(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Any]:
    every = schema.get("allOf")
    yield from every if isinstance(every, list) else ()
    branches = [branch for branch in non_null_branches(schema, root) if isinstance(branch.get("properties"), Mapping)]
    # One object branch is an optional object; between several nothing says which one is meant.
    if len(branches) == 1:
        yield branches[0]


def _target(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    # Nothing is fetched: a label must not depend on what an address answers today.
    if not reference.startswith("#"):
        return {}
    node: Any = root
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        node = node.get(name) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else {}


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
    "number": (int, float, Decimal),
    "integer": (int, float, Decimal),
}


def _is(value: Any, name: str) -> bool:
    # True is an int in Python, and no number in JSON.
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer":
        return isinstance(value, int | float | Decimal) and _is_integral(Decimal(value))
    return isinstance(value, _TYPES[name])


def _is_integral(number: Decimal) -> bool:
    return number.is_finite() and number == number.to_integral_value()
