"""Kafka shell of the graph: catalogue, epochs and explorations in, versions of the tool graph out.

One process only: a cut needs every partition. What it holds in memory is read again at start from where the last
complete cut says.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

import structlog

from services.graph.domain.catalogue import Catalogue
from services.graph.domain.cuts import Version
from services.graph.domain.epochs import Epochs
from services.graph.domain.versions import ReadingBack, Versions
from services.graph.settings import Settings
from shared.model.explorations import Exploration
from shared.model.sub_dags import EpochOpened
from shared.runtime.servers.spec import read_servers
from shared.runtime.service import Part
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.faust_stage import FaustStage
from shared.runtime.streaming.reader import read_all
from shared.runtime.streaming.stage import Stage

Answering = Callable[[str, Callable[[], Version | None]], Part]
"""Makes the part that answers questions: (address, the newest version)."""
READS = ("tool-catalogue", "sub-dags", "explorations")
WRITES = "tool-graph"
logger = structlog.get_logger()


class Cutting:
    """Handler, restore and tick over one run of versions."""

    def __init__(self, settings: Settings, versions: Versions, now: Callable[[], float]) -> None:
        self._settings, self._versions, self._now = settings, versions, now
        self._first_ready: float | None = None

    async def restore(self) -> Sequence[Output]:
        """Read back the last complete version and what no version has folded yet.

        Raises:
            Unavailable: Kafka is away.
        """
        reading = ReadingBack()
        async for event in read_all(self._settings.kafka_bootstrap, WRITES):
            reading.add(event.record)
        if reading.found:
            self._versions.resume(reading.found)
        # From where the last complete cut says: what it folded is in the version, what came later is not.
        starts = {(one.topic, one.partition): one.offset for one in reading.found.cut.offsets} if reading.found else {}
        for topic in READS:
            # The catalogue is compacted, so its offsets say nothing about what it holds: it is read whole.
            start = {} if topic == "tool-catalogue" else _of_topic(starts, topic)
            async for event in read_all(self._settings.kafka_bootstrap, topic, start):
                self._take(event)
        return self._cut()

    async def handle(self, event: Event) -> Sequence[Output]:
        """Take in one record and cut what is due."""
        self._take(event)
        return self._cut()

    async def tick(self) -> Sequence[Output]:
        """Cut what only waits for the first-cut delay."""
        return self._cut() if self._versions.newest is None else ()

    def _take(self, event: Event) -> None:
        position, record = (event.topic, event.partition), event.record
        epochs = self._versions.epochs
        # Faust delivers at least once, and after a restart `restore` has read ahead of the committed offset.
        if not epochs.is_new(position, event.offset):
            return
        if isinstance(record, Exploration):
            epochs.add(record, position, event.offset)
        elif isinstance(record, EpochOpened):
            epochs.open(record, position, event.offset)
        elif event.topic == "tool-catalogue":
            self._versions.catalogue.apply(record)

    def _cut(self) -> Sequence[Output]:
        outputs: list[Output] = []
        for version in self._versions.due(self._may_start()):
            logger.info(
                "version_cut",
                version=version.cut.version,
                nodes=version.cut.node_count,
                edges=version.cut.edge_count,
                digest=version.cut.graph_digest[:16],
            )
            outputs.extend(_outputs(version))
        return outputs

    def _may_start(self) -> bool:
        # With a number of draws the set of tasks must not depend on which server was ready first.
        if self._settings.mode == "draws" or not self._versions.catalogue.has_a_server():
            return False
        if self._first_ready is None:
            self._first_ready = self._now()
        waited = self._now() - self._first_ready >= self._settings.first_cut_delay_seconds
        return waited or self._versions.catalogue.settled_share() >= self._settings.first_cut_share


async def build(settings: Settings, resources: AsyncExitStack, *, answering: Answering) -> Sequence[Part]:
    """Put the graph together.

    Raises:
        BadInput: the servers file cannot be used.
    """
    servers = [server.server_id for server in read_servers(settings.servers_file).servers]
    versions = Versions(Catalogue(servers, settings.expected_worlds), Epochs())
    cutting = Cutting(settings, versions, time.monotonic)
    stage = Stage("graph", READS, cutting.handle)
    return [
        FaustStage(settings, stage, restore=cutting.restore, tick=cutting.tick),
        answering(f"{settings.grpc_host}:{settings.grpc_port}", lambda: versions.newest),
    ]


def _outputs(version: Version) -> list[Output]:
    number = version.cut.version
    nodes = [Output(WRITES, f"{number}/{tool_id}", node) for tool_id, node in version.nodes.items()]
    # The closing record last: a reader takes nodes for a version only when that version is closed.
    return [*nodes, Output(WRITES, f"cut/{number}", version.cut)]


def _of_topic(starts: dict[tuple[str, int], int], topic: str) -> dict[int, int]:
    return {partition: offset for (name, partition), offset in starts.items() if name == topic}
