"""What a person types: `firefly sim serve`, `firefly eval`, `firefly check`; with no Kafka and no Valkey."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import grpc
import pytest
from firefly_client import Client, SimulatorError
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from cli.__main__ import run as cli_run
from tests.fakes.export import write_export
from tests.fakes.office import Office

pytestmark = pytest.mark.integration
RIGHT = '{"total": 25.6, "items": 3}'
FIRST = ("files-read_file", {"path": "orders/latest.txt"})


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "out"
    write_export(folder)
    return folder


@pytest.fixture
def firefly(capsys):
    """The command line in this process: a start of the interpreter costs more than what it does."""

    def command(*arguments):
        capsys.readouterr()
        returncode = cli_run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return SimpleNamespace(returncode=returncode, stdout=said.out, stderr=said.err)

    return command


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def serving(snapshot, *more):
    port = free_port()
    command = [sys.executable, "-m", "cli", "sim", "serve", "--snapshot", str(snapshot), "--port", str(port), *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_for(f"127.0.0.1:{port}", process)
        yield f"127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def wait_for(target, process):
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and process.poll() is None:
        with grpc.insecure_channel(target) as channel:
            try:
                health = health_pb2_grpc.HealthStub(channel)
                health.Check(health_pb2.HealthCheckRequest(service="firefly.simulator.v1.SimulatorService"), timeout=2)
            except grpc.RpcError:
                time.sleep(0.1)
            else:
                return
    raise AssertionError(process.stdout.read())


def test_sim_serve_answers_alone_with_health_and_reflection_and_drains_on_sigterm(export):
    with serving(export / "snapshot", "--replay-only") as (target, process):
        with Client(target) as client:
            info = client.info()
            (task_id, _) = client.task_ids()
            with client.episode(task_id) as episode:
                assert episode.call(*FIRST).tier == "exact"
                assert episode.verify(RIGHT).reward == 1.0
        with grpc.insecure_channel(target) as channel:
            listing = reflection_pb2.ServerReflectionRequest(list_services="")
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            (answer,) = stub.ServerReflectionInfo(iter([listing]), timeout=5)
        assert "firefly.simulator.v1.TaskService" in str(answer)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode == 0
    assert info.snapshot_id == json.loads((export / "manifest.json").read_text())["snapshot_id"]


def test_episodes_in_a_file_survive_a_restart_of_the_server(export, tmp_path):
    more = ("--episodes", str(tmp_path / "episodes.sqlite"))
    with serving(export, *more) as (target, process):
        with Client(target) as client:
            episode = client.free_episode(["files", "desk"], Office().world)
            assert episode.call("register", {"label": "x"}).tier == "exact"
            first = episode.call("labels", {}, call_id="again")
        process.kill()
        process.wait(timeout=10)
    with serving(export, *more) as (target, _), Client(target) as client:
        episode._client = client
        assert episode.call("labels", {}, call_id="again") == first
        assert episode.call("labels", {}).text == "x"


def test_show_answers_is_for_those_who_ask(export):
    with serving(export, "--show-answers") as (target, _), Client(target) as client:
        assert "25.6" in client.task(next(client.task_ids())).ground_truth_json


@pytest.mark.parametrize(
    ("agent", "reward", "outcomes", "tiers"),
    [
        ("reference", 1.0, {"pass": 2}, {"exact": 4}),
        ("empty", 0.0, {"fail": 2}, {}),
        ("constant", 0.0, {"fail": 2}, {}),
    ],
)
def test_eval_plays_agents_and_sums_up(firefly, export, agent, reward, outcomes, tiers):
    made = firefly("eval", export, "--agent", agent, "--json")
    summary = json.loads(made.stdout.strip().split("\n")[-1])
    assert made.returncode == 0
    assert (summary["tasks"], summary["mean_reward"], summary["unscored"]) == (2, reward, 0)
    assert (summary["outcomes"], summary["tiers"]) == (outcomes, tiers)


def test_eval_against_a_running_simulator(firefly, export):
    with serving(export) as (target, _):
        by_folder = firefly("eval", export, "--target", target, "--json")
        by_target = firefly("eval", "--target", target, "--agent", "empty", "--json", "--limit", "1")
    assert json.loads(by_folder.stdout.strip().split("\n")[-1])["mean_reward"] == 1.0
    assert json.loads(by_target.stdout.strip().split("\n")[-1])["tasks"] == 1


def test_check_says_what_holds_and_fails_on_what_does_not(firefly, export, tmp_path):
    good = firefly("check", export, "--json")
    assert (good.returncode, json.loads(good.stdout.strip().split("\n")[-1])["ok"]) == (0, True)
    write_export(tmp_path / "out")
    path = tmp_path / "out/recordings.jsonl"
    path.write_text(path.read_text().replace("25.6", "25.7"))
    bad = firefly("check", tmp_path / "out")
    task_id = json.loads((tmp_path / "out/tasks.jsonl").read_text().split("\n")[0])["task_id"]
    assert bad.returncode == 1
    assert any(task_id in line and " total: " in line for line in bad.stderr.split("\n"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "{tmp}"), "holds no export"),
        (("eval", "{tmp}"), "no export|cannot be read"),
        (("eval",), "give an export's folder"),
        (("eval", "{export}", "--agent", "openai"), "OPENAI_BASE_URL"),
        (("eval", "--target", "127.0.0.1:1", "--agent", "reference"), "needs the export"),
        (("sim", "serve", "--snapshot", "{tmp}"), "holds no snapshot"),
        (("snapshot", "show", "{tmp}"), "holds no snapshot"),
        (("export", "{tmp}/out", "--data", "{tmp}/data"), "holds no run"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(firefly, export, tmp_path, monkeypatch, arguments, words):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    given = [part.format(tmp=tmp_path, export=export) for part in arguments]
    made = firefly(*given)
    assert made.returncode == 2, made.stderr
    assert len(made.stderr.strip().split("\n")) == 1
    assert any(word in made.stderr for word in words.split("|")), made.stderr


def test_absent_simulator_is_exit_code_3(firefly):
    assert firefly("eval", "--target", "127.0.0.1:1", "--agent", "empty").returncode == 3


def test_port_in_use_is_bad_input(export):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "cli", "sim", "serve", "--snapshot", str(export), "--port", port]
        made = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert made.returncode == 2
    assert "not free" in made.stdout + made.stderr


def test_snapshot_commands_show_list_and_verify(firefly, export):
    shown = json.loads(firefly("snapshot", "show", export, "--json").stdout)[0]
    listed = json.loads(firefly("snapshot", "list", export, "--json").stdout)
    assert [one["snapshot_id"] for one in listed] == [shown["snapshot_id"]]
    assert firefly("snapshot", "verify", export).returncode == 0


def test_client_of_an_absent_server_says_unavailable():
    with Client("127.0.0.1:1", timeout_seconds=5) as client, pytest.raises(SimulatorError) as caught:
        client.info()
    assert caught.value.is_infrastructure


def test_example_of_the_clients_readme_runs_as_it_stands(export, capsys):
    readme = (Path(__file__).parents[2] / "clients/python/README.md").read_text()
    example = re.search(r"```python\n(.*?)```", readme, re.DOTALL).group(1)
    assert len(example.strip().split("\n")) <= 10
    with serving(export) as (target, _):
        capsys.readouterr()
        exec(compile(example.replace("127.0.0.1:50051", target), "README.md", "exec"), {})
    printed = capsys.readouterr().out.strip().split("\n")
    # The answer in the example is that of one of the two tasks.
    assert sorted(line.split()[1:] for line in printed) == [["0.0", "fail", "exact"], ["1.0", "pass", "exact"]]
