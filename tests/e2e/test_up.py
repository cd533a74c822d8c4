"""`firefly up` as a person uses it, with stand-ins for the services: what it starts, restarts, refuses and leaves."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from cli.data_folder import DataFolder, kafka_of
from shared.runtime.streaming.reader import read_all

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
ROOT = Path(__file__).parents[2]
LONG = 120


class Up:
    """One `firefly up` process."""

    def __init__(self, folder: Path, *options: str, troubled: str = "") -> None:
        self.folder, self.output = folder, folder.with_suffix(f".{time.monotonic_ns()}.txt")
        servers = folder.with_name("mcp.json")
        servers.write_text(
            '{"mcpServers": {"one": {"command": "uvx", "args": ["a"]}, "bad": {"command": "npx", "args": ["b"]}}}'
        )
        line = [sys.executable, "-m", "tests.e2e.fake_up", "--servers", str(servers), "--data", str(folder), *options]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                line,
                cwd=ROOT,
                env={**os.environ, "FAKE_TROUBLED": troubled},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        return self.output.read_text()

    def ended(self) -> int:
        return self.process.wait(LONG)

    def wait_for(self, condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + LONG
        while time.monotonic() < deadline:
            if found := condition():
                return found
            assert self.process.poll() is None, self.text
            time.sleep(0.05)
        raise AssertionError(f"waited in vain; it says:\n{self.text}")

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def service(self, role: str) -> psutil.Process | None:
        def is_role(child: psutil.Process) -> bool:
            try:
                return child.environ().get("FAKE_ROLE") == role and "tether.py" not in " ".join(child.cmdline())
            except psutil.Error:
                return False

        return next(filter(is_role, self.children()), None)

    def wait_until_running(self) -> None:
        self.wait_for(
            lambda: DataFolder(self.folder).running() and self.service("verifier") and "one: 0 tools" in self.text
        )


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def start(*options: str, troubled: str = "") -> Up:
        started.append(Up(tmp_path / "data", *options, troubled=troubled))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait(10)


def keys(folder: Path, *topics: str) -> dict[str, Counter[str]]:
    async def read(bootstrap: str) -> dict[str, Counter[str]]:
        return {topic: Counter([event.key async for event in read_all(bootstrap, topic)]) for topic in topics}

    with kafka_of(folder) as bootstrap:
        return asyncio.run(read(bootstrap))


def gone(processes: list[psutil.Process], timeout_seconds: float = 15) -> bool:
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes):
            return True
        time.sleep(0.05)
    return False


def firefly(*arguments: str) -> str:
    line = [sys.executable, "-m", "cli", *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=LONG, check=True).stdout


EXPECTED = {f"task_{counter}_{index}" for counter in range(24) if counter % 4 != 3 for index in range(2)}


def test_up_finishes_its_draws_and_goes_on_when_more_are_asked_for(up, tmp_path: Path) -> None:
    first = up("--draws", "16", "--seed", "3")
    assert first.ended() == 0, first.text
    assert "bad: cannot be used (exited" in first.text
    before = keys(tmp_path / "data", "crawl-requests", "sub-dags")
    assert sum(before["sub-dags"].values()) == 17

    refused = up("--draws", "16", "--seed", "4")
    assert refused.ended() == 2
    assert "holds a run with another value for --seed (3, now 4)" in refused.text
    lowered = up("--draws", "8")
    assert lowered.ended() == 2
    assert "may be raised, not lowered to 8" in lowered.text

    second = up("--draws", "24")
    assert second.ended() == 0, second.text
    after = keys(tmp_path / "data", "crawl-requests", "sub-dags", "verified-tasks")
    assert after["crawl-requests"] == before["crawl-requests"]
    assert set(after["verified-tasks"]) == EXPECTED
    assert set(after["verified-tasks"].values()) == {1}


def test_up_restarts_a_service_that_was_killed_and_says_so(up, tmp_path: Path) -> None:
    run = up("--draws", "24")
    run.wait_until_running()
    victim = run.wait_for(lambda: run.service("explorer"))
    victim.kill()
    assert run.ended() == 0, run.text
    assert "explorer was killed by signal 9" in run.text
    assert "starting it again in 0.5 s" in run.text
    assert set(keys(tmp_path / "data", "verified-tasks")["verified-tasks"]) == EXPECTED


def test_up_killed_as_a_whole_leaves_nothing_running_and_completes_when_started_again(up, tmp_path: Path) -> None:
    run = up("--draws", "24")
    run.wait_until_running()
    children = run.children()
    assert len(children) == 6
    run.process.kill()
    run.process.wait(10)
    assert gone(children)
    again = up("--draws", "24")
    assert again.ended() == 0, again.text
    found = keys(tmp_path / "data", "verified-tasks", "crawl-requests")
    assert set(found["verified-tasks"]) == EXPECTED
    assert set(found["crawl-requests"].values()) == {1}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_stops_everything_when_it_is_interrupted(up, tmp_path: Path, number: signal.Signals) -> None:
    run = up(troubled="crawler=deaf")
    run.wait_until_running()
    children = run.children()
    running = DataFolder(tmp_path / "data").running()
    assert running is not None

    second = up()
    assert second.ended() == 2
    assert f"is in use by process {run.process.pid}" in second.text

    run.process.send_signal(number)
    assert run.ended() == 130, run.text
    assert "crawler does not stop within" in run.text
    assert gone(children, 0.5)
    assert DataFolder(tmp_path / "data").running() is None


def test_up_stops_everything_when_it_is_interrupted_early(up, tmp_path: Path) -> None:
    run = up("--draws", "4")
    run.wait_for(lambda: "starting Kafka" in run.text)
    children = run.wait_for(run.children)
    run.process.send_signal(signal.SIGINT)
    assert run.ended() == 130, run.text
    assert gone(children, 1)


def test_up_gives_up_on_a_service_that_keeps_dying(up) -> None:
    run = up("--draws", "4", troubled="explorer=die")
    assert run.ended() == 1, run.text
    assert "explorer died 5 times within 30 s each" in run.text
    assert "I cannot go on" in run.text


def test_up_does_not_restart_a_service_whose_settings_are_wrong(up) -> None:
    run = up("--draws", "4", troubled="verifier=settings")
    assert run.ended() == 1, run.text
    assert "verifier gave up: its settings or files are wrong" in run.text
    assert "FIREFLY_X is wrong" in run.text


def test_up_starts_kafka_again_when_it_was_killed(up, tmp_path: Path) -> None:
    run = up("--draws", "24")
    run.wait_until_running()
    broker = next(child for child in run.children() if "kafka.Kafka" in child.cmdline())
    broker.kill()
    assert run.ended() == 0, run.text
    assert "kafka died; starting it again" in run.text
    assert set(keys(tmp_path / "data", "verified-tasks")["verified-tasks"]) == EXPECTED


def test_up_starts_kafka_again_when_it_dies_before_the_services_are_there(up, tmp_path: Path) -> None:
    run = up("--draws", "16")
    run.wait_for(lambda: DataFolder(tmp_path / "data").running())
    broker = next(child for child in run.children() if "kafka.Kafka" in child.cmdline())
    broker.kill()
    assert run.ended() == 0, run.text
    assert "kafka died; starting it again" in run.text
    found = keys(tmp_path / "data", "verified-tasks", "crawl-requests")
    assert set(found["verified-tasks"].values()) == {1}
    assert set(found["crawl-requests"].values()) == {1}


def test_status_and_down_find_a_run_in_progress(up, tmp_path: Path) -> None:
    run = up("--until", "100000", "--budget-calls", "500")
    run.wait_until_running()
    status = firefly("status", "--data", str(tmp_path / "data"), "--json")
    found = json.loads(status)
    assert found["running"] is True
    assert found["servers"]["failed"] == {"bad": "exited"}
    stages = {one["name"]: one for one in found["services"]["stages"]}
    assert list(stages) == ["crawler", "sampler", "explorer", "verifier"]
    assert stages["explorer"]["state"] == "running"
    assert found["costs"]["budget"] == {"limits": {"calls": "500"}, "spent": ""}
    text = firefly("status", "--data", str(tmp_path / "data"))
    assert "stages since this start" in text
    assert "costs: 0 of 500 calls" in text
    assert "stopped process" in firefly("down", "--data", str(tmp_path / "data"))
    assert run.ended() == 130, run.text
    assert json.loads(firefly("status", "--data", str(tmp_path / "data"), "--json"))["running"] is False
    assert "no dead letters" in firefly("dlq", "list", "--data", str(tmp_path / "data"))


def test_up_until_stops_drawing_and_finishes_what_is_drawn(up, tmp_path: Path) -> None:
    run = up("--until", "10")
    assert run.ended() == 0, run.text
    assert "finishing what is drawn" in run.text
    found = keys(tmp_path / "data", "sub-dags", "explorations", "verdicts", "verified-tasks")
    assert len(found["verified-tasks"]) >= 10
    assert len(found["explorations"]) == len(found["sub-dags"])
    assert len(found["verdicts"]) == 2 * len(found["explorations"])
    parameters = json.loads((tmp_path / "data" / "run.json").read_text())
    assert parameters["until"] == 10

    drawn = sum(found["sub-dags"].values())
    again = up("--until", "10")
    assert again.ended() == 0, again.text
    assert sum(keys(tmp_path / "data", "sub-dags")["sub-dags"].values()) == drawn
