"""`firefly_client.kafka` and the programs of `docs/subscribe.md` on a real Kafka."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from firefly_client.kafka import FileOffsets, GroupOffsets, Subscription, SubscriptionError, TaskChange

from cli.embedded.kafka import Kafka
from shared.model.tasks import TaskState, TaskStatus, VerifiedTask
from shared.runtime.streaming.admin import create_topics
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher
from shared.runtime.topics import BY_NAME
from tests.fakes import dataset

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]
GUIDE = Path(__file__).parents[2] / "docs" / "subscribe.md"
CLIENT = Path(__file__).parents[2] / "clients" / "python"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """A new one for each test: the topics have fixed names."""
    server = Kafka(tmp_path / "kafka")
    try:
        server.start()
        asyncio.run(create_topics(server.bootstrap, topics=[BY_NAME["verified-tasks"], BY_NAME["task-status"]]))
        yield server.bootstrap
    finally:
        server.stop()


def task(name: str) -> VerifiedTask:
    return dataset.order_task(f" {name}")[0]


async def publish(broker: str, *tasks: VerifiedTask) -> None:
    """As the verifier does: a task, and that it is active."""
    outputs = [Output("verified-tasks", one.task.task_id, one) for one in tasks]
    await write(broker, *outputs, *(status(one, TaskState.ACTIVE) for one in tasks))


def status(one: VerifiedTask, state: TaskState, reason: str = "") -> Output:
    return Output("task-status", one.task.task_id, TaskStatus(one.task.task_id, state, reason))


async def write(broker: str, *outputs: Output) -> None:
    async with Publisher(broker, "test") as publisher:
        await publisher.publish(outputs)


async def everything(subscription: Subscription) -> list[TaskChange]:
    async with asyncio.timeout(30), subscription as changes:
        return [change async for change in changes]


async def some(changes: AsyncIterator[TaskChange], count: int) -> list[TaskChange]:
    found = []
    async with asyncio.timeout(30):
        async for change in changes:
            found.append(change)
            if len(found) == count:
                return found
    raise AssertionError(f"only {len(found)} changes")


def said(changes: Sequence[TaskChange]) -> set[tuple[str, str, bool]]:
    return {(change.task_id, change.state, change.task is not None) for change in changes}


def test_tasks_come_with_their_status_and_changes_come_after(broker: str) -> None:
    kept, gone, late = task("kept"), task("gone"), task("late")

    async def scenario() -> None:
        await publish(broker, kept, gone)
        await write(broker, status(gone, TaskState.RETRACTED, "drifted"))
        async with Subscription(broker) as subscription:
            first = await some(subscription, 2)
            assert said(first) == {(kept.task.task_id, "active", True), (gone.task.task_id, "retracted", True)}
            assert {change.task.task.task_id for change in first} == {kept.task.task_id, gone.task.task_id}
            await publish(broker, late)
            assert said(await some(subscription, 1)) == {(late.task.task_id, "active", True)}
            await write(broker, status(kept, TaskState.QUARANTINED, "unstable"), status(gone, TaskState.ACTIVE))
            later = await some(subscription, 2)
            assert said(later) == {(kept.task.task_id, "quarantined", False), (gone.task.task_id, "active", False)}
            assert {change.reason for change in later} == {"unstable", ""}

    asyncio.run(scenario())


@pytest.mark.parametrize("kind", ["file", "group"])
def test_a_subscription_goes_on_where_it_was(broker: str, tmp_path: Path, kind: str) -> None:
    tasks = [task(str(number)) for number in range(8)]

    def offsets() -> FileOffsets | GroupOffsets:
        return FileOffsets(tmp_path / "offsets.json") if kind == "file" else GroupOffsets("trainer")

    async def scenario() -> None:
        await publish(broker, *tasks[:5])
        assert len(await everything(Subscription(broker, offsets(), follow=False))) == 5
        assert await everything(Subscription(broker, offsets(), follow=False)) == []
        await publish(broker, *tasks[5:])
        await write(broker, status(tasks[0], TaskState.RETRACTED), status(tasks[6], TaskState.RETRACTED))
        found = await everything(Subscription(broker, offsets(), follow=False))
        ids = [one.task.task_id for one in tasks]
        news = {(ids[0], "retracted", False), (ids[6], "retracted", False)}
        assert said(found) == {(ids[5], "active", True), (ids[6], "retracted", True), (ids[7], "active", True)} | news
        assert await everything(Subscription(broker, offsets(), follow=False)) == []

    asyncio.run(scenario())


def test_what_was_not_handled_comes_again(broker: str, tmp_path: Path) -> None:
    tasks = [task(str(number)) for number in range(3)]

    async def scenario() -> None:
        await publish(broker, *tasks)
        offsets = FileOffsets(tmp_path / "offsets.json")
        async with Subscription(broker, offsets) as subscription:
            (first,) = await some(subscription, 1)
            await subscription.save()
            await some(subscription, 1)
        rest = await everything(Subscription(broker, offsets, follow=False))
        assert {change.task_id for change in rest} == {one.task.task_id for one in tasks} - {first.task_id}

    asyncio.run(scenario())


def test_what_is_wrong_is_one_sentence(broker: str, tmp_path: Path) -> None:
    (tmp_path / "offsets.json").write_text("[]")
    with pytest.raises(SubscriptionError, match="holds no offsets: remove it to begin anew"):
        asyncio.run(everything(Subscription(broker, FileOffsets(tmp_path / "offsets.json"), follow=False)))


def programs() -> list[str]:
    return re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(2))
def test_the_programs_of_the_guide_print_the_tasks(broker: str, tmp_path: Path, number: int) -> None:
    kept, gone = task("kept"), task("gone")
    asyncio.run(publish(broker, kept, gone))
    asyncio.run(write(broker, status(gone, TaskState.RETRACTED)))
    program = tmp_path / "program.py"
    program.write_text(programs()[number].replace("127.0.0.1:9092", broker), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(CLIENT)}
    line = [sys.executable, "-u", str(program)]
    with subprocess.Popen(line, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = {process.stdout.readline().strip() for _ in range(2)}
        finally:
            process.kill()
    assert lines == {f"active {kept.task.task_id}", f"retracted {gone.task.task_id}"}
