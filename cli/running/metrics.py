"""What the stages tell Prometheus, summed over topics and partitions."""

import asyncio
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from shared.runtime import telemetry

TIMEOUT_SECONDS = 2.0
Buckets = Mapping[float, float]
"""Upper bound in seconds -> handler attempts that took at most so long."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Since the process started; lag, in_flight and commit_age are now."""

    events_in: float = 0
    events_out: float = 0
    failed: float = 0
    """Handler attempts that raised."""
    dead: float = 0
    """Dead letters."""
    lag: float = 0
    in_flight: float = 0
    commit_age: float = 0
    handled: float = 0
    """Handler attempts; for a service that is only asked, gRPC calls."""
    handler_seconds: float = 0
    buckets: Buckets = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Error classes and reasons of dead letters."""

    def plus(self, other: "Counts") -> "Counts":
        """Add what an earlier process of the stage had done; what is of the moment is of the past."""
        return Counts(
            self.events_in + other.events_in,
            self.events_out + other.events_out,
            self.failed + other.failed,
            self.dead + other.dead,
            self.lag,
            self.in_flight,
            self.commit_age,
            self.handled + other.handled,
            self.handler_seconds + other.handler_seconds,
            Counter(self.buckets) + Counter(other.buckets),
            Counter(self.reasons) + Counter(other.reasons),
        )

    def quantile(self, share: float) -> float | None:
        """Seconds below which that share of handler attempts stayed, between bucket bounds; None without any."""
        total = self.buckets.get(math.inf, 0)
        if not total:
            return None
        low, below = 0.0, 0.0
        for bound, count in sorted(self.buckets.items()):
            if count >= share * total:
                # The last bucket has no end: its lower bound is all that is known.
                return low if math.isinf(bound) else low + (bound - low) * (share * total - below) / (count - below)
            low, below = bound, count
        return low

    @property
    def backlog_seconds(self) -> float:
        """What waits, as seconds of work of one handler."""
        return self.lag * self.handler_seconds / self.handled if self.handled else 0.0


def parse(text: str) -> Counts:
    """Sum what one process reports over its topics and partitions."""
    found: dict[str, list[Any]] = {family.name: family.samples for family in text_string_to_metric_families(text)}
    in_flight = _total(found.get(_name(telemetry.IN_FLIGHT), ()))
    handled = _name(telemetry.HANDLER_SECONDS)
    # A service that is only asked has no handler; its gRPC calls are what it does.
    seconds = found.get(handled if found.get(handled) else _name(telemetry.RPC_SECONDS), [])
    dead, failed = (found.get(_name(metric), ()) for metric in (telemetry.EVENTS_DEAD, telemetry.EVENTS_FAILED))
    calls = _total(one for one in seconds if one.name.endswith("_count"))
    return Counts(
        events_in=_total(found.get(_name(telemetry.EVENTS_IN), ())) or calls,
        events_out=_total(found.get(_name(telemetry.EVENTS_OUT), ())),
        failed=_total(failed),
        dead=_total(dead),
        lag=_lag(found.get(_name(telemetry.LAG), ()), in_flight),
        in_flight=in_flight,
        commit_age=max((one.value for one in found.get(_name(telemetry.COMMIT_AGE), ())), default=0.0),
        handled=calls,
        handler_seconds=_total(one for one in seconds if one.name.endswith("_sum")),
        buckets=_buckets(seconds),
        reasons=_labelled(failed, "error") + _labelled(dead, "reason"),
    )


def _name(metric: Any) -> str:
    return str(next(iter(metric.describe())).name)


def _total(samples: Iterable[Any]) -> float:
    # `_created` is a time stamp that the client library adds to each counter.
    return sum((one.value for one in samples if not one.name.endswith("_created")), 0.0)


def _lag(samples: Iterable[Any], in_flight: float) -> float:
    """Behind a transaction lies its commit marker, which is a lag of 1 for ever while nothing else comes."""
    return _total(one for one in samples if in_flight or one.value > 1)


def _buckets(samples: Iterable[Any]) -> Buckets:
    sums: Counter[float] = Counter()
    for one in samples:
        if one.name.endswith("_bucket"):
            sums[float(one.labels["le"])] += one.value
    return sums


def _labelled(samples: Iterable[Any], label: str) -> Counter[str]:
    sums: Counter[str] = Counter()
    for one in samples:
        if one.name.endswith("_total"):
            sums[one.labels[label]] += int(one.value)
    return sums


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
