"""The services as processes: which module, which port, which settings."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.running.parameters import RunParameters


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """One service of the pipeline."""

    name: str
    module: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """Settings of its own, beside the common ones."""
    draws: bool = False
    """Whether it is the one that is stopped first when enough is drawn."""

    def command(self) -> list[str]:
        """The command line that runs it."""
        return [sys.executable, "-m", self.module]


SERVICES: tuple[ServiceSpec, ...] = (
    ServiceSpec("crawler", "services.crawler"),
    ServiceSpec("graph", "services.graph"),
    ServiceSpec("sampler", "services.sampler", draws=True),
    ServiceSpec("explorer", "services.explorer"),
    ServiceSpec("synthesizer", "services.synthesizer"),
    ServiceSpec("verifier", "services.verifier"),
    ServiceSpec("simulator", "services.simulator"),
)
"""In the order the data flows, which is the order of the display."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the shared parts of a run are."""

    kafka: str
    valkey: str
    simulator_port: int
    graph_port: int
    http_ports: Sequence[int]
    """One for each service, in order."""


def common_environment(parameters: RunParameters, data: Path, cache: Path, addresses: Addresses) -> dict[str, str]:
    """Settings that every service gets; each reads those it knows."""
    return {
        "FIREFLY_KAFKA_BOOTSTRAP": addresses.kafka,
        "FIREFLY_DATA_DIR": str(data),
        "FIREFLY_CACHE_DIR": str(cache),
        "FIREFLY_SERVERS_FILE": parameters.servers_file,
        "FIREFLY_SEED": str(parameters.seed),
        "FIREFLY_EPOCH_SIZE": str(parameters.epoch_size),
        "FIREFLY_DRAWS": str(parameters.draws or 0),
        "FIREFLY_BUDGET_CALLS": str(parameters.budget_calls),
        "FIREFLY_BUDGET_TOKENS": str(parameters.budget_tokens),
        "FIREFLY_BUDGET_MONEY": parameters.budget_money,
        "FIREFLY_VALKEY_URL": addresses.valkey,
        "FIREFLY_SIMULATOR_ADDRESS": f"127.0.0.1:{addresses.simulator_port}",
    }


def own_environment(spec: ServiceSpec, index: int, parameters: RunParameters, addresses: Addresses) -> dict[str, str]:
    """Settings of one service."""
    special = {
        "graph": {
            "FIREFLY_GRPC_PORT": str(addresses.graph_port),
            # its first version waits for every server only where the same tasks shall come every time
            "FIREFLY_MODE": "draws" if parameters.draws else "until",
            "FIREFLY_EXPECTED_WORLDS": json.dumps(list(parameters.worlds)),
        },
        "simulator": {"FIREFLY_GRPC_PORT": str(addresses.simulator_port)},
    }
    return {"FIREFLY_HTTP_PORT": str(addresses.http_ports[index]), **special.get(spec.name, {}), **spec.environment}
