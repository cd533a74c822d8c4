"""The graph as a process on a real Kafka: it cuts on time, and killed and resumed it cuts the same."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from firefly.graph.v1 import graph_service_pb2 as pb
from firefly.graph.v1 import graph_service_pb2_grpc as graph_grpc

from cli.embedded.kafka import Kafka
from services.graph.domain.catalogue import Catalogue
from services.graph.domain.cuts import NOTHING, Epoch, Version, next_version
from services.graph.domain.versions import ReadingBack
from shared.model.errors import Rejected, Unavailable
from shared.model.graphs import GraphCut
from shared.model.sub_dags import EpochOpened
from shared.runtime import rpc
from shared.runtime.streaming import admin
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.reader import read_all
from shared.runtime.topics import BY_NAME
from tests.unit.graph.town import SERVERS, WORLD, exploration, records

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
TOPICS = ("tool-catalogue", "sub-dags", "explorations", "tool-graph")
WAIT_SECONDS = 60


@pytest.fixture(scope="module")
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker of its own: the service reads topics by their real names."""
    broker = Kafka(tmp_path_factory.mktemp("graph-kafka"))
    try:
        broker.start()
        yield broker.bootstrap
    finally:
        broker.stop()


@asynccontextmanager
async def graph(bootstrap: str, folder: Path, port: int) -> AsyncIterator[Callable[[], None]]:
    """Run the service; yields how to kill it."""
    servers = {"mcpServers": {server: {"command": "never-started"} for server in SERVERS}}
    (folder / "mcp.json").write_text(json.dumps(servers), encoding="utf-8")
    chosen = {
        "kafka_bootstrap": bootstrap,
        "data_dir": str(folder),
        "servers_file": str(folder / "mcp.json"),
        "expected_worlds": json.dumps([WORLD]),
        "grpc_port": str(port),
        "session_timeout_seconds": "6",
    }
    environment = os.environ | {f"FIREFLY_{name.upper()}": value for name, value in chosen.items()}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.graph", env=environment)

    def kill() -> None:
        process.send_signal(signal.SIGKILL)

    try:
        yield kill
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 30)


async def write(bootstrap: str, topic: str, keyed: Sequence[tuple[str, Any]]) -> None:
    async with Publisher(bootstrap, "test") as publisher:
        await publisher.publish([Output(topic, key, record) for key, record in keyed])


async def cuts(bootstrap: str) -> dict[int, GraphCut]:
    found = {}
    async for event in read_all(bootstrap, "tool-graph"):
        if isinstance(event.record, GraphCut):
            found[event.record.version] = event.record
    return found


async def until_cut(bootstrap: str, version: int) -> dict[int, GraphCut]:
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            found = await cuts(bootstrap)
            if version in found:
                return found
            await asyncio.sleep(0.3)


async def answered(door: graph_grpc.GraphServiceStub, version: int) -> pb.GetCutResponse:
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            try:
                cut = await rpc.answer(door.GetCut(pb.GetCutRequest()))
            except Unavailable:
                cut = pb.GetCutResponse()
            if cut.HasField("cut") and cut.cut.version == version:
                return cut
            await asyncio.sleep(0.3)


def expected() -> list[Version]:
    """The versions as the pure functions give them."""
    catalogue = Catalogue(SERVERS, [WORLD])
    for record in records():
        catalogue.apply(record)
    versions = [next_version(None, catalogue, NOTHING, ())]
    versions.append(next_version(versions[-1], catalogue, NOTHING, ()))
    for epoch in (0, 1):
        explored = [exploration(counter, epoch=epoch) for counter in (2 * epoch, 2 * epoch + 1)]
        versions.append(next_version(versions[-1], catalogue, Epoch(epoch, explored), ()))
    return versions


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def test_graph_killed_between_epochs_cuts_the_same_versions(own_kafka: str, tmp_path: Path) -> None:
    await admin.create_topics(own_kafka, topics=[BY_NAME[name] for name in TOPICS])
    wanted, port = expected(), free_port()
    async with graph(own_kafka, tmp_path, port) as kill:
        await write(own_kafka, "tool-catalogue", [(f"k{n}", record) for n, record in enumerate(records())])
        await until_cut(own_kafka, 1)
        await write(own_kafka, "explorations", [(f"dag_{n}", exploration(n, epoch=n // 2)) for n in (0, 2)])
        await asyncio.sleep(1)
        kill()
    opened = [(f"epoch/{epoch}", EpochOpened(epoch, epoch, 2 * epoch, 2)) for epoch in (0, 1)]
    await write(own_kafka, "sub-dags", opened)
    async with graph(own_kafka, tmp_path, port):
        await write(own_kafka, "explorations", [(f"dag_{n}", exploration(n, epoch=n // 2)) for n in (3, 2, 1)])
        found = await until_cut(own_kafka, 3)
        assert [found[n].graph_digest for n in range(4)] == [version.cut.graph_digest for version in wanted]
        assert [found[n].folded_epoch for n in range(4)] == [-1, -1, 0, 1]
        async with rpc.open_channel(f"127.0.0.1:{port}") as channel:
            door = graph_grpc.GraphServiceStub(channel)
            cut = await answered(door, 3)
            assert cut.cut.graph_digest == wanted[3].cut.graph_digest
            tool_id = next(iter(wanted[3].nodes))
            near = await rpc.answer(door.GetNeighbourhood(pb.GetNeighbourhoodRequest(tool_id=tool_id)))
            assert near.node.tool_id == tool_id
            assert len(near.incoming) == len(wanted[3].incoming(tool_id))
            with pytest.raises(Rejected, match="not_found"):
                await rpc.answer(door.GetNeighbourhood(pb.GetNeighbourhoodRequest(tool_id="no")))
    reading = ReadingBack()
    async for event in read_all(own_kafka, "tool-graph"):
        reading.add(event.record)
    assert reading.found is not None
    assert dict(reading.found.nodes) == dict(wanted[3].nodes)
