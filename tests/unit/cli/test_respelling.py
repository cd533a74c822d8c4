"""What a server repeats as it was asked for is recorded in every spelling of a closed set, never made up."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import snapshot_respell
from services.simulator.adapters.live_pool import Runnable
from services.simulator.adapters.snapshot_file import read_content
from services.simulator.domain.proving import repeating
from services.simulator.domain.recordings import key_of
from shared.model.calls import Recording, State
from shared.model.catalogue import Behaviour, Effect
from shared.proof.canonical import canonical, sha256_text
from shared.proof.results import canonical_result
from shared.runtime.servers.spec import ServersFile
from tests.unit.cli.test_paths import DIGEST, WORLD, ServerPool, gathered, shelf, snapshot_of  # noqa: F401 - a fixture

FIRST = State(WORLD, "")


def recording(tool, arguments, text, is_error=False):
    result = canonical_result([{"type": "text", "text": text}], None, is_error)
    given = canonical(arguments)
    return Recording(
        f"rec_{sha256_text(tool + given)[:32]}", "files", DIGEST, tool, given, FIRST, FIRST, result,
        sha256_text(result), is_error=is_error, effect=Effect.READ_ONLY,
    )  # fmt: skip


def read(_text, _dialect):
    return None


@pytest.fixture
def content(shelf):  # noqa: F811
    """One tool that repeats paths, over one call of each kind."""
    recorded = (
        recording("read_file", {"path": "/workspace/a/b.md"}, "/workspace/a/b.md: text"),
        recording("read_file", {"path": "/workspace/c.md"}, "text alone"),
        recording("read_file", {"path": "/workspace/d.md"}, "no /workspace/d.md", is_error=True),
        recording("read_text_file", {"path": "plain"}, "plain"),
    )
    return replace(gathered(shelf).content, recordings=recorded)


def spelt(pairs):
    return {json.loads(pair.arguments_json)["path"] for pair in pairs}


def test_only_a_call_whose_result_repeats_its_path_is_spelt_and_in_few_ways(content):
    tools = {(DIGEST, "read_file"), (DIGEST, "read_text_file")}
    pairs = list(repeating(content, read, tools))
    assert {pair.recording.recording_id for pair in pairs} == {content.recordings[0].recording_id}
    assert {
        "/workspace//a/b.md",
        "/workspace/a//b.md",
        "/workspace/./a/b.md",
        "/workspace/a/./b.md",
        "a/b.md",
    } <= spelt(pairs)
    assert len(pairs) <= 7
    assert list(repeating(content, read, ())) == []


def test_paths_of_a_list_are_spelt_alike(content):
    paths = ["/workspace/a/b.md", "/workspace/c/d.md"]
    listed = recording("read_file", {"paths": paths}, "\n".join(paths))
    pairs = repeating(replace(content, recordings=(listed,)), read, {(DIGEST, "read_file")})
    found = [json.loads(pair.arguments_json)["paths"] for pair in pairs]
    assert ["/workspace//a/b.md", "/workspace//c/d.md"] in found
    assert all(len({path.count("//") for path in one}) == 1 for one in found)


class RepeatingPool(ServerPool):
    """A server that writes each path as it was asked for, and errs where it is relative."""

    async def run(self, call, keep):
        self.made[call.tool, call.arguments_json] += 1
        path = json.loads(call.arguments_json)["path"]
        is_error = not path.startswith("/")
        return keep(recording(call.tool, {"path": path}, f"{path}: text", is_error))


@pytest.mark.parametrize("effect", [Effect.READ_ONLY, Effect.UNKNOWN])
def test_the_command_records_what_the_server_said_to_each_spelling(content, tmp_path, monkeypatch, effect):
    tools = tuple(replace(tool, behaviour=Behaviour(effect)) for tool in content.tools)
    before = replace(content, tools=tools, recordings=content.recordings[:2])
    place, pool = Path(snapshot_of(tmp_path, before)), RepeatingPool({})
    (place / "runtime").mkdir()

    class Pool:
        def __init__(self, *_):
            pass

        async def __aenter__(self):
            return pool

        async def __aexit__(self, *_):
            return None

    runnable = Runnable(ServersFile(place, ()), {"files": DIGEST}, tools, place / "worlds")
    monkeypatch.setattr(snapshot_respell, "read_runtime", lambda *_: runnable)
    monkeypatch.setattr(snapshot_respell, "LivePoolThread", Pool)
    command = [str(place), str(tmp_path / "respelt"), "--json"]
    shown = CliRunner().invoke(snapshot_respell.respell, command, catch_exceptions=False)
    told = json.loads(shown.stdout.splitlines()[-1])
    after = {key_of(one): one for one in read_content(tmp_path / "respelt", (WORLD,)).recordings}
    new = [one for key, one in after.items() if key not in map(key_of, before.recordings)]
    if effect is Effect.UNKNOWN:
        assert (told["recorded"], new, pool.made) == ({}, [], Counter())
        return
    assert told["recorded"] == {"files/read_file": len(new)}
    assert len(new) == len(pool.made) > 4
    assert set(pool.made.values()) == {1}
    assert all(json.loads(one.arguments_json)["path"] in one.result_json for one in new)
    assert {one.is_error for one in new} == {True, False}, "an error is an answer too"
