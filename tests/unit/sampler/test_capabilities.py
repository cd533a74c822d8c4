"""What tools can be used for, read from schema, kinds and description."""

import json
from dataclasses import replace

import pytest

from services.graph.domain.parameters import parameters
from services.sampler.domain.capabilities import Skill, abilities, toolbox
from services.sampler.domain.documents import reading
from shared.model.catalogue import Behaviour, Effect, ToolRecord
from shared.model.graphs import ObservedOutput, ToolNode
from shared.model.values import ValueKind
from tests.fakes.worlds import nodes


def test_each_made_up_tool_has_the_role_its_schema_and_description_show():
    found = {ability.node.name: ability.skill for ability in toolbox(nodes()).abilities}
    assert found == {
        "look_into": Skill.READ_TEXT,
        "ask": Skill.QUERY_FILES,
        "shift": Skill.CLOCK,
        "weigh": Skill.CONVERT_UNIT,
    }


def test_parts_are_found_by_kind_and_name():
    shift = next(node for node in nodes() if node.name == "shift")
    (ability,) = abilities(shift)
    assert dict(ability.arguments) == {"time": "at", "source": "source_zone", "target": "target_zone"}


def test_tool_that_changes_the_world_reads_nothing():
    look = nodes()[0]
    assert not abilities(replace(look, behaviour=Behaviour(Effect.WORLD)))


def test_tool_that_needs_something_more_is_left_alone():
    look = nodes()[0]
    more = replace(look.parameters[0], name="password", pointer="/password", kind=look.parameters[0].kind)
    assert not abilities(replace(look, parameters=(*look.parameters, more)))


def test_other_dialect_queries_tables():
    ask = nodes()[1]
    (ability,) = abilities(replace(ask, description="Execute a SELECT query on the SQLite database"))
    assert ability.skill is Skill.QUERY_TABLES


def test_server_names_do_not_matter():
    renamed = [replace(node, server_id=f"x{index}") for index, node in enumerate(nodes())]
    assert {a.skill for a in toolbox(renamed).abilities} == {a.skill for a in toolbox(nodes()).abilities}


def listed(name: str, description: str, **properties: object) -> ToolNode:
    schema = json.dumps({"type": "object", "properties": properties, "required": list(properties)})
    tool = ToolRecord(f"tool_{name}", "any", "", name, description, schema)
    return ToolNode(0, tool.tool_id, "any", "", name, description, schema, Behaviour(), parameters(tool))


PATH = "/workspace/notes/May minutes.docx"


@pytest.mark.parametrize(
    ("node", "skill", "arguments"),
    [
        (
            listed("run", "Run a command on this machine", command={"type": "string"}),
            Skill.SHOW_TEXT,
            {"command": f"cat '{PATH}'"},
        ),
        (
            listed("execute", "Execute a command", command={"type": "array", "items": {"type": "string"}}),
            Skill.SHOW_TEXT,
            {"command": ["cat", PATH]},
        ),
        (listed("open", "Reads a file, in chunks", path={"type": "string"}), Skill.SHOW_TEXT, {"path": PATH}),
        (
            listed(
                "load",
                "Extract content from document formats (Word, Excel)",
                file_path={"type": "string"},
                file_type={"type": "string"},
            ),
            Skill.CONVERT_DOCUMENT,
            {"file_path": PATH, "file_type": "docx"},
        ),
    ],
)
def test_readers_of_other_shapes_are_told_the_file_in_their_own_way(node, skill, arguments):
    (ability,) = abilities(node)
    assert ability.skill is skill
    assert reading(ability, PATH) == arguments


def test_rows_without_the_names_of_their_columns_answer_no_query():
    ask = next(node for node in nodes() if node.name == "ask")
    steps = [{"pointer": "/content/0/text"}, {"parse_literal": True}, {"pointer": "/0/total"}]
    named = ObservedOutput("total", ValueKind.NUMBER, locator_json=json.dumps(steps))
    bare = replace(ask, outputs=(), successes=3)
    # Before it has answered a few times, nobody knows.
    seen = (bare, replace(bare, successes=1), replace(bare, outputs=(named,)))
    assert [bool(abilities(node)) for node in seen] == [False, True, True]


def test_a_tool_for_statements_that_change_rows_reads_none():
    told = {"query": {"type": "string", "description": "SQL"}}
    write = listed("write_query", "Execute an INSERT, UPDATE, or DELETE query on the SQLite database", **told)
    read = listed("read_query", "Execute a SELECT query on the SQLite database", **told)
    assert [bool(abilities(node)) for node in (write, read)] == [False, True]
