"""Behaviour by evidence, on servers whose hints lie: real processes, fresh worlds, a moved clock."""

import sys
from datetime import UTC, datetime
from unittest.mock import AsyncMock

import pytest

from services.crawler.adapters.benches import Servers
from services.crawler.adapters.earlier_crawls import EarlierCrawls
from services.crawler.app import Crawling, dead_crawl
from services.crawler.domain.probing import Budget
from shared.model.calls import Recording, State
from shared.model.catalogue import (
    CrawlOutcome,
    CrawlRequest,
    Effect,
    FailureClass,
    ServerRecord,
    ToolRecord,
    Variation,
    WorldRecord,
)
from shared.proof import keys
from shared.proof.canonical import sha256_text
from shared.runtime.servers.session import Timeouts
from shared.runtime.streaming.events import Event
from tests.fakes.launching import SCRIPTS, launcher, world

pytestmark = pytest.mark.integration


def crawling(tmp_path, **entries):
    store, digest = world(tmp_path)
    made = launcher(tmp_path, Timeouts(start=2, call=3, listing=5), **entries)
    servers = Servers(made, store, tmp_path / "scratch")
    handler = Crawling(servers, EarlierCrawls(), Budget(), lambda: datetime(2026, 11, 1, tzinfo=UTC), AsyncMock())
    return handler, digest


async def crawl(handler, server_id, *worlds):
    request = CrawlRequest("crawl_1", server_id, "start", worlds)
    return await handler.handle(Event("crawl-requests", 0, 0, server_id, request, {}, 0))


def records(outputs, kind):
    return [output.record for output in outputs if isinstance(output.record, kind)]


async def test_behaviour_is_decided_by_evidence_and_not_by_hints(tmp_path):
    handler, digest = crawling(tmp_path, s="kinds")
    outputs = await crawl(handler, "s", digest)
    found = {tool.name: tool.behaviour for tool in records(outputs, ToolRecord)}
    classes = {name: (behaviour.effect, behaviour.variation) for name, behaviour in found.items()}
    assert classes == {
        "add": (Effect.READ_ONLY, Variation.STABLE),
        "now": (Effect.READ_ONLY, Variation.TIME),
        "day": (Effect.READ_ONLY, Variation.TIME),
        "draw": (Effect.UNKNOWN, Variation.RANDOM),
        "list_files": (Effect.READ_ONLY, Variation.STABLE),
        "read_note": (Effect.READ_ONLY, Variation.STABLE),
        "write_note": (Effect.WORLD, Variation.UNKNOWN),
        "touch_log": (Effect.WORLD, Variation.UNKNOWN),
        "next_number": (Effect.SESSION, Variation.STABLE),
        "register_project": (Effect.SESSION, Variation.STABLE),
        "list_projects": (Effect.READ_ONLY, Variation.STABLE),
        "always_fails": (Effect.UNKNOWN, Variation.UNKNOWN),
    }
    assert all(behaviour.evidence for behaviour in found.values())


async def test_terminal_record_comes_after_its_tools_and_names_them(tmp_path):
    handler, digest = crawling(tmp_path, s="kinds")
    outputs = [output for output in await crawl(handler, "s", digest) if output.topic == "tool-catalogue"]
    *tools, server = outputs
    assert isinstance(server.record, ServerRecord)
    assert server.key == "server/s"
    assert server.record.outcome is CrawlOutcome.READY
    assert server.record.tool_ids == tuple(tool.record.tool_id for tool in tools)
    assert {tool.key for tool in tools} == {f"tool/{tool.record.tool_id}" for tool in tools}
    assert server.record.protocol_version == "2025-11-25"


async def test_canaries_hold_what_repeated_under_the_key_of_their_state(tmp_path):
    handler, digest = crawling(tmp_path, s="kinds")
    outputs = await crawl(handler, "s", digest)
    found = {recording.tool: recording for recording in records(outputs, Recording)}
    assert {"add", "list_files", "read_note"} <= found.keys()
    assert not {"now", "draw", "next_number", "write_note", "touch_log"} & found.keys()
    add = found["add"]
    assert add.arguments_json == '{"a":2,"b":3}'
    assert add.result_sha256 == sha256_text(add.result_json)
    assert add.state.world == digest
    key = keys.recording_key(add.server_digest, "add", add.arguments_json, State(add.state.world, add.state.session))
    assert add.recording_id == keys.recording_id(key, add.result_json)


async def test_computation_is_proven_in_a_world_without_files(tmp_path):
    script = tmp_path / "adds.py"
    script.write_text(
        "from toolbox import *\n"
        "N = {'type': 'object', 'properties': {'a': {'type': 'integer', 'default': 2}}}\n"
        "serve([tool('double', input_schema=N)], lambda _name, arguments: text(2 * arguments.get('a', 2)))\n"
    )
    (tmp_path / "toolbox.py").write_text((SCRIPTS / "toolbox.py").read_text())
    handler, digest = crawling(tmp_path, s={"command": sys.executable, "args": [str(script)]})
    (double,) = records(await crawl(handler, "s", digest), ToolRecord)
    assert (double.behaviour.effect, double.behaviour.pure) == (Effect.READ_ONLY, True)


@pytest.mark.parametrize(
    ("script", "failure_class"),
    [
        ("exits", FailureClass.EXITED),
        ("hangs", FailureClass.HANDSHAKE_TIMEOUT),
        ("garbage", FailureClass.NOT_MCP),
        ({"command": "/no/such/program"}, FailureClass.BAD_SPEC),
    ],
)
async def test_a_server_that_cannot_be_used_has_a_terminal_record_that_says_why(tmp_path, script, failure_class):
    handler, digest = crawling(tmp_path, s=script)
    (output,) = await crawl(handler, "s", digest)
    assert output.record.outcome is CrawlOutcome.FAILED
    assert output.record.failure_class is failure_class
    assert output.record.failure_text
    assert "\n" not in output.record.failure_text


async def test_defects_of_a_listing_cost_their_tools_only(tmp_path):
    handler, digest = crawling(tmp_path, s="bad_list")
    outputs = await crawl(handler, "s", digest)
    assert {tool.name for tool in records(outputs, ToolRecord)} == {"good", "bad_output", "exact"}
    (server,) = records(outputs, ServerRecord)
    assert any("'good' is listed again" in defect for defect in server.defects)


async def test_a_tool_that_kills_its_server_costs_that_tool(tmp_path):
    handler, digest = crawling(tmp_path, s="moody")
    found = {tool.name: tool.behaviour for tool in records(await crawl(handler, "s", digest), ToolRecord)}
    assert found["die"].effect is Effect.UNKNOWN
    assert found["hang"].effect is Effect.UNKNOWN
    assert found["recall"].effect is not Effect.WORLD


async def test_worlds_are_looked_at_without_servers(tmp_path):
    handler, digest = crawling(tmp_path, s="kinds")
    (output,) = await crawl(handler, "", digest)
    assert output.key == f"world/{digest}"
    assert isinstance(output.record, WorldRecord)
    assert {file.path for file in output.record.files} == {"note.txt", "orders.csv"}


async def test_an_unknown_server_or_a_bug_still_ends_in_a_terminal_record(tmp_path):
    handler, digest = crawling(tmp_path, s="kinds")
    (output,) = await crawl(handler, "nobody", digest)
    assert output.record.failure_class is FailureClass.BAD_SPEC
    request = CrawlRequest("crawl_1", "s", "start", (digest,))
    (dead,) = dead_crawl(Event("crawl-requests", 0, 0, "s", request, {}, 0), ValueError("x"))
    assert dead.record.outcome is CrawlOutcome.FAILED


async def test_crawling_twice_gives_the_same_records(tmp_path):
    handler, digest = crawling(tmp_path, s="kinds")
    first, second = await crawl(handler, "s", digest), await crawl(handler, "s", digest)
    assert records(first, ToolRecord) == records(second, ToolRecord)
    assert records(first, ServerRecord) == records(second, ServerRecord)
    assert records(first, Recording) == records(second, Recording)


async def test_a_server_that_writes_into_the_world_as_it_starts_is_refused_with_the_file(tmp_path):
    handler, digest = crawling(tmp_path, s="writes_at_start")
    (record,) = records(await crawl(handler, "s", digest), ServerRecord)
    assert (record.outcome, record.failure_class) == (CrawlOutcome.FAILED, FailureClass.MOVES_WORLD)
    assert "own.db" in record.failure_text
