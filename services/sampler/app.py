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
        self._requests = Requests()

    async def restore(self) -> Sequence[Output]:
        """Read back worlds, graph versions and what is drawn already.

        Raises:
            Unavailable: Kafka is away.
        """
        # What was written first: a draw that is there must not be drawn again from a newer version.
        async for event in read_all(self._bootstrap, WRITES):
            self._take_written(event.record)
        for topic in ("tool-catalogue", "tool-graph"):
            async for event in read_all(self._bootstrap, topic):
                self._take(event)
        return self._due()

    async def handle(self, event: Event) -> Sequence[Output]:
        """Take in one record and draw what is due."""
        if isinstance(event.record, ExplorationRequest):
            return self._answer(event.record)
        self._take(event)
        return self._due()

    def _take(self, event: Event) -> None:
        if isinstance(event.record, WorldRecord):
            self._draws.take_world(event.record)
        elif isinstance(event.record, ToolNode | GraphCut):
            self._draws.take_graph(event.record)

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

    def _answer(self, request: ExplorationRequest) -> Sequence[Output]:
        node = self._draws.node(request.server_id, request.tool)
        sub_dag = self._requests.answer(request, node, self._draws.newest_version)
        return _outputs([sub_dag] if sub_dag else [])


async def build(settings: Settings, resources: AsyncExitStack) -> Sequence[Part]:
    """Put the sampler together."""
    sampling = Sampling(settings)
    return [FaustStage(settings, Stage("sampler", READS, sampling.handle), restore=sampling.restore)]


def _outputs(records: Iterable[SubDagRecord]) -> list[Output]:
    return [
        Output(WRITES, f"epoch/{record.epoch}" if isinstance(record, EpochOpened) else record.sub_dag_id, record)
        for record in records
    ]
