"""Probes and metrics over HTTP: `/livez` = progress, `/readyz` = assigned and caught up, `/metrics` = Prometheus."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class Report:
    """One part's answer to a probe."""

    ok: bool
    text: str


class Probed(Protocol):
    """What the health server asks."""

    name: str

    def liveness(self) -> Report:
        """Say whether it makes progress, or waits for something named; false = restart the process."""

    def readiness(self) -> Report:
        """Say whether it has its partitions and its state."""


class HealthServer:
    """Serves the probes of some parts; an async context manager."""

    def __init__(self, host: str, port: int, parts: Sequence[Probed]) -> None:
        self._host, self._port, self._parts = host, port, parts
        app = web.Application()
        app.add_routes(
            [web.get("/livez", self._livez), web.get("/readyz", self._readyz), web.get("/metrics", _metrics)]
        )
        # Probes come every few seconds for the whole life of a service: no line for each.
        self._runner = web.AppRunner(app, access_log=None)

    async def __aenter__(self) -> Self:
        """Listen; port 0 means off.

        Raises:
            BadInput: the port is in use.
        """
        if self._port:
            await self._runner.setup()
            try:
                await web.TCPSite(self._runner, self._host, self._port).start()
            except OSError as error:
                await self._runner.cleanup()
                raise BadInput(
                    f"port {self._port} on {self._host} is not free for probes: set FIREFLY_HTTP_PORT to another"
                ) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _livez(self, _: web.Request) -> web.Response:
        return _answer({part.name: part.liveness() for part in self._parts})

    async def _readyz(self, _: web.Request) -> web.Response:
        return _answer({part.name: part.readiness() for part in self._parts})


def _answer(reports: dict[str, Report]) -> web.Response:
    body = {name: {"ok": report.ok, "text": report.text} for name, report in reports.items()}
    return web.json_response(body, status=200 if all(report.ok for report in reports.values()) else 503)


async def _metrics(_: web.Request) -> web.Response:
    # As a header: aiohttp refuses a `content_type` with a character set in it.
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
