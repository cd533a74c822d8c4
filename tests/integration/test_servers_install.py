"""Installs happen once, also when several ask at once; what runs afterwards is the installed program, offline."""

import asyncio
import json
import stat
import sys

import pytest

from shared.model.catalogue import FailureClass
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.effects import Knowledge
from shared.runtime.servers.environment import Backing, Environment
from shared.runtime.servers.failures import StartFailed
from shared.runtime.servers.install import Installer
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.programs import Programs, find_programs
from tests.fakes.launching import servers_file, world

pytestmark = pytest.mark.integration

FAKE_UV = """#!{python}
import os, sys, time
from pathlib import Path
with open({calls!r}, "a") as log:
    log.write("x")
if "broken" in sys.argv[-1]:
    sys.exit("no solution found for broken")
time.sleep(0.5)
tool = Path(os.environ["UV_TOOL_DIR"]) / "pkg"
site = tool / "lib/python3.11/site-packages/pkg-1.0.dist-info"
site.mkdir(parents=True)
(site / "RECORD").write_text("pkg/__init__.py,sha256=abc,3\\n../../../bin/pkg,sha256=path,9\\n")
(site / "METADATA").write_text("Name: pkg\\nLicense-Expression: MIT\\n\\nbody")
(tool / "bin").mkdir()
(tool / "bin/pkg").write_text("")
(tool / "pyvenv.cfg").write_text("home = /usr/bin\\nimplementation = CPython\\nversion_info = 3.11.7\\n")
Path(os.environ["UV_TOOL_BIN_DIR"]).mkdir()
(Path(os.environ["UV_TOOL_BIN_DIR"]) / "pkg").write_text("")
"""


@pytest.fixture
def fake_uv(tmp_path):
    uv, calls = tmp_path / "uv", tmp_path / "calls"
    uv.write_text(FAKE_UV.format(python=sys.executable, calls=str(calls)))
    uv.chmod(uv.stat().st_mode | stat.S_IXUSR)
    calls.write_text("")
    return Programs(uv, None, (), None), calls


def spec(tmp_path, name, *args):
    return servers_file(tmp_path, s={"command": "uvx", "args": [*args, name]}).servers[0]


async def test_one_install_serves_all_who_ask_at_once(tmp_path, fake_uv):
    programs, calls = fake_uv
    installers = [Installer(tmp_path / "cache", programs) for _ in range(3)]
    wanted = spec(tmp_path, "pkg==1.0")
    assert not installers[0].is_installed(wanted)
    found = await asyncio.gather(*(installer.install(wanted) for installer in installers))
    assert calls.read_text() == "x"
    assert len(set(found)) == 1
    assert installers[0].is_installed(wanted)
    assert (found[0].source, found[0].licence) == ("pkg 1.0", "MIT")
    assert found[0].packages[0][:2] == ("pkg", "1.0")


async def test_an_interrupted_install_is_made_anew(tmp_path, fake_uv):
    programs, calls = fake_uv
    installer = Installer(tmp_path / "cache", programs)
    first = await installer.install(spec(tmp_path, "pkg==1.0"))
    (manifest,) = (tmp_path / "cache").rglob("installed.json")
    manifest.unlink()
    assert await installer.install(spec(tmp_path, "pkg==1.0")) == first
    assert calls.read_text() == "xx"


async def test_other_pins_are_another_install(tmp_path, fake_uv):
    programs, calls = fake_uv
    installer = Installer(tmp_path / "cache", programs)
    await installer.install(spec(tmp_path, "pkg==1.0"))
    await installer.install(spec(tmp_path, "pkg==1.0", "--with", "dep<2"))
    assert calls.read_text() == "xx"


async def test_a_failed_install_says_what_the_client_said(tmp_path, fake_uv):
    programs, _ = fake_uv
    with pytest.raises(StartFailed, match="no solution found for broken") as failed:
        await Installer(tmp_path / "cache", programs).install(spec(tmp_path, "broken"))
    assert failed.value.failure_class is FailureClass.INSTALL_FAILED


async def test_a_missing_client_is_named(tmp_path):
    with pytest.raises(StartFailed, match="FIREFLY_UV"):
        await Installer(tmp_path / "cache", Programs(None, None, (), None)).install(spec(tmp_path, "pkg"))


@pytest.mark.timeout(300)
async def test_real_packages_of_both_kinds_are_installed_and_run_offline(tmp_path):
    entries = {
        "clock": {"command": "uvx", "args": ["--from", "mcp-server-time==2026.10.19", "mcp-server-time"]},
        "memory": {
            "command": "npx",
            "args": ["-y", "@modelcontextprotocol/server-memory@2026.8.31"],
            "env": {"MEMORY_FILE_PATH": "${workspace}/memory.jsonl"},
        },
    }
    made = Launcher(servers_file(tmp_path, **entries), tmp_path / "cache", tmp_path / "scratch", find_programs())
    store, digest = world(tmp_path)
    environment = Environment(Backing(store, made, Knowledge()), digest, Clock.FROZEN, tmp_path / "live")
    await environment.open()
    now = await environment.call_tool("clock", "get_current_time", '{"timezone": "UTC"}')
    assert "2026-03-02T09:30:00+00:00" in now.result_json
    entity = {"entities": [{"name": "Ada", "entityType": "person", "observations": ["likes tea"]}]}
    created = await environment.call_tool("memory", "create_entities", json.dumps(entity))
    assert created.state_after.world != created.state.world
    assert (tmp_path / "live/memory.jsonl").exists()
    assert "likes tea" in (await environment.call_tool("memory", "read_graph", "{}")).result_json
    await environment.aclose()
