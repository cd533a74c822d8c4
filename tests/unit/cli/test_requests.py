"""What is crawled where: worlds of the command line stand in for those of the file."""

import json
from pathlib import Path

import pytest

from cli.running.requests import plan
from shared.model.errors import BadInput
from shared.runtime.servers.spec import ServersFile, read_servers
from shared.runtime.servers.world_store import WorldStore

pytestmark = pytest.mark.unit


@pytest.fixture
def servers(tmp_path: Path) -> ServersFile:
    document = {
        "x-firefly": {"world": "not built"},
        "mcpServers": {"a": {"command": "x"}, "b": {"command": "x", "x-firefly": {"world": "own"}}},
    }
    (tmp_path / "mcp.json").write_text(json.dumps(document))
    world(tmp_path / "own", "of b")
    return read_servers(tmp_path / "mcp.json")


def world(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "a.txt").write_text(text)
    return folder


def test_worlds_of_the_command_line_stand_in_for_one_that_was_never_built(servers: ServersFile, tmp_path: Path) -> None:
    store = WorldStore(tmp_path / "store")
    given = world(tmp_path / "given", "here")
    crawl = plan(servers, (given,), store)
    assert crawl.worlds_by_server["a"] == (store.add(given),)
    assert crawl.worlds_by_server["b"] == (store.add(tmp_path / "own"),)


def test_a_world_that_is_needed_and_missing_is_refused_with_file_and_server(
    servers: ServersFile, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="is no folder; build one") as refused:
        plan(servers, (), WorldStore(tmp_path / "store"))
    assert str(servers.path) in str(refused.value)
    assert "'a'" in str(refused.value)
