"""In, out, failed and lag of the stages, read from their `/metrics`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from shared.runtime import telemetry

TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Since the process started; lag is now."""

    events_in: float = 0
    events_out: float = 0
    failed: float = 0
    lag: float = 0

    def plus(self, other: "Counts") -> "Counts":
        """Add what an earlier process of the stage had done; its lag is of the past."""
        return Counts(
            self.events_in + other.events_in, self.events_out + other.events_out, self.failed + other.failed, self.lag
        )


_FIELDS = {
    next(iter(_metric.describe())).name: field
    for _metric, field in (
        (telemetry.EVENTS_IN, "events_in"),
        (telemetry.EVENTS_OUT, "events_out"),
        (telemetry.EVENTS_FAILED, "failed"),
        (telemetry.LAG, "lag"),
    )
}


def parse(text: str) -> Counts:
    """Sum what one process reports over its topics and partitions."""
    sums = dict.fromkeys(_FIELDS.values(), 0.0)
    for family in text_string_to_metric_families(text):
        field = _FIELDS.get(family.name)
        if field:
            sums[field] += sum(sample.value for sample in family.samples if not sample.name.endswith("_created"))
    return Counts(**sums)


async def scrape(ports: Mapping[str, int]) -> dict[str, Counts]:
    """Ask every stage; those that do not answer are left out."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        answers = await asyncio.gather(*(_ask(session, port) for port in ports.values()))
    return {name: counts for name, counts in zip(ports, answers, strict=True) if counts is not None}


async def _ask(session: aiohttp.ClientSession, port: int) -> Counts | None:
    try:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            return parse(await answer.text())
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
