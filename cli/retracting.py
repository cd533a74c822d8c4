"""Takes published tasks back: `task-status` tells simulators and subscribers, and the next export leaves them out."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from cli.data_folder import kafka_of
from shared.model.tasks import TaskState, TaskStatus
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.reader import read_all


def retract(data: Path, task_ids: Sequence[str], reason: str) -> tuple[str, ...]:
    """Retract tasks in the run on a data folder; returns those of them that it has published.

    Raises:
        BadInput: no run happened there, or the folder cannot be used.
        Unavailable: Kafka does not answer.
    """
    if not task_ids:
        return ()
    with kafka_of(data) as bootstrap:
        return asyncio.run(_retract(bootstrap, task_ids, reason))


async def _retract(bootstrap: str, task_ids: Sequence[str], reason: str) -> tuple[str, ...]:
    # A snapshot may be of another run: a status without its task would be read as a defect.
    published = {event.key async for event in read_all(bootstrap, "verified-tasks")}
    known = tuple(one for one in task_ids if one in published)
    async with Publisher(bootstrap, "cli") as publisher:
        await publisher.publish(
            [Output("task-status", one, TaskStatus(one, TaskState.RETRACTED, reason)) for one in known]
        )
    return known
