"""Follow verified tasks as they are published, straight from Kafka: `pip install firefly-client[kafka]`.

    async with Subscription("127.0.0.1:9092", FileOffsets("seen.json")) as changes:
        async for change in changes:
            if change.state == "active" and change.task is not None:
                add(change.task_id, change.task)
            else:
                remove(change.task_id)

A change counts as handled when the next one is asked for, or `save` is called: after a crash the last one may come
again, none is left out. One process reads all partitions.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from firefly.verifier.v1 import task_status_pb2, verified_task_pb2

TASKS, STATUS = "verified-tasks", "task-status"
ACTIVE = "active"
START_SECONDS = 30.0
SAVE_SECONDS = 1.0
POLL_MS = 200
BATCH = 500
RECORD_BYTES = 5 * 1024 * 1024
_STATES = {
    number: name.removeprefix("TASK_STATE_").lower()
    for name, number in task_status_pb2.TaskState.items()  # what this version knows; others keep their number
}


class SubscriptionError(Exception):
    """Kafka does not answer, or is not FireFly's; the text says what to do."""


@dataclass(frozen=True, init=False)
class TaskChange:
    """A task that was published, or one whose status has changed since (then `task` is None)."""

    task_id: str
    state: str
    """`active`; `quarantined` and `retracted` tasks are not to be trained on."""
    reason: str = ""
    replaces: str = ""
    """Task id that this one stands in for."""
    value: bytes | None = None
    """A serialised `firefly.verifier.v1.VerifiedTask`."""

    def __init__(
        self, task_id: str, state: str, reason: str = "", replaces: str = "", value: bytes | None = None
    ) -> None:
        # The one that a frozen dataclass comes with sets each field by a call of its own: 0.75 us, this one 0.44.
        self.__dict__.update(task_id=task_id, state=state, reason=reason, replaces=replaces, value=value)

    @cached_property
    def task(self) -> Any:
        """The `VerifiedTask` message; read when it is first asked for."""
        return None if self.value is None else verified_task_pb2.VerifiedTask.FromString(self.value)


class Offsets(Protocol):
    """Where a subscription goes on: (topic, partition) -> next offset."""

    async def load(self, consumer: Any, partitions: Sequence[Any]) -> dict[tuple[str, int], int]:
        """Return what was saved."""

    async def save(self, consumer: Any, offsets: Mapping[tuple[str, int], int]) -> None:
        """Keep it."""


class FileOffsets:
    """In a JSON file, replaced as a whole."""

    group: str | None = None

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    async def load(self, consumer: Any, partitions: Sequence[Any]) -> dict[tuple[str, int], int]:
        """See `Offsets`."""
        if not self._path.is_file():
            return {}
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return {(topic, int(number)): int(at) for topic, by in found.items() for number, at in by.items()}
        except (ValueError, AttributeError, TypeError) as error:
            raise SubscriptionError(f"{self._path} holds no offsets: remove it to begin anew") from error

    async def save(self, consumer: Any, offsets: Mapping[tuple[str, int], int]) -> None:
        """See `Offsets`."""
        body: dict[str, dict[str, int]] = {}
        for (topic, partition), offset in sorted(offsets.items()):
            body.setdefault(topic, {})[str(partition)] = offset
        staging = self._path.with_name(f"{self._path.name}.new")
        staging.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
        staging.replace(self._path)


class GroupOffsets:
    """In Kafka, under a consumer group that no other process uses at the same time."""

    def __init__(self, group: str) -> None:
        self.group: str | None = group

    async def load(self, consumer: Any, partitions: Sequence[Any]) -> dict[tuple[str, int], int]:
        """See `Offsets`."""
        found = {(tp.topic, tp.partition): await consumer.committed(tp) for tp in partitions}
        return {position: offset for position, offset in found.items() if offset is not None}

    async def save(self, consumer: Any, offsets: Mapping[tuple[str, int], int]) -> None:
        """See `Offsets`."""
        await consumer.commit({TopicPartition(*position): offset for position, offset in offsets.items()})


class Subscription:
    """An async iterator over `TaskChange`, of committed records only."""

    def __init__(self, bootstrap: str, offsets: FileOffsets | GroupOffsets | None = None, follow: bool = True) -> None:
        """Without `offsets` it begins at the first task; `follow=False` ends at what is published now."""
        self._bootstrap, self._offsets, self._follow = bootstrap, offsets, follow
        self._consumer: Any = None
        self._handled: dict[tuple[str, int], int] = {}
        self._ends: dict[Any, int] = {}
        self._status: dict[str, TaskChange] = {}
        """Of tasks that are not simply active."""
        self._pending: deque[Any] = deque()
        """Fetched and not yet yielded; first what changed between the last save and the start."""
        self._news = True
        self._in_hand: Any = None
        """The record that was yielded last."""
        self._saved_at: float | None = None

    async def __aenter__(self) -> Subscription:
        """Connect, and read every status there is.

        Raises:
            SubscriptionError: Kafka does not answer, or has no such topics.
        """
        group = self._offsets.group if self._offsets else None
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=group,
            # Handled is what the caller says, not what was fetched.
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=RECORD_BYTES,
        )
        async with AsyncExitStack() as undone:
            # Also where the opening is cancelled: `async with` calls no `__aexit__` for an enter that failed.
            undone.push_async_callback(self._consumer.stop)
            try:
                await asyncio.wait_for(self._open(), START_SECONDS)
            except (asyncio.TimeoutError, KafkaError) as error:  # noqa: UP041 - another class before Python 3.11
                raise SubscriptionError(f"Kafka at {self._bootstrap} does not answer: {error!r}") from error
            undone.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def save(self) -> None:
        """Note that everything that was yielded is handled, the last one too."""
        self._note_handled()
        self._saved_at = asyncio.get_running_loop().time()
        if self._offsets:
            await self._offsets.save(self._consumer, self._handled)

    def __aiter__(self) -> Subscription:
        """Iterate, also again after a `break`."""
        return self

    async def __anext__(self) -> TaskChange:
        """Return the next change; a Kafka that is away is waited for."""
        self._note_handled()
        while True:
            while self._pending:
                item = self._pending.popleft()
                if isinstance(item, TaskChange):
                    return item
                self._in_hand = item
                if change := self._change(item):
                    return change
                self._note_handled()
            if self._saved_at is None or asyncio.get_running_loop().time() - self._saved_at >= SAVE_SECONDS:
                await self.save()
            if not self._follow and await self._is_at_end():
                await self.save()
                raise StopAsyncIteration
            for records in (await self._consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH)).values():
                self._pending.extend(records)

    def _note_handled(self) -> None:
        """What was yielded last is handled; of what was news at the start, only once all of it is."""
        if (record := self._in_hand) is not None:
            self._handled[record.topic, record.partition] = record.offset + 1
            self._in_hand = None
        if self._news and not any(isinstance(item, TaskChange) for item in self._pending):
            self._news = False
            ends = {(one.topic, one.partition): at for one, at in self._ends.items() if one.topic == STATUS}
            self._handled.update(ends)

    async def _open(self) -> None:
        partitions = [TopicPartition(*position) for position in await self._positions()]
        await self._consumer.start()
        self._consumer.assign(partitions)
        saved = await self._offsets.load(self._consumer, partitions) if self._offsets else {}
        self._ends = await self._consumer.end_offsets(partitions)
        await self._read_statuses([partition for partition in partitions if partition.topic == STATUS], saved)
        begin = await self._consumer.beginning_offsets(partitions)
        for partition in partitions:
            position = (partition.topic, partition.partition)
            # Retention may have taken what was saved as next.
            at = max(begin[partition], saved.get(position, 0))
            self._consumer.seek(partition, self._ends[partition] if partition.topic == STATUS else at)
            self._handled[position] = at

    async def _positions(self) -> list[tuple[str, int]]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        try:
            await admin.start()
            found = await admin.describe_topics([TASKS, STATUS])
        finally:
            await admin.close()
        known = {topic["topic"]: topic["partitions"] for topic in found}
        if missing := [name for name in (TASKS, STATUS) if not known.get(name)]:
            raise SubscriptionError(f"Kafka at {self._bootstrap} has no topic {missing[0]}: is it FireFly's?")
        return sorted((name, one["partition"]) for name, partitions in known.items() for one in partitions)

    async def _read_statuses(self, statuses: Sequence[Any], saved: Mapping[tuple[str, int], int]) -> None:
        """Read them all, so that no task is yielded as active that is not; before the first start nothing is news."""
        news: dict[str, TaskChange] = {}
        await self._consumer.seek_to_beginning(*statuses)
        while not all([await self._consumer.position(one) >= self._ends[one] for one in statuses]):
            for partition, records in (await self._consumer.getmany(*statuses, timeout_ms=POLL_MS)).items():
                since = saved.get((partition.topic, partition.partition), self._ends[partition])
                for record in records:
                    change = self._learn(record)
                    if change and record.offset >= since:
                        news[change.task_id] = change
        self._pending.extend(news.values())

    async def _is_at_end(self) -> bool:
        return all([await self._consumer.position(one) >= end for one, end in self._ends.items()])

    def _change(self, record: Any) -> TaskChange | None:
        if record.topic == STATUS:
            return self._learn(record)
        task_id = record.key.decode()
        status = self._status.get(task_id)
        if status is None:
            return TaskChange(task_id, ACTIVE, value=record.value)
        return TaskChange(task_id, status.state, status.reason, status.replaces, record.value)

    def _learn(self, record: Any) -> TaskChange | None:
        """Take in a status; the first `active` of a task comes with the task and is no change."""
        task_id = record.key.decode()
        if record.value is None:
            return None
        message = task_status_pb2.TaskStatus.FromString(record.value)
        state = _STATES.get(message.state, str(message.state))
        change = TaskChange(task_id, state, message.reason, message.replaces)
        before = self._status.get(task_id)
        was = before.state if before else ACTIVE
        if state == ACTIVE and not message.replaces:
            self._status.pop(task_id, None)
        else:
            self._status[task_id] = change
        return change if state != was else None
