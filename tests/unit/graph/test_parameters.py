"""Typing parameters: names, schemas and descriptions of many styles, and schemas that lie."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.graph.domain.parameters import MOST_PARAMETERS, parameters
from shared.model.catalogue import ToolRecord
from shared.model.graphs import Parameter
from shared.model.values import ValueKind


def typed(schema: Any, name: str = "do", description: str = "") -> dict[str, Parameter]:
    record = ToolRecord("t", "s", "d", name, description, json.dumps(schema))
    return {one.pointer: one for one in parameters(record)}


def one(name: str, schema: dict[str, Any], tool: str = "do", description: str = "") -> Parameter:
    (parameter,) = typed({"properties": {name: schema}}, tool, description).values()
    return parameter


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("path", TEXT, ValueKind.PATH),
        ("csvFilename", TEXT, ValueKind.PATH),
        ("files", {"type": "array", "items": TEXT}, ValueKind.PATH),
        ("source_timezone", TEXT, ValueKind.TIME_ZONE),
        ("tz", {"type": "string", "description": "IANA name"}, ValueKind.TIME_ZONE),
        ("sheet_name", TEXT, ValueKind.SHEET),
        ("sheet_index", {"type": "integer"}, ValueKind.NUMBER),
        ("range", TEXT, ValueKind.CELL_RANGE),
        ("at", {"type": "string", "description": "Starting cell, e.g. 'B2'"}, ValueKind.CELL),
        ("from_unit", TEXT, ValueKind.UNIT),
        ("from_unit", {"enum": ["pound", "kilogram"]}, ValueKind.UNIT),
        ("mode", {"enum": ["fast", "slow"]}, ValueKind.ENUM_MEMBER),
        ("revision", TEXT, ValueKind.HASH),
        ("target", {"type": "string", "description": "Branch or commit to compare with"}, ValueKind.HASH),
        ("order_id", TEXT, ValueKind.IDENTIFIER),
        ("order_id", {"type": "integer"}, ValueKind.IDENTIFIER),
        ("due", {"type": "string", "format": "date"}, ValueKind.DATE),
        ("to", {"type": "string", "format": "email"}, ValueKind.EMAIL),
        ("class_name", TEXT, ValueKind.SYMBOL),
        ("author", TEXT, ValueKind.NAME),
        ("column", TEXT, ValueKind.COLUMN),
        ("table_name", TEXT, ValueKind.TABLE),
        ("currency", TEXT, ValueKind.CURRENCY),
        ("dry_run", {"type": "boolean"}, ValueKind.BOOLEAN),
        ("temperature_f", {"type": "number"}, ValueKind.QUANTITY),
        ("limit", {"type": "integer"}, ValueKind.NUMBER),
        ("content", TEXT, ValueKind.FREE_TEXT),
        ("number_format", {"type": "string", "description": "Format of dates"}, ValueKind.FREE_TEXT),
        ("sku", {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}, ValueKind.IDENTIFIER),
        ("what", {"type": "string", "examples": ["SKU-1", "SKU-22"]}, ValueKind.IDENTIFIER),
    ],
)
def test_kind_follows_name_schema_and_description(name: str, schema: dict[str, Any], kind: ValueKind) -> None:
    assert one(name, schema).kind is kind


@pytest.mark.parametrize(
    ("name", "tool", "description", "language"),
    [
        ("sql", "run", "", "sql"),
        ("query", "run", "Execute a SQL query", "sql"),
        ("query", "search_nodes", "Search for nodes", "search"),
        ("formula", "set", "", "formula"),
        ("expression", "calculate", "", "expression"),
        ("pattern", "find", "Find text by regular expression", "regex"),
        ("uri", "convert", "Convert an http:, https:, file: or data: URI", "file_uri"),
        ("content", "write", "Write SQL files", ""),
        ("path", "read", "", ""),
    ],
)
def test_language_follows_name_and_tool(name: str, tool: str, description: str, language: str) -> None:
    assert one(name, TEXT, tool, description).language == language


def test_units_come_from_name_description_or_a_parameter_beside() -> None:
    assert one("wait", {"type": "number", "description": "Time to wait in seconds."}).unit == "s"
    assert one("weight_lb", {"type": "number"}).unit == "lb"
    mass = typed({"properties": {"value": {"type": "number"}, "from_unit": TEXT, "to_unit": TEXT}})["/value"]
    assert (mass.kind, mass.unit) == (ValueKind.QUANTITY, "=/from_unit")


def test_enum_default_and_examples_are_json_texts() -> None:
    parameter = one("n", {"type": "integer", "enum": [1, 2.0], "default": 1, "examples": [2, "x"]})
    assert (parameter.enum, parameter.default_json, parameter.examples) == (("1", "2"), "1", ("2",))


def test_examples_are_read_from_prose_and_from_the_line_of_the_tool_description() -> None:
    described = "Reads.\n\nArgs:\n    start_cell (str): top-left cell, e.g. 'B2' or `C3`\n    other: no\n"
    assert one("start_cell", TEXT, "read", described).examples == ('"B2"', '"C3"')
    assert one("path", {"type": "string", "description": "like /data/a.csv"}).examples == ('"/data/a.csv"',)


def test_nested_objects_are_walked_and_required_is_only_the_top_level() -> None:
    schema = {
        "required": ["options"],
        "properties": {"options": {"$ref": "#/$defs/O"}, "path": TEXT},
        "$defs": {"O": {"type": "object", "required": ["sheet"], "properties": {"sheet": TEXT, "a/b": TEXT}}},
    }
    found = typed(schema)
    assert set(found) == {"/options/sheet", "/options/a~1b", "/path"}
    assert not found["/options/sheet"].required


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=6)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    ["properties", "items", "type", "enum", "anyOf", "$ref", "default", "required", "a", "#"]
                ),
                inner,
                max_size=4,
            ),
        ),
        max_leaves=12,
    ),
    st.text(max_size=40),
)
def test_any_schema_is_survived(schema: Any, description: str) -> None:
    assert len(typed(schema, description=description)) <= MOST_PARAMETERS
    assert len(typed({"properties": {"x": schema, "y": {"items": schema}}}, description=description)) <= MOST_PARAMETERS


def test_recursive_schemas_end() -> None:
    assert typed({"$ref": "#", "properties": {"a": {"$ref": "#"}, "b": {"properties": {"c": {"$ref": "#"}}}}})
