"""Kafka shell of the crawler: crawl-requests in; tool-catalogue, canary recordings and drift-events out."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial

import structlog

from services.crawler.adapters.benches import Servers
from services.crawler.adapters.earlier_crawls import EarlierCrawls
from services.crawler.adapters.world_files import inspect_world
from services.crawler.domain.probing import Budget, Probing
from services.crawler.domain.records import (
    ServerFacts,
    canaries,
    drift,
    failed_record,
    server_record,
    tool_records,
)
from services.crawler.settings import Settings
from shared.model.catalogue import CrawlRequest, FailureClass, ServerRecord, ToolRecord, WorldRecord
from shared.model.errors import Rejected
from shared.model.tasks import LedgerEntry, SpendKind
from shared.proof.identity import identifier
from shared.runtime.ledger import Ledger
from shared.runtime.openai_model import Spend
from shared.runtime.servers.clocks import DEFAULT_NOW
from shared.runtime.servers.failures import StartFailed
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.session import Timeouts
from shared.runtime.servers.spec import read_servers
from shared.runtime.servers.world_store import WorldStore
from shared.runtime.service import Background, Part
from shared.runtime.spending import attempt_id
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.stage import Stage
from shared.runtime.streaming.worker import TransactionalWorker

CATALOGUE = "tool-catalogue"
logger = structlog.get_logger()


class Crawling:
    """The handler."""

    def __init__(
        self, servers: Servers, earlier: EarlierCrawls, budget: Budget, now: Callable[[], datetime], spend: Spend
    ) -> None:
        self._servers, self._earlier, self._budget, self._now, self._spend = servers, earlier, budget, now, spend
        self._worlds: dict[str, asyncio.Task[WorldRecord]] = {}

    async def handle(self, event: Event) -> Sequence[Output]:
        """Look at one server, or at worlds.

        Raises:
            Unavailable: infrastructure is away.
        """
        request: CrawlRequest = event.record
        if not request.server_id:
            records = [await self._world(world_digest) for world_digest in request.world_digests]
            return [Output(CATALOGUE, f"world/{record.world_digest}", record) for record in records]
        try:
            return await self._server(request)
        except StartFailed as failed:
            return [_failed(request.server_id, failed.failure_class, failed.text)]
        except Rejected as rejected:
            return [_failed(request.server_id, FailureClass.BAD_SPEC, str(rejected))]

    async def _server(self, request: CrawlRequest) -> Sequence[Output]:
        facts = await self._servers.facts(request.server_id)
        empty = self._servers.worlds.empty(DEFAULT_NOW)
        world = await self._world(next(iter(request.world_digests), empty))
        workshop = self._servers.workshop(facts, world.world_digest)
        mentions_world = self._servers.mentions_world(request.server_id)
        try:
            probed = await Probing(world, mentions_world, self._budget, workshop).run()
        except StartFailed as failed:
            return [_failed(request.server_id, failed.failure_class, failed.text, facts)]
        tools = tool_records(facts, probed)
        record = server_record(facts, probed.listing, tools)
        seconds = round(workshop.elapsed(), 1)
        await self._spend(_spent(request, len(probed.log), seconds))
        logger.info("crawled", server_id=request.server_id, tools=len(tools), calls=len(probed.log), seconds=seconds)
        found = canaries(facts, probed, self._now().isoformat(timespec="milliseconds"))
        return [
            # Tools before their server: a tool counts once its server's record names it.
            *(Output(CATALOGUE, f"tool/{tool.tool_id}", tool) for tool in tools),
            Output(CATALOGUE, f"server/{facts.server_id}", record),
            *(Output("recordings", recording.recording_id, recording) for recording in found),
            *self._drift(facts.server_id, tools),
        ]

    def _drift(self, server_id: str, tools: Sequence[ToolRecord]) -> list[Output]:
        before = self._earlier.tools(server_id)
        return [Output("drift-events", event.tool_id, event) for event in drift(before, tools)] if before else []

    async def _world(self, world_digest: str) -> WorldRecord:
        known = self._worlds.get(world_digest)
        # Looked at once for all servers that share it; a failed look is tried again.
        if known is None or (known.done() and (known.cancelled() or known.exception())):
            self._worlds[world_digest] = asyncio.create_task(asyncio.to_thread(self._inspect, world_digest))
        # One handler's cancellation must not end the look that others wait for.
        return await asyncio.shield(self._worlds[world_digest])

    def _inspect(self, world_digest: str) -> WorldRecord:
        worlds = self._servers.worlds
        return inspect_world(
            worlds.path(world_digest), world_digest, worlds.name(world_digest), worlds.now(world_digest)
        )


def dead_crawl(event: Event, error: Exception) -> Sequence[Output]:
    """Give a dead-lettered request its terminal record, so that nobody waits for it."""
    if not isinstance(event.record, CrawlRequest) or not event.record.server_id:
        return ()
    # Without a terminal record the graph would wait for this server for ever.
    return [_failed(event.record.server_id, FailureClass.LIST_FAILED, f"crawl ended by a bug: {type(error).__name__}")]


async def build(settings: Settings, resources: AsyncExitStack) -> Sequence[Part]:
    """Put the crawler together.

    Raises:
        BadInput: the servers file cannot be used.
    """
    scratch = settings.data_dir / "run" / "crawler"
    timeouts = Timeouts(start=settings.start_seconds, call=settings.call_seconds)
    programs = find_programs(uv=settings.uv, node=settings.node)
    launcher = Launcher(read_servers(settings.servers_file), settings.cache_dir, scratch, programs, timeouts)
    launcher.progress = lambda server_id, doing: logger.info("installing", server_id=server_id, doing=doing)
    if launcher.why_mapped:
        logger.warning("paths_mapped", reason=launcher.why_mapped)
    earlier = EarlierCrawls()
    servers = Servers(launcher, WorldStore(settings.data_dir / "worlds"), scratch)
    budget = Budget(settings.probe_seconds, settings.probe_attempts)
    ledger = Ledger(settings.kafka_bootstrap, "crawler")
    crawling = Crawling(servers, earlier, budget, lambda: datetime.now(UTC), ledger.spend)
    return [
        TransactionalWorker(settings, Stage("crawler", ("crawl-requests",), crawling.handle, on_dead=dead_crawl)),
        Background("earlier-crawls", partial(earlier.follow, settings.kafka_bootstrap), earlier.is_ready),
        Background("ledger", ledger.follow),
    ]


def _spent(request: CrawlRequest, calls: int, seconds: float) -> LedgerEntry:
    """One row for all probes of a crawl; a crawl that is done again was paid again."""
    entry_id = attempt_id(identifier("spend", [request.request_id]), time.time_ns())
    return LedgerEntry(entry_id, "crawler", SpendKind.TOOL_CALL, request.server_id, seconds, calls)


def _failed(server_id: str, failure_class: FailureClass, text: str, facts: ServerFacts | None = None) -> Output:
    logger.warning("crawl_failed", server_id=server_id, failure_class=failure_class, reason=text)
    record: ServerRecord = failed_record(server_id, facts.server_digest if facts else "", failure_class, text)
    return Output(CATALOGUE, f"server/{server_id}", record)
