"""A real Apache Kafka in KRaft mode: one node, or three for tests that kill brokers."""

import base64
import hashlib
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cli.embedded import jars, kafka_recovery, ports
from cli.embedded.folders import prepare
from cli.embedded.java import Java, find_java
from cli.embedded.kafka_files import LOG4J_PROPERTIES, NodeAddress, server_properties
from cli.embedded.kafka_probe import known_ports
from cli.embedded.kafka_reasons import explain
from cli.embedded.processes import Process, spawn, tail
from cli.embedded.settings import EmbeddedSettings
from shared.model.errors import BadInput, Unavailable

START_SECONDS = 90
STOP_SECONDS = 15
SETTLE_SECONDS = 0.3
CLUSTER_ID = base64.urlsafe_b64encode(hashlib.sha256(b"firefly").digest()[:16]).decode().rstrip("=")


class Node:
    """One broker and controller on its own folder."""

    def __init__(self, java: Java, folder: Path, address: NodeAddress) -> None:
        self.java, self.folder, self.address = java, folder, address
        self.log = folder / "kafka.log"
        self.process: Process | None = None

    def prepare(self, nodes: Sequence[NodeAddress]) -> None:
        """Write the configuration; format the folder when it is new, recover it when its broker was killed."""
        prepare(self.folder)
        log_dir = self.folder / "log"
        self._properties.write_text(server_properties(self.address, nodes, log_dir), encoding="utf-8")
        self._log4j.write_text(LOG4J_PROPERTIES, encoding="utf-8")
        if not (log_dir / "meta.properties").is_file():
            self._format()
        elif len(nodes) == 1 and kafka_recovery.was_killed(log_dir):
            kafka_recovery.fence_predecessor(self.java, self.folder, log_dir, self.address)

    def spawn(self) -> None:
        """Start the process."""
        self.process = spawn(
            "kafka", self.java.command(self._log4j, "kafka.Kafka", str(self._properties)), self.log, {}
        )

    def wait_ready(self, deadline: float, cluster: frozenset[int]) -> None:
        """Wait until it sends clients to the client ports of the cluster.

        Raises:
            Unavailable: it ended or is not ready in time.
            BadInput: it ended for a reason that a person can mend.
        """
        while time.monotonic() < deadline:
            if self.process is None or self.process.exit_code is not None:
                raise explain(tail(self.log, 40), self.log)
            if known_ports(self.address.client_port) == cluster:
                return
            time.sleep(0.05)
        raise Unavailable(f"Kafka is not ready after {START_SECONDS} s; it wrote to {self.log}:\n{tail(self.log, 4)}")

    def stop(self) -> None:
        """SIGTERM, then SIGKILL."""
        if self.process is not None:
            self.process.stop(STOP_SECONDS)
            self.process = None

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process = None

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _log4j(self) -> Path:
        return self.folder / "log4j2.properties"

    def _format(self) -> None:
        tool = ("kafka.tools.StorageTool", "format", "-g", "-t", CLUSTER_ID, "-c", str(self._properties))
        done = subprocess.run(
            self.java.command(self._log4j, *tool),
            env={},
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise explain(done.stdout + done.stderr, self.folder)


class Kafka:
    """A cluster of `nodes` on the loopback address, on `folder`; started again on it, it has what it had."""

    def __init__(
        self,
        folder: Path,
        nodes: int = 1,
        client_ports: Sequence[int] = (),
        settings: EmbeddedSettings | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder, self._size, self._ports = folder, nodes, tuple(client_ports)
        self._settings, self._say = settings or EmbeddedSettings(), say
        self.nodes: tuple[Node, ...] = ()

    @property
    def bootstrap(self) -> str:
        """What a Kafka client takes."""
        return ",".join(f"{ports.LOOPBACK}:{node.address.client_port}" for node in self.nodes)

    def spawn(self) -> None:
        """Fetch the jars if need be, format once, start every node.

        Raises:
            BadInput: folder, cache or port cannot be used.
            Unavailable: Kafka cannot be fetched.
        """
        prepare(self.folder)
        java = Java(
            find_java(self._settings), jars.ensure(self._settings.cache, self._say), self._settings.java is None
        )
        addresses = self._addresses()
        self.nodes = tuple(Node(java, self.folder / f"node-{one.node_id}", one) for one in addresses)
        for node in self.nodes:
            node.prepare(addresses)
        for node in self.nodes:
            node.spawn()

    def wait_ready(self, timeout_seconds: float = START_SECONDS) -> None:
        """Wait until every node answers clients; raises as `Node.wait_ready`."""
        deadline = time.monotonic() + timeout_seconds
        cluster = frozenset(node.address.client_port for node in self.nodes)
        for node in self.nodes:
            node.wait_ready(deadline, cluster)

    def start(self) -> None:
        """Spawn and wait."""
        self.spawn()
        try:
            self.wait_ready()
        except (Unavailable, BadInput):
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every node: all are asked first, since the last ones wait for a quorum that is gone."""
        if any(node.process is not None for node in self.nodes):
            # a commit is answered before its markers are written: let the last ones land
            time.sleep(SETTLE_SECONDS)
        for node in self.nodes:
            if node.process is not None:
                node.process.terminate()
        for node in self.nodes:
            node.stop()

    def _addresses(self) -> tuple[NodeAddress, ...]:
        for port in self._ports:
            ports.require_free(port, "Kafka")
        free = ports.free_ports(self.folder, 2 * self._size)
        clients = self._ports or free[: self._size]
        return tuple(NodeAddress(n + 1, clients[n], free[self._size + n]) for n in range(self._size))
