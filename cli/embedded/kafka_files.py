"""The two files a broker is configured with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """One node of a cluster."""

    node_id: int
    client_port: int
    controller_port: int


def server_properties(node: NodeAddress, nodes: Sequence[NodeAddress], log_dir: Path) -> str:
    """The broker's own configuration; small, and quick to notice that a killed predecessor is gone."""
    replicas = min(3, len(nodes))
    voters = ",".join(f"{one.node_id}@{LOOPBACK}:{one.controller_port}" for one in nodes)
    values = {
        "process.roles": "broker,controller",
        "node.id": node.node_id,
        "controller.quorum.voters": voters,
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{node.client_port},CONTROLLER://{LOOPBACK}:{node.controller_port}",
        "log.dirs": log_dir,
        "auto.create.topics.enable": "false",
        "default.replication.factor": replicas,
        "min.insync.replicas": max(1, replicas - 1),
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": 6,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": max(1, replicas - 1),
        "transaction.state.log.num.partitions": 6,
        "group.initial.rebalance.delay.ms": 0,
        # a node killed outright is refused until its old registration expires: 14 s with the defaults
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.cleaner.dedupe.buffer.size": 4194304,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


LOG4J_PROPERTIES = """\
status = error
appender.console.type = Console
appender.console.name = stdout
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.stdout.ref = stdout
logger.started.name = kafka.server.KafkaRaftServer
logger.started.level = info
logger.netclient.name = org.apache.kafka.clients.NetworkClient
logger.netclient.level = error
"""
