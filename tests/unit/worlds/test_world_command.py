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
    about = json.loads(run("inspect", tmp_path / "three", "--json").output)
    (database,) = [path for path in about["places"] if path.endswith(".db")]
    assert about["places"][database] > 100
    assert about["entities"]["product"] == 14
    assert about["kinds"]["docx"] > 5
    assert {one["kind"] for one in about["planted"]} == {"near_duplicate", "contradiction", "missing"}
    said = run("inspect", tmp_path / "three").output
    assert database in said
    assert "trade software, size 1, locale" in said
    assert "planted: contradiction, supplier" in said


def test_many_seeds_of_one_trade_and_a_check(tmp_path):
    result = run("build", "--seed", 3, "--count", 2, "--size", 1, "--trade", "clinic", "--out", tmp_path, "--json")
    assert result.exit_code == 0, result.output
    assert [(one["seed"], one["trade"], one["folder"]) for one in json.loads(result.output)] == [
        (3, "clinic", str(tmp_path / "3")), (4, "clinic", str(tmp_path / "4")),
    ]  # fmt: skip
    checked = run("inspect", "--check", tmp_path / "3", "--json")
    assert checked.exit_code == 0, checked.output
    assert json.loads(checked.output)["support"]["linked"] >= 22
    for path in (tmp_path / "4" / "files").rglob("*.[mdh][dot]*"):
        path.unlink()
    poor = run("inspect", "--check", tmp_path / "4")
    assert poor.exit_code == 1
    assert "supports too few questions" in poor.output


def test_a_seed_that_supports_nothing_is_dropped_with_a_sentence(tmp_path, monkeypatch):
    from worlds import builder
    from worlds.supporting import Support

    found = [*[Support(0, 0, 0, 0, 0)] * builder.REVISIONS, Support(3, 3, 30, 9, 90)]
    monkeypatch.setattr(builder, "support", lambda files: found.pop(0))
    result = run("build", "--seed", 3, "--count", 2, "--size", 1, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "dropped: seed 3 was drawn 4 times" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["4"]


def test_a_manifest_is_built_again(tmp_path):
    run("build", "--seed", 3, "--size", 1, "--out", tmp_path / "three")
    result = run("build", "--from", tmp_path / "three" / "manifest.json", "--out", tmp_path / "again", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads((tmp_path / "three" / "manifest.json").read_text())
    assert json.loads(result.output)["world_digest"] == said["world_digest"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seed", 3, "--trade", "piracy"], "--trade piracy does not exist: give one of bakery, bicycles"),
        ([], "give either --seed"),
        (["--seed", 3, "--from", "manifest.json"], "give either --seed"),
        (["--from", "nowhere.json"], "nowhere.json cannot be read as JSON"),
    ],
)
def test_what_cannot_be_built_is_said_in_one_line(tmp_path, arguments, said):
    result = run("build", *arguments, "--out", tmp_path / "world")
    assert result.exit_code == 1
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1


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
