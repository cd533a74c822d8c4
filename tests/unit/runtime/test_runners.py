"""Messages are begun in order, and one that waits keeps no other from being begun."""

import asyncio
import time

import pytest

from shared.runtime.streaming import runners
from shared.runtime.streaming.messages import Message
from shared.runtime.streaming.runners import Runners

pytestmark = pytest.mark.unit
MESSAGES = [Message("t", 0, offset, b"k", None, (), 0) for offset in range(50)]


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def passed(task: asyncio.Task[None]) -> None:
    """Take no notice of how it ended."""
    if not task.cancelled():
        task.exception()


async def test_handlers_that_never_wait_share_a_task() -> None:
    done: list[int] = []
    tasks: set[asyncio.Task[None] | None] = set()

    async def work(message: Message) -> None:
        done.append(message.offset)
        tasks.add(asyncio.current_task())

    made = Runners(work, passed)
    made.submit(MESSAGES)
    await turns()
    assert done == list(range(50))
    assert len(tasks) < 5
    assert not len(made)


async def test_messages_behind_one_that_waits_are_begun_in_order() -> None:
    begun: list[int] = []
    gate = asyncio.Event()

    async def work(message: Message) -> None:
        begun.append(message.offset)
        if message.offset % 2 == 0:
            await gate.wait()

    made = Runners(work, passed)
    made.submit(MESSAGES)
    await turns(60)
    assert begun == list(range(50))
    assert len(made) == 25
    gate.set()
    await turns()
    assert not len(made)


async def test_loop_goes_on_between_handlers_that_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    async def work(message: Message) -> None:
        until = time.monotonic() + 0.001
        while time.monotonic() < until:
            pass
        done.append(message.offset)

    made = Runners(work, passed)
    monkeypatch.setattr(runners, "SLICE_SECONDS", 0.005)
    made.submit(MESSAGES)
    await turns(2)
    assert 0 < len(done) < 50
    await turns(60)
    assert done == list(range(50))


async def test_failure_is_told_and_the_others_go_on_until_they_are_stopped() -> None:
    errors: list[BaseException | None] = []
    done: list[int] = []

    async def work(message: Message) -> None:
        if message.offset == 0:
            raise ValueError
        done.append(message.offset)
        await asyncio.sleep(60)

    made = Runners(work, lambda task: errors.append(None if task.cancelled() else task.exception()))
    made.submit(MESSAGES[:5])
    await turns(20)
    assert [type(error) for error in errors] == [ValueError]
    assert done == [1, 2, 3, 4]
    made.stop()
    await turns()
    assert not len(made)
