"""Kafka shell of the sampler: graph versions, worlds and requests in, sub-dags out.

One process only: a draw depends on the draws before it. At start it reads everything back.
"""

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack

import structlog

from services.sampler.domain.folding import Course, Draws
from services.sampler.domain.requests import Requests
from services.sampler.settings import Settings
from shared.model.catalogue import WorldRecord
from shared.model.graphs import GraphCut, ToolNode
from shared.model.sub_dags import EpochOpened, ExplorationRequest, Lane, SubDag, SubDagRecord
from shared.runtime.service import Part
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.faust_stage import FaustStage
from shared.runtime.streaming.reader import read_all
from shared.runtime.streaming.stage import Stage

READS = ("tool-catalogue", "tool-graph", "exploration-requests")
WRITES = "sub-dags"
logger = structlog.get_logger()


class Sampling:
    """Handler and restore over one run of draws."""

    def __init__(self, settings: Settings) -> None:
        self._bootstrap = settings.kafka_bootstrap
        self._draws = Draws(Course(settings.seed, settings.epoch_size, settings.draws))
        self._requests = Requests(settings.requests)

    async def restore(self) -> Sequence[Output]:
        """Read back worlds, graph versions and what is drawn already.

        Raises:
            Unavailable: Kafka is away.
        """
        # What was written first: a draw that is there must not be drawn again from a newer version.
        async for event in read_all(self._bootstrap, WRITES):
            self._take_written(event.record)
        # Requests too: their offsets are committed although a tool was not in the graph yet when they came.
        for topic in ("tool-catalogue", "tool-graph", "exploration-requests"):
            async for event in read_all(self._bootstrap, topic):
                self._take(event)
        return [*self._due(), *self._asked_for()]

    async def handle(self, event: Event) -> Sequence[Output]:
        """Take in one record and draw what is due."""
        self._take(event)
        asked_for = self._asked_for() if isinstance(event.record, ExplorationRequest | GraphCut) else ()
        return [*self._due(), *asked_for]

    def _take(self, event: Event) -> None:
        if isinstance(event.record, WorldRecord):
            self._draws.take_world(event.record)
        elif isinstance(event.record, ToolNode | GraphCut):
            self._draws.take_graph(event.record)
        elif isinstance(event.record, ExplorationRequest):
            self._requests.take(event.record)

    def _take_written(self, record: SubDagRecord) -> None:
        if isinstance(record, SubDag) and record.lane is Lane.REQUESTS:
            self._requests.take_written(record)
        else:
            self._draws.take_written(record)

    def _due(self) -> Sequence[Output]:
        outputs = _outputs(self._draws.due())
        if outputs:
            logger.info("epoch_drawn", records=len(outputs), finished=self._draws.is_finished)
        return outputs

    def _asked_for(self) -> Sequence[Output]:
        return _outputs(self._requests.due(self._draws.node, self._draws.newest_version))


async def build(settings: Settings, resources: AsyncExitStack) -> Sequence[Part]:
    """Put the sampler together."""
    sampling = Sampling(settings)
    return [FaustStage(settings, Stage("sampler", READS, sampling.handle), restore=sampling.restore)]


def _outputs(records: Iterable[SubDagRecord]) -> list[Output]:
    return [
        Output(WRITES, f"epoch/{record.epoch}" if isinstance(record, EpochOpened) else record.sub_dag_id, record)
        for record in records
    ]
