"""The crawler as a service: requests in, catalogue and canaries out, on a real Kafka."""

import asyncio
import json
import sys

import pytest

from services.crawler.app import build
from services.crawler.settings import Settings
from shared.model.catalogue import CrawlOutcome, CrawlRequest, DriftEvent, ServerRecord, ToolRecord, WorldRecord
from shared.runtime import wire
from shared.runtime.service import serve
from shared.runtime.streaming import clients
from shared.runtime.streaming.admin import create_topics
from shared.runtime.streaming.reader import read_all
from tests.fakes.launching import SCRIPTS, world

pytestmark = [pytest.mark.integration, pytest.mark.timeout(110)]


async def publish(bootstrap, *requests):
    producer = clients.idempotent_producer(bootstrap)
    await producer.start()
    try:
        for request in requests:
            value = wire.encode("crawl-requests", request)
            await producer.send_and_wait("crawl-requests", value, request.server_id.encode())
    finally:
        await producer.stop()


async def catalogue(bootstrap, wanted):
    """Records of these servers in tool-catalogue once each has its terminal ones; the broker is shared."""
    async with asyncio.timeout(60):
        while True:
            every = [event.record async for event in read_all(bootstrap, "tool-catalogue")]
            found = [record for record in every if getattr(record, "server_id", wanted[0]) in wanted]
            if sum(isinstance(record, ServerRecord) for record in found) >= len(wanted):
                return found
            await asyncio.sleep(0.3)


async def test_crawler_answers_every_request_with_a_terminal_record(kafka, tmp_path):
    script = {"command": sys.executable, "args": [str(SCRIPTS / "kinds.py")]}
    broken = {"command": sys.executable, "args": [str(SCRIPTS / "exits.py")]}
    (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": {"kinds": script, "exits": broken}}))
    data = tmp_path / "data"
    _, digest = world(data)
    settings = Settings(
        kafka_bootstrap=kafka, data_dir=data, cache_dir=tmp_path / "cache", servers_file=tmp_path / "mcp.json"
    )
    await create_topics(kafka)
    worlds = (digest,)
    await publish(kafka, CrawlRequest("c0", "", "start", worlds), CrawlRequest("c1", "kinds", "start", worlds))
    await publish(kafka, CrawlRequest("c2", "exits", "start", worlds), CrawlRequest("c3", "nobody", "start", worlds))
    stopping = asyncio.Event()
    service = asyncio.create_task(serve(settings, build, stopping))
    try:
        found = await catalogue(kafka, ["kinds", "exits", "nobody"])
        assert len([record for record in found if isinstance(record, ToolRecord)]) == 12
        assert any(isinstance(record, WorldRecord) for record in found)
        outcomes = {record.server_id: record.outcome for record in found if isinstance(record, ServerRecord)}
        ready, failed = CrawlOutcome.READY, CrawlOutcome.FAILED
        assert outcomes == {"kinds": ready, "exits": failed, "nobody": failed}
        await publish(kafka, CrawlRequest("c4", "kinds", "schedule", worlds))
        await catalogue(kafka, ["kinds", "exits", "nobody", "kinds"])
        drifted: list[DriftEvent] = [event.record async for event in read_all(kafka, "drift-events")]
        assert not [event for event in drifted if event.server_id == "kinds"]
        recordings = [event.record async for event in read_all(kafka, "recordings")]
        assert {recording.tool for recording in recordings} >= {"add", "list_files"}
    finally:
        stopping.set()
        await asyncio.wait_for(service, 30)
