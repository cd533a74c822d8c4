"""Remote servers over streamable HTTP: no world of ours, credentials of the owner, only calls that read."""

import contextlib
import socket
import subprocess
import sys
from datetime import UTC, datetime
from unittest.mock import AsyncMock

import pytest

from services.crawler.adapters.benches import Servers
from services.crawler.adapters.earlier_crawls import EarlierCrawls
from services.crawler.app import Crawling
from services.crawler.domain.probing import Budget
from shared.model.catalogue import CrawlRequest, FailureClass, PathMode, ServerRecord, ToolRecord
from shared.model.errors import Rejected
from shared.runtime.servers.clocks import Clock
from shared.runtime.servers.effects import Knowledge
from shared.runtime.servers.environment import Backing, Environment
from shared.runtime.streaming.events import Event
from tests.fakes.launching import SCRIPTS, launcher, until, world

pytestmark = pytest.mark.integration


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def serve(port):
    return subprocess.Popen([sys.executable, str(SCRIPTS / "remote.py"), str(port), "k3y"])


@pytest.fixture
async def url():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = serve(port)
    try:
        await until(lambda: answers(port))
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.kill()
        server.wait()


def entry(url, key="k3y", **ours):
    return {"url": url, "headers": {"Authorization": f"Bearer {key}"}, "x-firefly": ours}


async def test_remote_calls_have_a_state_of_their_own_and_only_read(tmp_path, url):
    store, digest = world(tmp_path)
    made = launcher(tmp_path, s=entry(url))
    environment = Environment(Backing(store, made, Knowledge()), digest, Clock.FROZEN, tmp_path / "live")
    await environment.open()
    called = await environment.call_tool("s", "read", "{}", is_hinted_read_only=True)
    assert '"read 0"' in called.result_json
    assert called.path_mode is PathMode.REMOTE
    assert called.state.world not in ("", digest)
    with pytest.raises(Rejected, match="remote_not_proven"):
        await environment.call_tool("s", "write", "{}")
    await environment.aclose()


async def test_the_owner_may_allow_writes(tmp_path, url):
    store, digest = world(tmp_path)
    made = launcher(tmp_path, s=entry(url, allowWrites=True))
    environment = Environment(Backing(store, made, Knowledge()), digest, Clock.FROZEN, tmp_path / "live")
    await environment.open()
    assert '"write 1"' in (await environment.call_tool("s", "write", "{}")).result_json
    await environment.aclose()


async def crawl(tmp_path, **entries):
    store, digest = world(tmp_path)
    servers = Servers(launcher(tmp_path, **entries), store, tmp_path / "scratch")
    handler = Crawling(servers, EarlierCrawls(), Budget(), lambda: datetime(2026, 11, 1, tzinfo=UTC), AsyncMock())
    request = CrawlRequest("c", "s", "start", (digest,))
    return [output.record for output in await handler.handle(Event("crawl-requests", 0, 0, "s", request, {}, 0))]


async def test_crawling_a_remote_server_tries_only_what_hints_that_it_reads(tmp_path, url):
    found = await crawl(tmp_path, s=entry(url))
    tools = {record.name: record.behaviour.evidence for record in found if isinstance(record, ToolRecord)}
    assert tools["write"] == "no call was made, so nothing is proven"
    assert "another process" in tools["read"]
    (server,) = [record for record in found if isinstance(record, ServerRecord)]
    assert server.path_mode is PathMode.REMOTE
    assert "k3y" not in repr(found)


async def test_a_wrong_key_is_a_failure_class(tmp_path, url):
    (server,) = await crawl(tmp_path, s=entry(url, key="wrong"))
    assert server.failure_class is FailureClass.AUTH_REQUIRED
    assert "wrong" not in server.failure_text
