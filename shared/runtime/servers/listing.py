"""Lenient reading of `tools/list`: one malformed tool costs that tool, not the server."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from shared.runtime.servers.json_text import json_text

_NAME_LENGTH = 256
_SCHEMA_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool as the server listed it; schemas and annotations as JSON text with every digit kept."""

    name: str
    description: str
    input_schema_json: str
    title: str = ""
    output_schema_json: str = ""
    annotations_json: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a server offers, and what of it was left out."""

    tools: tuple[ListedTool, ...]
    defects: tuple[str, ...]


def read_tools(raw: Iterable[Any]) -> Listing:
    """Keep the tools that can be called; say of each other one why not."""
    tools: dict[str, ListedTool] = {}
    defects = []
    for number, item in enumerate(raw):
        tool = _tool(item, number)
        if isinstance(tool, str):
            defects.append(tool)
        elif tool.name in tools:
            defects.append(f"tool {tool.name!r} is listed again; the first one is kept")
        else:
            tools[tool.name] = tool
    return Listing(tuple(tools.values()), tuple(defects))


def _tool(item: object, number: int) -> ListedTool | str:
    if not isinstance(item, Mapping):
        return f"entry {number} is no object"
    name = item.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > _NAME_LENGTH:
        return f"entry {number} has no usable name"
    if defect := _schema_defect(item.get("inputSchema")):
        return f"tool {name!r}: input schema {defect}"
    output, defect = item.get("outputSchema"), ""
    if output is not None:
        defect = _output_defect(output)
    annotations = item.get("annotations")
    return ListedTool(
        name=name,
        description=_text(item.get("description")),
        input_schema_json=json_text(item["inputSchema"]),
        title=_text(item.get("title")),
        # A wrong output schema costs the tool nothing but that schema: results are read as they come.
        output_schema_json="" if output is None or defect else json_text(output),
        annotations_json=json_text(annotations) if isinstance(annotations, Mapping) else "",
    )


def _schema_defect(schema: object) -> str:
    if not isinstance(schema, Mapping):
        return "is missing or no object"
    # Servers leave `type` out; arguments are an object whatever the schema says.
    if schema.get("type", "object") != "object":
        return "does not describe an object"
    return _output_defect(schema)


def _output_defect(schema: object) -> str:
    if not isinstance(schema, Mapping | bool):
        return "is no schema"
    try:
        text = json_text(schema)
        if len(text) > _SCHEMA_BYTES:
            return f"is longer than {_SCHEMA_BYTES} bytes"
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return f"is not valid: {' '.join(str(error.message).split())[:160]}"
    except RecursionError:
        return "is nested too deep"
    return ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
