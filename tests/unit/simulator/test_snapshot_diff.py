"""Two snapshots compared: every difference a caller would notice is named, nothing else is."""

import json
from dataclasses import replace

import pytest

from cli.__main__ import run
from services.simulator.adapters.snapshot_file import write_snapshot
from services.simulator.domain.snapshot_diff import ToolDiff, compare
from services.simulator.domain.spelling import SpellingRule
from shared.model.calls import Stability
from shared.model.catalogue import PathMode
from tests.fakes import dataset
from tests.fakes.office import Office

pytestmark = pytest.mark.unit


def swapped(content, old, new):
    return replace(content, recordings=tuple(new if one is old else one for one in content.recordings))


def cited(content, number):
    name = content.tasks[0].task.reference[number].recording_id
    return next(one for one in content.recordings if one.recording_id == name)


def test_content_that_answers_the_same_has_no_difference():
    content = dataset.content()
    seen_later = tuple(
        replace(one, observed_at="2027-01-01T00:00:00+00:00", stability=Stability.UNTESTED)
        for one in reversed(content.recordings)
    )
    assert compare(content, replace(content, recordings=seen_later)).is_empty


def test_changed_answer_names_its_tool_and_the_tasks_that_used_it():
    content = dataset.content()
    old = cited(content, 1)
    new = replace(old, recording_id="rec_new", result_sha256="0" * 64)
    found = compare(content, swapped(content, old, new))
    assert found.tools == (ToolDiff("desk", "find_order", 0, 0, 1),)
    assert found.tasks_affected == (content.tasks[0].task.task_id,)
    assert not found.tasks_changed


@pytest.mark.parametrize(
    "change",
    [
        {"stability": Stability.UNSTABLE},
        {"is_error": True},
        {"state_after": Office().state("desk").__class__("elsewhere")},
    ],
)
def test_same_result_served_otherwise_is_a_change(change):
    content = dataset.content()
    old = cited(content, 0)
    assert [one.changed for one in compare(content, swapped(content, old, replace(old, **change))).tools] == [1]


def test_other_path_mode_is_another_call():
    content = dataset.content()
    old = cited(content, 0)
    found = compare(content, swapped(content, old, replace(old, path_mode=PathMode.MAPPED)))
    assert [(one.added, one.removed, one.changed) for one in found.tools] == [(1, 1, 0)]
    assert found.tasks_affected == (content.tasks[0].task.task_id,)


def test_new_version_of_a_server_with_the_same_answers_shows_as_a_server_only():
    content = dataset.content()
    servers = tuple(replace(one, server_digest="f" * 64) for one in content.servers)
    recordings = tuple(replace(one, server_digest="f" * 64) for one in content.recordings)
    tools = tuple(replace(one, server_digest="f" * 64, tool_id=f"new_{one.name}") for one in content.tools)
    found = compare(content, replace(content, servers=servers, recordings=recordings, tools=tools))
    assert found.servers_changed == ("desk", "files")
    assert (found.tools, found.definitions_changed, found.tasks_affected) == ((), (), ())


def test_tasks_tools_and_worlds_of_one_side_are_named():
    content = dataset.content()
    other, _ = dataset.order_task(" Tell me.")
    tools = (replace(content.tools[0], description="another text"), *content.tools[2:])
    second = replace(content, tasks=(other,), tools=tools, world_digests=("w" * 64,))
    found = compare(content, second)
    assert found.tasks_added == (other.task.task_id,)
    assert found.tasks_removed == (content.tasks[0].task.task_id,)
    assert found.definitions_changed == tuple(sorted((one.server_id, one.name) for one in content.tools[:2]))
    assert (found.worlds_added, found.worlds_removed) == (("w" * 64,), content.world_digests)


def test_spelling_rules_of_one_side_and_rules_shown_otherwise_are_named(tmp_path, capsys):
    tool = dataset.content().tools[0]
    rule = SpellingRule(tool.server_digest, tool.name, "/path", "path_dots", 30, 30, 28)
    sql = SpellingRule(tool.server_digest, tool.name, "/sql", "duckdb_case", 30, 30, 28)
    first = replace(dataset.content(), spellings=(rule, sql))
    second = replace(first, spellings=(replace(sql, pairs=31), replace(rule, rule="path_root")))
    assert compare(first, replace(first, spellings=(sql, rule))).is_empty
    found = compare(first, second)
    named = (tool.server_id, tool.name)
    assert found.spellings_added == ((*named, "/path", "path_root"),)
    assert found.spellings_removed == ((*named, "/path", "path_dots"),)
    assert found.spellings_changed == ((*named, "/sql", "duckdb_case"),)
    folders = dataset.world_folders(tmp_path / "worlds")
    for name, content in (("one", first), ("two", second)):
        write_snapshot(content, folders, tmp_path / name, "test")
    with pytest.raises(SystemExit):
        run(["snapshot", "diff", str(tmp_path / "one"), str(tmp_path / "two")])
    told = capsys.readouterr().out
    assert f"spelling rules added: 1 ({'/'.join(named)} /path path_root)" in told
    assert f"spelling rules changed: 1 ({'/'.join(named)} /sql duckdb_case)" in told


def test_command_says_it_in_exit_codes_lines_and_json(tmp_path, capsys):
    content = dataset.content()
    worlds = dataset.world_folders(tmp_path / "worlds")
    old = cited(content, 0)
    fewer = replace(content, recordings=tuple(one for one in content.recordings if one is not old))
    for name, made in (("a", content), ("same", content), ("b", fewer)):
        write_snapshot(made, worlds, tmp_path / name, "test")
    assert run(["snapshot", "diff", str(tmp_path / "a"), str(tmp_path / "same")]) == 0
    with pytest.raises(SystemExit) as differs:
        run(["snapshot", "diff", str(tmp_path / "a"), str(tmp_path / "b"), "--json"])
    assert differs.value.code == 1
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["same"], said["tools"][0]["removed"]) == (False, 1)
    assert said["tasks_affected"] == [content.tasks[0].task.task_id]
    assert run(["snapshot", "diff", str(tmp_path / "a"), str(tmp_path / "nowhere")]) == 2
    assert "holds no snapshot" in capsys.readouterr().err
