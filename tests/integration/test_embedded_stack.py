"""The embedded Kafka and Valkey, for real."""

import asyncio
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import redis
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from cli.embedded import jars, ports
from cli.embedded.java import Java
from cli.embedded.kafka import Kafka
from cli.embedded.kafka_files import NodeAddress
from cli.embedded.kafka_node import Node
from cli.embedded.kafka_probe import known_ports
from cli.embedded.kafka_recovery import ACTIVE, CLEAN, is_fenced, was_killed
from cli.embedded.processes import spawn
from cli.embedded.settings import EmbeddedSettings
from cli.embedded.valkey import Valkey
from shared.model.errors import BadInput, Unavailable

pytestmark = pytest.mark.integration


async def write(bootstrap: str, topic: str, value: bytes, replicas: int = 1) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, replicas)])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{topic}-writer", acks="all")
    await producer.start()
    try:
        async with producer.transaction():
            await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def read_first(bootstrap: str, topic: str) -> bytes | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        record = await consumer.getone()
        return record.value
    finally:
        await consumer.stop()


async def test_kafka_serves_a_committed_transaction(kafka: str) -> None:
    await write(kafka, "embedded-commit", b"one")
    assert await read_first(kafka, "embedded-commit") == b"one"


async def test_a_commit_in_flight_when_kafka_is_killed_is_still_committed(tmp_path: Path) -> None:
    stack = Kafka(tmp_path / "kafka")
    stack.start()
    try:
        for topic in ("first", "second"):
            await write(stack.bootstrap, topic, topic.encode())
            stack.nodes[0].kill()
            stack.start()
            assert await asyncio.wait_for(read_first(stack.bootstrap, topic), 20) == topic.encode()
    finally:
        stack.stop()


def test_recovery_waits_until_the_controller_holds_no_broker_for_alive() -> None:
    registered = (
        "Replayed initial RegisterBrokerRecord for broker 1: RegisterBrokerRecord(brokerId=1, fenced=true, x)\n"
    )
    unfenced = (
        "Replayed BrokerRegistrationChangeRecord modifying broker 1: BrokerRegistrationChangeRecord(fenced=-1, x)\n"
    )
    unchanged, fenced = unfenced.replace("-1", "0"), unfenced.replace("-1", "1")
    active = f"{ACTIVE}\n"
    assert not is_fenced(registered)
    assert is_fenced(registered + active)
    assert is_fenced(active)
    assert not is_fenced(registered + unfenced + unchanged + active)
    assert is_fenced(registered + unfenced + active + fenced)


def test_recovery_is_not_deceived_by_the_fences_of_earlier_kills() -> None:
    earlier = "RegisterBrokerRecord(brokerId=1, fenced=true)\nBrokerRegistrationChangeRecord(fenced=-1)\n"
    earlier = "".join(f"Replayed {line}\n" for line in earlier.splitlines())
    fenced = "Replayed BrokerRegistrationChangeRecord(fenced=1)\n"
    replayed = f"Kafka Server started\n{earlier}{fenced}"
    assert not is_fenced(replayed)
    assert not is_fenced(f"{replayed}{earlier}{ACTIVE}\n")
    assert is_fenced(f"{replayed}{earlier}{ACTIVE}\n{fenced}")


def test_a_broker_that_ended_before_it_served_is_recovered_whatever_it_left(tmp_path: Path) -> None:
    log_dir = tmp_path / "log"
    log_dir.mkdir()
    for name in ("recovery-point-offset-checkpoint", CLEAN):
        (log_dir / name).touch()
    assert not was_killed(log_dir)
    node = Node(Java(Path(sys.executable), tmp_path, is_ours=False), tmp_path, NodeAddress(1, 1, 2))
    node.process = spawn("kafka", [sys.executable, "-c", ""], tmp_path / "kafka.log", {})
    node.stop()
    assert was_killed(log_dir)


async def test_kafka_of_three_nodes_survives_the_loss_of_one(tmp_path: Path) -> None:
    stack = Kafka(tmp_path / "kafka", nodes=3)
    stack.start()
    try:
        await write(stack.bootstrap, "replicated", b"safe", replicas=3)
        stack.nodes[0].kill()
        assert await read_first(stack.bootstrap, "replicated") == b"safe"
    finally:
        stack.stop()


def test_kafka_leaves_no_process_and_no_port_when_stopped(tmp_path: Path) -> None:
    stack = Kafka(tmp_path / "kafka")
    stack.start()
    (node,) = stack.nodes
    assert node.process is not None
    pid, port = node.process.pid, node.address.client_port
    stack.stop()
    assert not psutil.pid_exists(pid)
    assert not ports.answers(port)


def test_kafka_names_the_port_that_is_in_use(tmp_path: Path, valkey: str) -> None:
    port = int(valkey.rsplit(":", 1)[1].split("/")[0])
    with pytest.raises(BadInput, match=f"port {port} .* is in use; stop what listens there"):
        Kafka(tmp_path / "kafka", client_ports=[port]).start()


def test_kafka_refuses_a_folder_that_another_kafka_uses(tmp_path: Path) -> None:
    first = Kafka(tmp_path / "kafka")
    first.start()
    try:
        with pytest.raises(BadInput, match="another Kafka uses this folder"):
            Kafka(tmp_path / "kafka").start()
    finally:
        first.stop()


def test_valkey_keeps_its_keys_when_started_again_after_a_kill(tmp_path: Path) -> None:
    server = Valkey(tmp_path / "valkey")
    server.start()
    try:
        with redis.Redis.from_url(server.url) as client:
            client.set("kept", "yes")
            client.execute_command("WAITAOF", 1, 0, 5000)
        assert server.process is not None
        server.process.kill()
        server.port = 0
        server.start()
        with redis.Redis.from_url(server.url) as client:
            assert client.get("kept") == b"yes"
    finally:
        server.stop()


@pytest.mark.parametrize("start", [lambda path: Kafka(path), lambda path: Valkey(path)], ids=["kafka", "valkey"])
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, start) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput, match=r"cannot write to .*/file/data: Not a directory; choose another folder"):
        start(tmp_path / "file" / "data").start()


def test_the_whole_stack_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, time\n"
        "from cli.embedded.kafka import Kafka\nfrom cli.embedded.valkey import Valkey\n"
        "root = pathlib.Path(sys.argv[1])\nkafka, valkey = Kafka(root / 'kafka'), Valkey(root / 'valkey')\n"
        "kafka.start(); valkey.start()\n"
        "print(kafka.nodes[0].process.pid, valkey.process.pid, flush=True)\ntime.sleep(120)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(psutil.pid_exists(pid) for pid in pids)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
        assert parent.stdout is not None
        parent.stdout.close()
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_jars_are_fetched_once_when_two_ask_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = jars.folder_in(EmbeddedSettings().cache)
    if not real.is_dir():
        jars.ensure(EmbeddedSettings().cache)
    asked: list[str] = []

    def fetcher(repository: Path):
        def fetch(jar: jars.Jar) -> Path:
            asked.append(jar.file_name)
            copy = repository.parent / f"copy-{jar.file_name}"
            copy.write_bytes((real / jar.file_name).read_bytes())
            return copy

        return fetch

    monkeypatch.setattr(jars, "_fetcher", fetcher)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: jars.ensure(tmp_path), range(2))
    assert first == second
    assert sorted(asked) == sorted(jar.file_name for jar in jars.locked())
    assert {path.name for path in tmp_path.iterdir()} == {first.name, "kafka.mutex"}


def test_a_jar_that_is_not_the_pinned_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetcher(repository: Path):
        def fetch(jar: jars.Jar) -> Path:
            other = repository.parent / f"other-{jar.file_name}"
            other.write_bytes(b"something else")
            return other

        return fetch

    monkeypatch.setattr(jars, "_fetcher", fetcher)
    with pytest.raises(Unavailable, match="is not the file that kafka.lock pins"):
        jars.ensure(tmp_path)
    assert not jars.folder_in(tmp_path).exists()


def test_kafka_sends_clients_to_its_own_port(kafka: str) -> None:
    port = int(kafka.split(":")[1])
    assert known_ports(port) == {port}


def test_no_broker_is_known_where_something_else_listens(valkey: str) -> None:
    assert known_ports(int(valkey.rsplit(":", 1)[1].split("/")[0]), timeout_seconds=0.3) == frozenset()
