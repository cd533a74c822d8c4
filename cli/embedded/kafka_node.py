"""One broker and controller of a Kafka on its own folder."""

import base64
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

from cli.embedded import kafka_recovery
from cli.embedded.folders import prepare
from cli.embedded.java import Java
from cli.embedded.kafka_files import LOG4J_PROPERTIES, NodeAddress, server_properties
from cli.embedded.kafka_probe import known_ports
from cli.embedded.kafka_reasons import explain
from cli.embedded.processes import Process, spawn, tail
from shared.model.errors import Unavailable

START_SECONDS = 90
STOP_SECONDS = 15
CLUSTER_ID = base64.urlsafe_b64encode(hashlib.sha256(b"firefly").digest()[:16]).decode().rstrip("=")


class Node:
    """One broker and controller on its own folder."""

    def __init__(self, java: Java, folder: Path, address: NodeAddress) -> None:
        self.java, self.folder, self.address = java, folder, address
        self.log = folder / "kafka.log"
        self.process: Process | None = None
        self._has_served = False

    def prepare(self, nodes: Sequence[NodeAddress]) -> None:
        """Write the configuration; format the folder when it is new, recover it when its broker was killed."""
        prepare(self.folder)
        self._properties.write_text(server_properties(self.address, nodes, self._log_dir), encoding="utf-8")
        self._log4j.write_text(LOG4J_PROPERTIES, encoding="utf-8")
        if not (self._log_dir / "meta.properties").is_file():
            self._format()
        elif len(nodes) == 1 and kafka_recovery.was_killed(self._log_dir):
            kafka_recovery.fence_predecessor(self.java, self.folder, self._log_dir, self.address)

    def spawn(self, train: Path | None = None) -> None:
        """Start the process; with `train`, its loaded classes are kept in that file when it ends."""
        command = self.java.command(self._log4j, "kafka.Kafka", str(self._properties), train=train)
        self.process = spawn("kafka", command, self.log, {})

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
                self._has_served = True
                return
            time.sleep(0.05)
        raise Unavailable(f"Kafka is not ready after {START_SECONDS} s; it wrote to {self.log}:\n{tail(self.log, 4)}")

    def stop(self) -> None:
        """SIGTERM, then SIGKILL."""
        if self.process is not None:
            self.process.stop(STOP_SECONDS)
            self.process = None
            if not self._has_served:
                kafka_recovery.distrust(self._log_dir)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process = None

    @property
    def _log_dir(self) -> Path:
        return self.folder / "log"

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _log4j(self) -> Path:
        return self.folder / "log4j2.properties"

    def _format(self) -> None:
        tool = ("kafka.tools.StorageTool", "format", "-g", "-t", CLUSTER_ID, "-c", str(self._properties))
        log = self.folder / "format.log"
        process = spawn("kafka-format", self.java.command(self._log4j, *tool), log, {})
        try:
            code = process.wait(START_SECONDS)
        finally:
            process.kill()
        if code != 0:
            raise explain(tail(log, 40), log)
