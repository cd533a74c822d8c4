"""Both shells over a broker that is killed and comes back: nothing lost, the worker writes nothing twice."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from cli.embedded.kafka import Kafka
from tests.chaos import topics
from tests.chaos.harness import Program, at_least, load, running, settled, watch

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


async def test_broker_that_is_killed_costs_time_only(tmp_path: Path) -> None:
    broker = Kafka(tmp_path / "kafka")
    broker.start()
    try:
        names = [await topics.create(broker.bootstrap, prefix) for prefix in ("broker-worker", "broker-faust")]
        keys = {f"id-{n}" for n in range(200)}
        for source, _, _ in names:
            await load(broker.bootstrap, source, sorted(keys))
        folder, seconds = {"data_dir": tmp_path}, {"chaos_seconds": 0.05}
        worker = Program(tmp_path, broker.bootstrap, "broker-worker", concurrency=8, **seconds)
        faust = Program(tmp_path, broker.bootstrap, "broker-faust", chaos_shell="faust", **folder, **seconds)
        async with running(worker, faust):
            for _, out, _ in names:
                await watch(broker.bootstrap, [out], at_least(40), 30)
            broker.nodes[0].kill()
            await asyncio.to_thread(broker.start)
            counts = [await settled(broker.bootstrap, [out], keys, 90) for _, out, _ in names]
    finally:
        broker.stop()
    assert counts[0] == Counter({(names[0][1], key): 1 for key in keys})
    assert {key for _, key in counts[1]} == keys
