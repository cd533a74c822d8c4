"""A service process: settings, exit codes, order of stopping, probes."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import aiohttp
import pytest
import structlog
from pydantic import ValidationError

from shared.model.errors import BadInput, Fenced, Unavailable
from shared.runtime import service, telemetry
from shared.runtime.health import HealthServer, Report
from shared.runtime.service import Background, ExitCode, Part
from shared.runtime.settings import ModelSettings, ServiceSettings
from shared.runtime.streaming.failures import StageFailed

pytestmark = pytest.mark.unit


class Scripted:
    """A part that does what it is told."""

    def __init__(self, name: str, body: Callable[[asyncio.Event], Awaitable[None]], is_live: bool = True) -> None:
        self.name, self._body, self._is_live = name, body, is_live

    async def run(self, stopping: asyncio.Event) -> None:
        await self._body(stopping)

    def liveness(self) -> Report:
        return Report(self._is_live, "as told")

    def readiness(self) -> Report:
        return Report(True, "as told")


async def exit_code(*parts: Part) -> ExitCode:
    async def build(settings: ServiceSettings, resources: AsyncExitStack) -> Sequence[Part]:
        return parts

    return await asyncio.wait_for(service._exit_code(ServiceSettings(), build), 10)


def raising(error: BaseException) -> Part:
    async def body(stopping: asyncio.Event) -> None:
        await asyncio.sleep(0)
        raise error

    return Scripted("raising", body)


async def until_stopped(stopping: asyncio.Event) -> None:
    await stopping.wait()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput("the file is missing"), ExitCode.BAD_INPUT),
        (Fenced("another holder"), ExitCode.FENCED),
        (Unavailable("Kafka does not answer"), ExitCode.UNAVAILABLE),
        (StageFailed("too much"), ExitCode.TOO_MANY_FAILURES),
        (ZeroDivisionError("bug"), ExitCode.CRASHED),
    ],
)
async def test_error_of_a_part_stops_the_others_and_sets_the_exit_code(error: Exception, code: ExitCode) -> None:
    stopped: list[str] = []

    async def other(stopping: asyncio.Event) -> None:
        await stopping.wait()
        stopped.append("other")

    assert await exit_code(Scripted("other", other), raising(error)) == code
    assert stopped == ["other"]


async def test_part_that_ends_by_itself_is_a_crash() -> None:
    async def body(stopping: asyncio.Event) -> None:
        await asyncio.sleep(0)

    assert await exit_code(Scripted("short", body), Scripted("long", until_stopped)) == ExitCode.CRASHED


async def test_background_serves_until_the_other_parts_have_drained() -> None:
    order: list[str] = []
    stopping = asyncio.Event()

    async def drain(stopping: asyncio.Event) -> None:
        await stopping.wait()
        await asyncio.sleep(0.05)
        order.append("drained")

    async def serve(stopping: asyncio.Event) -> None:
        await stopping.wait()
        order.append("background stopped")

    async def build(settings: ServiceSettings, resources: AsyncExitStack) -> Sequence[Part]:
        resources.callback(order.append, "resources closed")
        return [Background("ledger", serve), Scripted("worker", drain)]

    asyncio.get_running_loop().call_later(0.05, stopping.set)
    await asyncio.wait_for(service.serve(ServiceSettings(), build, stopping), 10)
    assert order == ["drained", "background stopped", "resources closed"]


async def test_stop_during_build_closes_what_was_opened() -> None:
    closed: list[str] = []
    stopping = asyncio.Event()

    async def build(settings: ServiceSettings, resources: AsyncExitStack) -> Sequence[Part]:
        resources.callback(closed.append, "resource")
        await asyncio.sleep(60)
        return ()

    asyncio.get_running_loop().call_later(0.05, stopping.set)
    await asyncio.wait_for(service.serve(ServiceSettings(), build, stopping), 5)
    assert closed == ["resource"]


async def test_background_that_fails_ends_the_service() -> None:
    async def fail(stopping: asyncio.Event) -> None:
        raise BadInput("the catalogue is broken")

    assert await exit_code(Background("catalogue", fail), Scripted("worker", until_stopped)) == ExitCode.BAD_INPUT


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREFLY_SEED", "7")
    monkeypatch.setenv("FIREFLY_MODEL_BY_ROLE", '{"judge": "big"}')
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    settings = ModelSettings()
    assert (settings.seed, settings.model_by_role, settings.openai_base_url) == (
        7,
        {"judge": "big"},
        "http://127.0.0.1:1/v1",
    )
    assert "none" not in repr(settings.openai_api_key)


@pytest.mark.parametrize(("name", "value"), [("SESSION_TIMEOUT_SECONDS", "3"), ("HTTP_PORT", "99999"), ("SEED", "-1")])
def test_settings_out_of_bounds_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"FIREFLY_{name}", value)
    with pytest.raises(ValidationError):
        ServiceSettings()


def test_wrong_setting_costs_one_sentence_and_exit_code_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FIREFLY_HTTP_PORT", "eighty")

    async def build(settings: ServiceSettings, resources: AsyncExitStack) -> Sequence[Part]:
        return ()

    with pytest.raises(SystemExit) as caught:
        service.run("crawler", ServiceSettings, build)
    assert caught.value.code == ExitCode.BAD_INPUT
    assert capsys.readouterr().err.startswith("crawler: FIREFLY_HTTP_PORT is 'eighty': ")


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_probes_tell_each_part_and_metrics_are_served() -> None:
    port = free_port()
    parts = [Scripted("good", until_stopped), Scripted("stuck", until_stopped, is_live=False)]
    async with HealthServer("127.0.0.1", port, parts), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        live = await client.get("/livez")
        assert live.status == 503
        assert (await live.json())["stuck"] == {"ok": False, "text": "as told"}
        assert (await client.get("/readyz")).status == 200
        assert "firefly_events_in_total" in await (await client.get("/metrics")).text()
        with pytest.raises(BadInput, match=f"port {port} on 127.0.0.1 is not free"):
            await HealthServer("127.0.0.1", port, parts).__aenter__()


def test_log_lines_are_json_with_event_and_bound_fields(capsys: pytest.CaptureFixture[str]) -> None:
    import logging

    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        telemetry.set_up_logging("info", "json", "explorer")
        structlog.get_logger().info("explored", calls=3)
        logging.getLogger("aiokafka").warning("broker %s away", 1)
        logging.getLogger("aiokafka").warning("broker %s away", 2)
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    finally:
        structlog.configure(**before)
        structlog.contextvars.clear_contextvars()
        root.handlers[:] = handlers
        root.setLevel(level)
    assert (lines[0]["event"], lines[0]["calls"], lines[0]["service"]) == ("explored", 3, "explorer")
    assert len(lines) == 2, "a library repeats itself at most every five seconds"
    assert (lines[1]["event"], lines[1]["level"]) == ("broker 1 away", "warning")
