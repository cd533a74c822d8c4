import json

import pytest
from click.testing import CliRunner

from cli.world import world

pytestmark = pytest.mark.unit


def run(*arguments):
    return CliRunner().invoke(world, [str(argument) for argument in arguments])


def test_build_prints_what_was_built(tmp_path):
    result = run("build", "--seed", 3, "--size", 1, "--out", tmp_path / "three", "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.output)
    assert (summary["seed"], summary["size"], len(summary["world_digest"])) == (3, 1, 64)
    assert summary["files"] > 60


def test_list_and_inspect_show_built_worlds(tmp_path):
    run("build", "--seed", 3, "--size", 1, "--out", tmp_path / "three")
    run("build", "--seed", 4, "--size", 1, "--out", tmp_path / "four")
    listed = json.loads(run("list", tmp_path, "--json").output)
    assert [(found["seed"], found["folder"]) for found in listed] == [
        (4, str(tmp_path / "four")), (3, str(tmp_path / "three")),
    ]  # fmt: skip
    assert "four" in run("list", tmp_path).output
    places = json.loads(run("inspect", tmp_path / "three", "--json").output)["places"]
    assert places["data/shop.db"] > 100
    assert "data/shop.db" in run("inspect", tmp_path / "three").output


def test_a_folder_that_is_not_a_world_is_not_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    result = run("build", "--seed", 3, "--out", tmp_path)
    assert result.exit_code == 1
    assert "is not a world" in result.output


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_inspecting_what_is_no_world_says_so_in_one_line(tmp_path, text):
    if text is not None:
        (tmp_path / "world.json").write_text(text)
    result = run("inspect", tmp_path)
    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1
    assert "world.json" in result.output
