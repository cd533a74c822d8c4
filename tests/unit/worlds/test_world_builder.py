import hashlib
import json
import os
import subprocess
import sys

import pytest

from shared.model.errors import BadInput
from shared.runtime.servers.world_store import WorldStore
from worlds import build

pytestmark = pytest.mark.unit

EXAMPLE_DIGEST = "09a5142ad6bf22e6899a400fbf053b342aa840518b45e0a6a75c9e76f34cf3e4"


def _bytes(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_building_twice_gives_the_same_bytes_also_in_another_process(tmp_path):
    first = build(5, 1, tmp_path / "first")
    code = "import sys, pathlib, worlds; worlds.build(5, 1, pathlib.Path(sys.argv[1]))"
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "second")], check=True, env=environment, timeout=60)
    assert _bytes(first) == _bytes(tmp_path / "second")


def test_the_example_world_is_the_one_everybody_has(tmp_path):
    manifest = json.loads((build(7, 3, tmp_path / "world") / "manifest.json").read_text())
    assert manifest["world_digest"] == EXAMPLE_DIGEST


@pytest.mark.parametrize("name", ["clinic", "law"])
def test_a_trade_can_be_asked_for(tmp_path, name):
    manifest = json.loads((build(7, 1, tmp_path / "world", name) / "manifest.json").read_text())
    assert manifest["trade"] == name
    with pytest.raises(BadInput, match="--trade piracy does not exist"):
        build(7, 1, tmp_path / "other", "piracy")


def test_the_store_names_a_world_as_its_manifest_does(world, tmp_path):
    manifest = json.loads((world / "manifest.json").read_text())
    assert WorldStore(tmp_path / "store").add(world) == manifest["world_digest"]


def test_seed_manifest_and_index_lie_outside_the_mount(world):
    assert {path.name for path in world.iterdir()} == {"files", "world.json", "manifest.json", "entities.json"}
    assert json.loads((world / "world.json").read_text())["files"] == "files"


def test_another_seed_gives_another_company_and_layout(tmp_path):
    one, two = build(1, 1, tmp_path / "one"), build(2, 1, tmp_path / "two")
    assert json.loads((one / "world.json").read_text())["name"] != json.loads((two / "world.json").read_text())["name"]
    assert {path.name for path in (one / "files").iterdir()} != {path.name for path in (two / "files").iterdir()}


def test_a_larger_size_holds_more(tmp_path):
    counts = [len(_bytes(build(3, size, tmp_path / str(size)))) for size in (1, 3, 5)]
    assert counts == sorted(set(counts))


def test_what_servers_need_is_there(world):
    for path in ("repo/.git/HEAD", "vault/.obsidian/app.json", "Makefile", ".gitignore",
                 "eslint.config.js", "openapi.json"):  # fmt: skip
        assert (world / "files" / path).is_file()
    assert len(list((world / "files/data").glob("*.db"))) == 1
    suffixes = {path.suffix for path in (world / "files").rglob("*")}
    assert suffixes >= {".csv", ".json", ".md", ".html", ".xlsx", ".docx", ".py", ".log"}


def test_an_older_world_is_replaced_but_nothing_else(tmp_path):
    build(1, 1, tmp_path / "world")
    (tmp_path / "world" / "files" / "stray.txt").write_text("old")
    build(1, 1, tmp_path / "world")
    assert not (tmp_path / "world" / "files" / "stray.txt").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="is not a world"):
        build(1, 1, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("size", [0, 6, -1])
def test_a_size_that_does_not_exist_is_refused(tmp_path, size):
    with pytest.raises(BadInput, match="from 1 to 5"):
        build(1, size, tmp_path / "world")
