"""JSON Schema as a Python signature, for frameworks that read tools off functions; what is lost is said in words."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Optional, Union

from firefly_client.naming import Names, python_name

_PLAIN: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
_SAID_BY_TYPE = frozenset({"type", "description", "title", "default", "enum", "items", "anyOf", "oneOf"})
_SECTION = re.compile(r"\b(Args|Returns|Raises):", re.IGNORECASE)
_CHOICES = re.compile(r"\(choices:", re.IGNORECASE)


@dataclass(frozen=True)
class Parameter:
    """One parameter: its Python name, the schema's name, and what is said of it."""

    name: str
    original: str
    annotation: Any
    required: bool
    description: str


class Parameters:
    """The parameters of one tool, required ones first."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        properties = schema.get("properties")
        properties = properties if isinstance(properties, Mapping) else {}
        needed = set(schema.get("required") or ())
        self._names = Names(properties, python_name, {"self", "cls"})
        shared = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
        made = [
            Parameter(
                self._names.there(name),
                name,
                annotation(one if isinstance(one, Mapping) else {}),
                name in needed,
                _description(name, one if isinstance(one, Mapping) else {}, shared),
            )
            for name, one in properties.items()
        ]
        # Python wants parameters with a default behind those without.
        self.listed = sorted(made, key=lambda one: not one.required)
        self._optional = {one.name for one in made if not one.required}

    def signature(self) -> inspect.Signature:
        """Return the signature of a method."""
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        own = [
            inspect.Parameter(
                one.name, kind, annotation=self._hint(one), default=inspect.Parameter.empty if one.required else None
            )
            for one in self.listed
        ]
        return inspect.Signature([inspect.Parameter("self", kind), *own], return_annotation=str)

    def annotations(self) -> dict[str, Any]:
        """Return the type hints."""
        return {**{one.name: self._hint(one) for one in self.listed}, "return": str}

    def there(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Name arguments as the signature does; what the schema does not know keeps its name."""
        known = {one.original: one.name for one in self.listed}
        return {known.get(name, name): value for name, value in arguments.items()}

    def back(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Name values as the schema does; an optional one that is None was not given."""
        return {
            self._names.back(name): value
            for name, value in values.items()
            if value is not None or name not in self._optional
        }

    @staticmethod
    def _hint(one: Parameter) -> Any:
        return one.annotation if one.required else Optional[one.annotation]  # noqa: UP045  # built at run time


def annotation(schema: Mapping[str, Any]) -> Any:
    """Return the type hint that says most of a JSON Schema."""
    choices = schema.get("enum")
    if isinstance(choices, list) and choices and all(isinstance(one, str) for one in choices):
        return Literal[tuple(choices)]
    parts = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(parts, list) and parts:
        return Union[tuple(annotation(one) if isinstance(one, Mapping) else Any for one in parts)]  # noqa: UP007
    kind = schema.get("type")
    if isinstance(kind, list) and kind:
        return Union[tuple(_PLAIN.get(str(one), str) for one in kind)]  # noqa: UP007
    items = schema.get("items")
    if kind == "array" and isinstance(items, Mapping):
        return list[annotation(items)]  # type: ignore[misc]  # built at run time
    if kind is None:
        return dict if "properties" in schema or "$ref" in schema else str
    return _PLAIN.get(str(kind), str)


def flat(text: str) -> str:
    """Write a stranger's text on one line, without the words that docstring parsers take for sections."""
    return _CHOICES.sub("(choices", _SECTION.sub(r"\1 -", " ".join(text.split()))) or "No description."


def _description(name: str, schema: Mapping[str, Any], shared: Mapping[str, Any]) -> str:
    said = str(schema.get("description") or schema.get("title") or name)
    if not _is_lossy(schema):
        return flat(said)
    whole = {key: value for key, value in {**schema, **shared}.items() if key != "description"}
    return flat(f"{said} JSON Schema: {json.dumps(whole, ensure_ascii=False)}")


def _is_lossy(schema: Mapping[str, Any]) -> bool:
    if set(schema) - _SAID_BY_TYPE:
        return True
    choices = schema.get("enum")
    if choices is not None and not all(isinstance(one, str) for one in choices):
        return True
    inner = [schema.get("items"), *(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    return any(_is_lossy(one) for one in inner if isinstance(one, Mapping))
