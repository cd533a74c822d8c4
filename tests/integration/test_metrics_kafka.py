"""What both shells tell Prometheus and the probes while they work."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from shared.model.errors import Rejected, Unavailable
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.faust_stage import FaustStage
from shared.runtime.streaming.stage import Stage
from shared.runtime.streaming.worker import TransactionalWorker
from tests.chaos import topics
from tests.chaos.harness import load, until, watch

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]
SHELLS: dict[str, Callable[[ServiceSettings, Stage], TransactionalWorker | FaustStage]] = {
    "worker": TransactionalWorker,
    "faust": FaustStage,
}

WAITING = ("in_flight_events", "commit_age_seconds")


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"firefly_{name}", labels)


@pytest.mark.parametrize("kind", SHELLS)
async def test_a_shell_tells_all_that_an_operator_asks(kafka: str, tmp_path: Path, kind: str) -> None:
    name = f"metrics-{kind}"
    source, out, _ = await topics.create(kafka, name)
    release, tries = asyncio.Event(), iter([Unavailable("the simulator is away")])

    async def handle(event: Event) -> Sequence[Output]:
        if event.key == "poison":
            raise Rejected("no_such_tool")
        if event.key == "flaky" and (error := next(tries, None)):
            raise error
        if event.key == "slow":
            await release.wait()
        return [Output(out, event.key, event.record)]

    settings = ServiceSettings(
        kafka_bootstrap=kafka, session_timeout_seconds=6, data_dir=tmp_path, progress_bound_seconds=2
    )
    shell = SHELLS[kind](settings, Stage(name, (source,), handle))
    stopping = asyncio.Event()
    await load(kafka, source, ["poison", "flaky", "fine"])
    task = asyncio.create_task(shell.run(stopping))
    labels = {"stage": name, "topic": source}
    try:
        await watch(kafka, [out], lambda keys: len(keys) == 2, 20)
        await load(kafka, source, ["slow"])
        # Begun, not only sent: on a busy machine the events before it may still wait for their commit.
        await until(lambda: sample("events_in_total", **labels) == 4, 20)
        await until(lambda: min(sample(one, **labels) or 0 for one in WAITING) > 0.5, 20)
        assert (sample("events_in_total", **labels), sample("events_out_total", **labels)) == (4, 2)
        assert sample("events_failed_total", **labels, error="Unavailable") == 1
        assert sample("events_dead_lettered_total", **labels, reason="no_such_tool") == 1
        assert sample("handler_seconds_count", **labels) == 4
        assert (sample("rebalances_total", stage=name) or 0) >= 1
        assert sum(sample("lag_records", **labels, partition=str(n)) or 0 for n in range(topics.PARTITIONS)) >= 1
        assert shell.readiness().ok
        await until(lambda: not shell.liveness().ok, 10)
        assert "nothing was finished for" in shell.liveness().text
        release.set()
        await until(lambda: shell.liveness().ok, 10)
        await until(lambda: sample("in_flight_events", **labels) == 0, 10)
        assert sample("commit_age_seconds", **labels) == 0
    finally:
        release.set()
        stopping.set()
        await asyncio.wait({task}, timeout=30)
    task.result()
