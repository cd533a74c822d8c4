"""Typing every parameter of a tool from its name, its schema, and what descriptions say of it.

Two conventions of `Parameter`: `unit` may be `=/from_unit`, then another parameter names the unit; `language` is `sql`,
`formula`, `expression`, `regex`, `glob`, `syntax_query`, `code`, `command`, `markdown`, `html`, `json`, `color`,
`search` (a text to look for) or `file_uri` (a path goes in with `file://` before it).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from services.graph.domain import parameter_words as table
from services.graph.domain.descriptions import describe, examples
from shared.model.catalogue import ToolRecord
from shared.model.errors import Rejected
from shared.model.graphs import Parameter
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from shared.proof.kinds import classify
from shared.proof.locators import pointer
from shared.proof.schemas import non_null_branches, object_schema, read_schema, resolve
from shared.proof.units import find_unit, unit_of_key
from shared.proof.words import words
from shared.proof.zones import ZONES

MOST_PARAMETERS = 60
_DEPTH = 3
_MOST_ENUM = 200
_NUMERIC = frozenset({"number", "integer"})
_TEXTUAL = frozenset({"string", "array", ""})


def parameters(tool: ToolRecord) -> tuple[Parameter, ...]:
    """List a tool's parameters, nested objects included, at most 60; a schema that lies has fewer."""
    root = read_schema(tool.input_schema_json)
    found = list(_walk(tool, root, root, (), 0))[:MOST_PARAMETERS]
    return tuple(_with_unit_beside(parameter, found) for parameter in found)


def head_word(name: str) -> str:
    """The word that says what a name names: `sheet` in `sheetName`, `file` in `file_path`'s `path`."""
    parts = words(name)
    while len(parts) > 1 and parts[-1] in table.TAILS:
        parts = parts[:-1]
    return parts[-1] if parts else ""


def _walk(
    tool: ToolRecord, schema: Any, root: Mapping[str, Any], path: tuple[str, ...], depth: int
) -> Iterator[Parameter]:
    shape = object_schema(schema, root)
    for name, declared in shape.properties.items():
        resolved = _effective(resolve(declared, root), root)
        inner = (*path, name)
        is_object = bool(object_schema(resolved, root).properties) and _json_type(resolved) in ("object", "")
        if is_object and depth < _DEPTH:
            yield from _walk(tool, resolved, root, inner, depth + 1)
        else:
            # Required within an optional object is not required of a call.
            yield _parameter(tool, inner, resolved, root, name in shape.required and depth == 0)


def _effective(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take the first non-null branch of a union for its type, and keep what stands beside the union."""
    branches = non_null_branches(schema, root)
    if not branches:
        return schema
    # A branch with an enum says more than "or any string" beside it.
    first = next((branch for branch in branches if "enum" in branch), branches[0])
    return {**first, **{key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}}


def _parameter(
    tool: ToolRecord, path: tuple[str, ...], schema: Mapping[str, Any], root: Mapping[str, Any], required: bool
) -> Parameter:
    name, json_type = path[-1], _json_type(schema)
    items = _effective(resolve(schema.get("items"), root), root) if json_type == "array" else {}
    enum = _enum(schema) or _enum(items)
    said = describe(name, schema, tool.description)
    # `source` and `from` say a direction only; what kind of thing is in the tool's own sentence.
    if not said and words(name)[-1:] and words(name)[-1] in table.VAGUE:
        said = tool.description
    shown = examples(schema, said)
    language = "" if enum else _language(path, said, tool, _json_type(items) if items else json_type)
    kind, unit = _kind(name, json_type, items or schema, said, enum)
    if not enum and kind is ValueKind.FREE_TEXT and not language and json_type in _TEXTUAL:
        kind = _kind_of_examples(shown, name)
        language = "search" if kind is ValueKind.FREE_TEXT and _searches(path, tool) else ""
    default = _canonical(schema["default"]) if "default" in schema else ""
    return Parameter(pointer(*path), name, kind, json_type, required, enum, default, shown, language, unit)


def _json_type(schema: Mapping[str, Any]) -> str:
    declared = schema.get("type")
    names = declared if isinstance(declared, list) else [declared]
    known = [name for name in names if isinstance(name, str) and name != "null"]
    if known:
        return known[0]
    return "string" if any(isinstance(value, str) for value in _listed(schema, "enum")) else ""


def _enum(schema: Mapping[str, Any]) -> tuple[str, ...]:
    values = _listed(schema, "enum") or ([schema["const"]] if "const" in schema else [])
    return tuple(text for text in map(_canonical, values[:_MOST_ENUM]) if text)


def _listed(schema: Mapping[str, Any], key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _kind(
    name: str, json_type: str, schema: Mapping[str, Any], said: str, enum: tuple[str, ...]
) -> tuple[ValueKind, str]:
    if enum:
        return _kind_of_enum(name, enum), ""
    if json_type == "boolean":
        return ValueKind.BOOLEAN, ""
    if json_type in _NUMERIC or _json_type(schema) in _NUMERIC:
        return _number_kind(name, json_type, said)
    if (declared := table.FORMATS.get(str(schema.get("format")))) is not None:
        return declared, ""
    return _kind_of_name(name) or _kind_of_prose(name, said), ""


def _number_kind(name: str, json_type: str, said: str) -> tuple[ValueKind, str]:
    unit = unit_of_key(name) or unit_of_key(_in_unit(said))
    if unit:
        return ValueKind.QUANTITY, unit
    if json_type == "integer" and {"id", "ids"} & set(words(name)[-1:]):
        return ValueKind.IDENTIFIER, ""
    return ValueKind.NUMBER, ""


def _in_unit(said: str) -> str:
    """The word after `in` at the end of a first sentence: `Wait time in seconds`."""
    sentence = said.split("\n")[0].split(". ")[0].split(" (")[0].rstrip(". ")
    before, found, after = sentence.rpartition(" in ")
    return f"x_{after.strip()}" if found and before and find_unit(after.strip()) else ""


def _kind_of_enum(name: str, enum: tuple[str, ...]) -> ValueKind:
    texts = [text.strip('"') for text in enum]
    if all(text in ZONES for text in texts):
        return ValueKind.TIME_ZONE
    known = sum(bool(find_unit(text)) for text in texts)
    # `from` and `to` are also dates and places: there every member has to be a unit.
    if (known > 1 and {"unit", "units"} & set(words(name))) or (
        known == len(texts) > 1 and {"from", "to"} & set(words(name))
    ):
        return ValueKind.UNIT
    return ValueKind.ENUM_MEMBER


def _kind_of_name(name: str) -> ValueKind | None:
    parts = words(name)
    for word in (head_word(name), *parts[-1:]):
        for kind, heads in table.HEADS:
            if word in heads:
                return kind
    return None


def _kind_of_prose(name: str, said: str) -> ValueKind:
    if head_word(name) in table.STEERING:
        return ValueKind.FREE_TEXT
    first = said.split("\n")[0]
    return next((kind for kind, pattern in table.NOUNS if pattern.search(first)), ValueKind.FREE_TEXT)


def _kind_of_examples(shown: tuple[str, ...], name: str) -> ValueKind:
    """Where names and prose say nothing, the kind that all examples have."""
    kinds = {classify(text.strip('"'), name)[0] for text in shown[:4] if text.startswith('"')}
    telling = kinds - {ValueKind.FREE_TEXT, ValueKind.SYMBOL, ValueKind.BOOLEAN, ValueKind.NUMBER}
    return telling.pop() if len(kinds) == 1 and telling else ValueKind.FREE_TEXT


def _language(path: tuple[str, ...], said: str, tool: ToolRecord, json_type: str) -> str:
    if json_type not in ("string", ""):
        return ""
    name = path[-1]
    parts = set(words(name))
    around = f"{tool.name.replace('_', ' ')} {tool.description[:600]}"
    for language, names, pattern in table.LANGUAGES:
        context = said if said and language in ("glob", "regex") else f"{name} {said} {around}"
        if names & parts and (parts & names & table.ALWAYS_LANGUAGE or pattern.search(context)):
            return language
    if _searches(path, tool):
        return "search"
    return "file_uri" if table.FILE_URI.search(said or tool.description[:600]) and _names_uri(name) else ""


def _searches(path: tuple[str, ...], tool: ToolRecord) -> bool:
    around = f"{tool.name.replace('_', ' ')} {tool.description[:600]}"
    return len(path) == 1 and bool(set(words(path[0])) & table.SEARCH) and bool(table.SEARCHING.search(around))


def _names_uri(name: str) -> bool:
    return bool({"uri", "url", "uris", "urls"} & set(words(name)))


def _with_unit_beside(parameter: Parameter, siblings: list[Parameter]) -> Parameter:
    """A number whose unit another parameter names is a quantity in that unit."""
    if parameter.kind is not ValueKind.NUMBER or set(words(parameter.name)) & table.CONTROL:
        return parameter
    # `to_unit` says what comes out; what a number goes in with is the other one.
    named = [other for other in siblings if _names_unit(other) and "to" not in words(other.name)]
    if len(named) != 1:
        return parameter
    return replace(parameter, kind=ValueKind.QUANTITY, unit=f"={named[0].pointer}")


def _names_unit(parameter: Parameter) -> bool:
    return parameter.kind is ValueKind.UNIT or (bool(parameter.enum) and "unit" in words(parameter.name))


def _canonical(value: Any) -> str:
    try:
        return canonical(value)
    except Rejected:
        return ""
