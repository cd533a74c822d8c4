"""Kafka shell of the explorer: sub-dags in, explorations and recordings out."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial

from services.explorer.adapters.environments import PooledEnvironments
from services.explorer.domain.alternatives import PlannedBender
from services.explorer.domain.exploring import POLICY, Explorer, dead
from services.explorer.domain.model_bending import ROLE, ModelBender
from services.explorer.domain.ports import PlanBender
from services.explorer.settings import Settings
from shared.model.errors import Rejected
from shared.model.sub_dags import SubDag
from shared.runtime.answer_cache import AnswerCache
from shared.runtime.budget import Budget
from shared.runtime.catalogue import Catalogue
from shared.runtime.ledger import Ledger
from shared.runtime.openai_model import OpenAiModel, Spend
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.pool import EnvironmentPool, PoolBounds
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.spec import read_servers
from shared.runtime.servers.world_store import WorldStore
from shared.runtime.service import Background, Part
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.stage import Stage
from shared.runtime.streaming.worker import TransactionalWorker


class Exploring:
    """The handler."""

    def __init__(
        self, explorer: Explorer, catalogue: Catalogue, wait_seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._explorer, self._catalogue, self._wait_seconds, self._now = explorer, catalogue, wait_seconds, now

    async def handle(self, event: Event) -> Sequence[Output]:
        """Explore one sub-DAG; an epoch's opening is nothing to do.

        Raises:
            Unavailable: servers, catalogue or model are away.
        """
        sub_dag = event.record
        # The topic also carries the opening of epochs, which is the graph's business.
        if not isinstance(sub_dag, SubDag):
            return ()
        wanted = {call.tool_id for call in sub_dag.calls}
        tools = await self._catalogue.tools(wanted, sub_dag.world_digest, self._wait_seconds)
        frozen_now = self._catalogue.frozen_now(sub_dag.world_digest)
        observed_at = self._now().isoformat(timespec="milliseconds")
        explored = await self._explorer.explore(sub_dag, tools, frozen_now, observed_at)
        return (
            Output("explorations", sub_dag.sub_dag_id, explored.exploration),
            *(Output("recordings", one.recording_id, one) for one in explored.recordings),
        )


def dead_exploration(event: Event, error: Exception) -> Sequence[Output]:
    """Give a dead-lettered draw its one exploration record."""
    if not isinstance(event.record, SubDag):
        return ()
    reason, text = (error.reason, error.text) if isinstance(error, Rejected) else ("bug", type(error).__name__)
    return (Output("explorations", event.record.sub_dag_id, dead(event.record, reason, text[:500])),)


async def build(settings: Settings, resources: AsyncExitStack) -> Sequence[Part]:
    """Put the explorer together.

    Raises:
        BadInput: the servers file cannot be used.
    """
    ledger = Ledger(settings.kafka_bootstrap, "explorer")
    pool = await resources.enter_async_context(_pool(settings))
    catalogue = Catalogue(pool.learn)
    budget = Budget(settings, ledger.spend)
    benders, policy = _benders(settings, budget.spend, resources)
    explorer = Explorer(PooledEnvironments(pool, budget.spend), benders, policy)
    handler = Exploring(explorer, catalogue, settings.catalogue_wait_seconds, lambda: datetime.now(UTC))
    stage = Stage("explorer", ("sub-dags",), handler.handle, on_dead=dead_exploration, hold=budget.hold)
    return [
        TransactionalWorker(settings, stage),
        Background("catalogue", partial(catalogue.follow, settings.kafka_bootstrap), catalogue.is_ready),
        Background("ledger", ledger.follow),
        budget,
    ]


def _pool(settings: Settings) -> EnvironmentPool:
    scratch = settings.data_dir / "run" / "explorer"
    launcher = Launcher(read_servers(settings.servers_file), settings.cache_dir, scratch, find_programs())
    # Spares keep environments of several worlds warm; with none, each change of world would start all servers.
    bounds = PoolBounds(environments=settings.concurrency + settings.spare_environments)
    return EnvironmentPool(WorldStore(settings.data_dir / "worlds"), launcher, scratch, bounds)


def _benders(settings: Settings, spend: Spend, resources: AsyncExitStack) -> tuple[Sequence[PlanBender], str]:
    """Choose who bends plans, and the policy that says so on every exploration."""
    if not settings.openai_base_url:
        return (PlannedBender(),), POLICY
    cache = AnswerCache(settings.data_dir / "answers")
    model = OpenAiModel(settings, "explorer", cache, spend)
    resources.push_async_callback(model.close)
    return (PlannedBender(), ModelBender(model)), f"{POLICY}+{settings.model_by_role.get(ROLE, settings.model)}"
