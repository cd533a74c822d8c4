"""The two files a broker is configured with."""

from collections.abc import Mapping, Sequence
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
    """The broker's own configuration, small."""
    replicas = min(3, len(nodes))
    voters = ",".join(f"{one.node_id}@{LOOPBACK}:{one.controller_port}" for one in nodes)
    values = {
        "process.roles": "broker,controller",
        "node.id": node.node_id,
        "controller.quorum.voters": voters,
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{node.client_port},CONTROLLER://{LOOPBACK}:{node.controller_port}",
        "log.dirs": log_dir,
        # A misspelt topic would be made with one partition and nobody would read it.
        "auto.create.topics.enable": "false",
        "default.replication.factor": replicas,
        "min.insync.replicas": max(1, replicas - 1),
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": 6,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": max(1, replicas - 1),
        # Fifty by default: each is a folder to open at every start.
        "transaction.state.log.num.partitions": 6,
        # Made for groups that start one by one; here it only delays each start by three seconds.
        "group.initial.rebalance.delay.ms": 0,
        **(_ALONE if len(nodes) == 1 else _TOGETHER),
        "num.network.threads": 2,
        "num.io.threads": 4,
        # 128 MB by default, a quarter of the heap, taken at the start.
        "log.cleaner.dedupe.buffer.size": 4194304,
    }
    return _lines(values)


def controller_properties(node: NodeAddress, log_dir: Path) -> str:
    """The controller of a single node without its broker, impatient with brokers that do not answer."""
    return _lines(
        {
            "process.roles": "controller",
            "node.id": node.node_id,
            "controller.quorum.voters": f"{node.node_id}@{LOOPBACK}:{node.controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"CONTROLLER://{LOOPBACK}:{node.controller_port}",
            "log.dirs": log_dir,
            "broker.session.timeout.ms": 300,
            "broker.heartbeat.interval.ms": 100,
        }
    )


def _lines(values: Mapping[str, object]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


# Nobody can take over from a single node, so fencing it because the machine was busy or asleep only loses commits.
_ALONE = {"broker.session.timeout.ms": 600_000, "broker.heartbeat.interval.ms": 2000}
# A killed node is refused until its old registration expires: 14 s with the defaults.
_TOGETHER = {"broker.session.timeout.ms": 3000, "broker.heartbeat.interval.ms": 500}


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
