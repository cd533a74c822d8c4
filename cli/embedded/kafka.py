"""A real Apache Kafka in KRaft mode: one node, or three for tests that kill brokers."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cli.embedded import jars, kafka_training, ports
from cli.embedded.folders import prepare
from cli.embedded.java import Java, find_java
from cli.embedded.kafka_files import NodeAddress
from cli.embedded.kafka_node import START_SECONDS, Node
from cli.embedded.settings import EmbeddedSettings
from shared.model.errors import BadInput, Unavailable

SETTLE_SECONDS = 0.3


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
        folder = jars.ensure(self._settings.cache, self._say)
        java = Java(find_java(self._settings), folder, is_ours=self._settings.java is None)
        kafka_training.ensure(java, self._say)
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
        # Two each: a broker and a controller have listeners of their own.
        free = ports.free_ports(self.folder, 2 * self._size)
        clients = self._ports or free[: self._size]
        return tuple(NodeAddress(n + 1, clients[n], free[self._size + n]) for n in range(self._size))
