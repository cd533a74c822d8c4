"""Bad input costs one sentence that says what, where and what to do, and the exit code says which kind it was."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cli.__main__ import ExitCode
from cli.data_folder import DataFolder
from cli.embedded import ports
from cli.embedded.folders import prepare
from shared.model.errors import BadInput

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
BAD_INPUT, UNAVAILABLE = ExitCode.BAD_INPUT, ExitCode.UNAVAILABLE


def firefly(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def refusal(done: subprocess.CompletedProcess[str], code: int = BAD_INPUT) -> str:
    """The one sentence on stderr."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "verified" not in done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("firefly: ")
    assert "Traceback" not in line
    return line


def servers_file(tmp_path: Path, text: str = '{"mcpServers": {"one": {"command": "uvx", "args": ["a"]}}}') -> Path:
    path = tmp_path / "mcp.json"
    path.write_text(text)
    return path


def test_unknown_command() -> None:
    assert "No such command 'frobnicate'; see `firefly --help`" in refusal(firefly("frobnicate"))


def test_unknown_option() -> None:
    line = refusal(firefly("up", "--untill", "3"))
    assert "No such option" in line
    assert line.endswith("; see `firefly up --help`")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "there is no such file"),
        ("{not json", "is not JSON"),
        ("{}", "has no servers"),
        ('{"mcpServers": {}}', "has no servers"),
        ('{"mcpServers": {"a": {}}}', "server 'a'"),
        (
            '{"mcpServers": {"a": {"command": "x"}}, "x-firefly": {"world": "nowhere"}}',
            "build one with `firefly world build`",
        ),
    ],
)
def test_servers_file_that_cannot_be_used(tmp_path: Path, text: str | None, why: str) -> None:
    path = tmp_path / "mcp.json"
    if text is not None:
        path.write_text(text)
    line = refusal(firefly("up", "--servers", path, "--data", tmp_path / "data"))
    assert str(path) in line
    assert why in line


def test_world_that_is_no_folder(tmp_path: Path) -> None:
    line = refusal(
        firefly("up", "--servers", servers_file(tmp_path), "--data", tmp_path / "data", "--world", tmp_path / "no")
    )
    assert "is no folder; build one with `firefly world build`" in line


def test_until_and_draws_together(tmp_path: Path) -> None:
    line = refusal(firefly("up", "--until", "3", "--draws", "3", "--data", tmp_path / "data"))
    assert "exclude each other; give one of them" in line


def test_data_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    line = refusal(firefly("up", "--servers", servers_file(tmp_path), "--data", tmp_path / "data" / "below"))
    assert "cannot write to" in line
    assert "choose another folder with --data" in line


def test_data_folder_on_a_read_only_file_system(tmp_path: Path) -> None:
    line = refusal(firefly("up", "--servers", servers_file(tmp_path), "--data", "/proc/firefly"))
    assert "cannot write to /proc/firefly" in line


def test_data_folder_without_room(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"only \d+ MiB are free for .*; make room or choose another folder with --data"):
        prepare(tmp_path, needed_bytes=2**60)


def test_cache_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    done = firefly(
        "up",
        "--servers",
        servers_file(tmp_path),
        "--data",
        tmp_path / "data",
        FIREFLY_CACHE_DIR=str(tmp_path / "cache"),
    )
    assert "set FIREFLY_CACHE_DIR to another folder" in refusal(done)


def test_java_that_is_not_there(tmp_path: Path) -> None:
    done = firefly("up", "--servers", servers_file(tmp_path), "--data", tmp_path / "data", FIREFLY_JAVA="/no/java")
    assert "FIREFLY_JAVA names /no/java, which is not a file" in refusal(done)


def test_ports_in_use_are_passed_by(tmp_path: Path) -> None:
    first = ports.free_ports(tmp_path, 3)
    with socket.socket() as taken:
        taken.bind((ports.LOOPBACK, first[1]))
        taken.listen()
        second = ports.free_ports(tmp_path, 3)
    assert first[1] not in second
    assert second[0] == first[0]


@pytest.mark.parametrize("command", [("status",), ("tasks",), ("down",), ("dlq", "list"), ("export", "out")])
def test_folder_without_a_run(tmp_path: Path, command: tuple[str, ...]) -> None:
    line = refusal(firefly(*command, "--data", tmp_path / "empty"))
    assert "holds no run; start one with `firefly up" in line
    assert not (tmp_path / "empty").exists()


def test_folder_whose_run_is_at_rest_has_nothing_to_stop(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    line = refusal(firefly("down", "--data", tmp_path), UNAVAILABLE)
    assert "nothing runs on" in line


def test_folder_that_is_held(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data").held():
        line = refusal(firefly("up", "--servers", servers_file(tmp_path), "--data", tmp_path / "data"))
    assert f"is in use by process {os.getpid()}; stop that with `firefly down" in line


def test_spoilt_run_file(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"seed": ')
    line = refusal(firefly("up", "--servers", servers_file(tmp_path), "--data", tmp_path))
    assert "run.json cannot be read" in line


def test_demo_does_not_empty_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    thesis = tmp_path / "mine" / "thesis.tex"
    thesis.write_text("years of work")
    line = refusal(firefly("demo", "--servers", servers_file(tmp_path), "--data", tmp_path / "mine"))
    assert "holds thesis.tex, which is not of a run" in line
    assert thesis.read_text() == "years of work"


def test_doctor_names_what_is_missing() -> None:
    done = firefly("doctor", "--json", FIREFLY_JAVA="/no/java")
    assert done.returncode == 1
    findings = {one["what"]: one for one in json.loads(done.stdout)}
    assert not findings["java"]["ok"]
    assert findings["valkey"]["ok"]


def test_help_and_version_are_no_errors() -> None:
    assert firefly("--help").returncode == 0
    assert "130 interrupted" in firefly("--help").stdout
    assert firefly("--version").returncode == 0
