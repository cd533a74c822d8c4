"""Arguments for probes agree with the schema, with one another, and with the world."""

import json

import jsonschema
import pytest

from services.crawler.domain.arguments import look_arounds, surroundings, takes_paths, variants
from services.crawler.domain.mending import mended
from services.crawler.domain.ports import ListedTool
from shared.model.catalogue import WorldColumn, WorldFile, WorldRecord, WorldTable
from shared.model.values import ValueKind
from shared.proof.results import canonical_result

WORLD = WorldRecord(
    "0" * 64,
    "test",
    "2026-03-02T09:30:00+00:00",
    files=tuple(
        WorldFile(path, 10, "", title=title)
        for path, title in (
            ("notes/meeting.md", "Supplier meeting"),
            ("finance/budget.xlsx", ""),
            ("sales/orders.csv", ""),
            ("repo/.git/HEAD", ""),
            ("repo/pricing.py", ""),
            ("contracts/lease.docx", ""),
        )
    ),
    tables=(
        WorldTable(
            "finance/budget.xlsx",
            "Purchasing",
            "xlsx",
            (WorldColumn("Item", ValueKind.NAME, samples=("Burr Grinder",)),),
            3,
        ),
    ),
)


def tool(tool_name, description="", required=None, /, **properties):
    names = list(properties) if required is None else required
    schema = {"type": "object", "properties": properties, "required": names}
    return ListedTool(tool_name, description, json.dumps(schema))


def first(wanted, *others):
    around = surroundings((wanted, *others), WORLD)
    arguments = json.loads(variants(wanted, around, 3)[0])
    jsonschema.validate(arguments, json.loads(wanted.input_schema_json))
    return arguments


STRING, NUMBER = {"type": "string"}, {"type": "number"}


def test_workbook_and_sheet_belong_together():
    found = first(tool("read_range", "Read cells of an Excel workbook", path=STRING, sheet=STRING, range=STRING))
    assert found == {"path": "/workspace/finance/budget.xlsx", "sheet": "Purchasing", "range": "A1:C5"}


@pytest.mark.parametrize(
    ("name", "description", "parameter", "value"),
    [
        ("read_text_file", "Read a markdown file", "path", "/workspace/notes/meeting.md"),
        ("get_document_text", "Text of a Word document", "filename", "/workspace/contracts/lease.docx"),
        ("git_log", "Shows the commits", "repo_path", "/workspace/repo"),
        ("list_directory", "List a directory", "path", "/workspace/notes"),
        ("convert", "Convert a document to markdown", "uri", "file:///workspace/notes/meeting.md"),
        ("import_rows", "Import rows", "csv_path", "/workspace/sales/orders.csv"),
        ("create_document", "Create a Word document", "filename", "/workspace/firefly-probe.docx"),
        ("get_current_time", "", "timezone", "Europe/Paris"),
        ("git_show", "", "revision", "HEAD"),
        ("run", "Run a SQL statement", "query", "SELECT 1 AS one"),
        ("calculate", "", "expression", "2 + 3 * 4"),
    ],
)
def test_strings_fit_their_names(name, description, parameter, value):
    assert first(tool(name, description, **{parameter: STRING})) == {parameter: value}


def test_enums_defaults_and_bounds_are_kept():
    found = first(
        tool(
            "compare",
            "",
            unit={"type": "string", "enum": ["kg", "lb"]},
            count={"type": "integer", "minimum": 5},
            mode={"type": "string", "default": "full"},
            matrix={"type": "array", "items": {"type": "array", "items": NUMBER}},
        )
    )
    assert found == {"unit": "kg", "count": 5, "mode": "full", "matrix": [[2, 1], [1, 3]]}


def test_text_is_asked_for_instead_of_pictures():
    kind = {"type": "string", "enum": ["png", "svg", "option"], "default": "png"}
    assert first(tool("chart", "", [], output=kind)) == {"output": "option"}


def test_optional_members_are_left_to_their_defaults():
    assert first(tool("look", "", [], depth={"type": "integer", "default": 3}, note=STRING)) == {}


def test_references_and_unions_are_followed():
    schema = {
        "type": "object",
        "$defs": {"Point": {"type": "object", "properties": {"x": NUMBER}, "required": ["x"]}},
        "properties": {"at": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Point"}]}},
        "required": ["at"],
    }
    wanted = ListedTool("move_point", "", json.dumps(schema))
    assert first(wanted) == {"at": {"x": 2}}


def test_a_folder_is_registered_under_the_name_that_others_go_by():
    register = tool("register_project", "", ["path"], path=STRING, name=STRING)
    symbols = tool("get_symbols", "Symbols of a source file", project=STRING, file_path=STRING)
    assert first(register, symbols) == {"path": "/workspace", "name": "probe"}
    assert first(symbols, register) == {"project": "probe", "file_path": "repo/pricing.py"}


def test_every_schema_gives_some_arguments():
    for schema in ({}, {"type": "object"}, {"properties": {"a": True}, "required": ["a"]}, {"$ref": "#/nowhere"}):
        wanted = ListedTool("odd", "", json.dumps(schema))
        assert variants(wanted, surroundings((wanted,), WORLD), 2)


def test_takes_paths_sees_what_may_name_the_world():
    assert takes_paths(tool("a", "", file_path=STRING))
    assert takes_paths(tool("a", "", sql=STRING))
    assert takes_paths(tool("a", "", options={"type": "object", "properties": {"folder": STRING}}))
    assert not takes_paths(tool("a", "", value=NUMBER, unit=STRING))


@pytest.mark.parametrize(
    ("arguments", "text", "expected"),
    [
        ({"sheet": "Dry"}, "Sheet 'Dry' not found. Available sheets: 'Cold', 'Wet'.", {"sheet": "Cold"}),
        ({"kind": "x"}, "'x' is not valid; must be one of: local, remote, all", {"kind": "local"}),
        (
            {"a": {"unit": "stone"}},
            "Unknown unit 'stone'. Supported: kilogram, pound",
            {"a": {"unit": "kilogram"}},
        ),
        ({"sheet": "Dry"}, "Sheet 'Dry' not found. Available: none.", None),
        ({"sheet": "Dry"}, "something else went wrong", None),
    ],
)
def test_mended_takes_what_an_error_offers(arguments, text, expected):
    result = canonical_result([{"type": "text", "text": text}], None, True)
    found = mended(json.dumps(arguments), result)
    assert (json.loads(found) if found else None) == expected


@pytest.mark.parametrize("default", ["", "."])
def test_a_place_taken_for_granted_is_said_where_the_default_does_not_help(default):
    listing = tool("list_workbooks", "List Excel files", [], directory={**STRING, "default": default})
    around = surroundings((listing,), WORLD)
    assert variants(listing, around, 2) == ("{}", '{"directory":"/workspace/finance"}')


def looked_at(wanted, *others):
    return [json.loads(found) for _, found in look_arounds(wanted, surroundings((wanted, *others), WORLD))]


def test_looking_around_names_every_place_once():
    folders = {"/workspace", *(f"/workspace/{name}" for name in ("notes", "finance", "sales", "repo", "contracts"))}
    listed = [one["path"] for one in looked_at(tool("list_directory", "List a directory", path=STRING))]
    assert (set(listed), len(listed)) == (folders, 6)
    told = [one["path"] for one in looked_at(tool("get_file_info", "Facts about a file", path=STRING))]
    assert folders < set(told)
    assert {f"/workspace/{one.path}" for one in WORLD.files if "/.git/" not in one.path} < set(told)
    assert len(told) == len(set(told))
    sheets = looked_at(tool("describe_sheet", "Columns of a sheet of an Excel workbook", path=STRING, sheet=STRING))
    assert sheets[0] == {"path": "/workspace/finance/budget.xlsx", "sheet": "Purchasing"}
    assert looked_at(tool("git_status", "Working tree", repo_path=STRING)) == [{"repo_path": "/workspace/repo"}]
    assert looked_at(tool("list_tables", "", [], schema=STRING)) == [{}]


def test_what_needs_more_than_a_place_is_no_looking_around():
    assert looked_at(tool("search_files", "Search files", path=STRING, pattern=STRING)) == []
    assert looked_at(tool("convert_to_pdf", "", path=STRING, output_path=STRING)) == []
    register = tool("register_project", "", ["path"], path=STRING, name=STRING)
    assert looked_at(tool("list_files", "", project=STRING), register) == []
