"""What happens next for each kind of error."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.model.catalogue import CrawlRequest
from shared.model.errors import Fenced, Rejected, Unavailable
from shared.runtime import wire
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming import attempts
from shared.runtime.streaming.attempts import Attempts, Outcome
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.failures import FailureLimit, StageFailed
from shared.runtime.streaming.messages import Message
from shared.runtime.streaming.stage import OnDead, Stage

pytestmark = pytest.mark.unit
REQUEST = CrawlRequest("r1", "server", "start")


def message(value: bytes | None = None) -> Message:
    value = wire.encode("crawl-requests", REQUEST) if value is None else value
    return Message("crawl-requests", 0, 7, b"k", value, (), 0)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_pause", lambda _: 0.0)


class Handler:
    """Raises what it is given, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls = list(errors), 0

    async def __call__(self, event: Event) -> Sequence[Output]:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return [Output("crawl-requests", event.key, event.record)]


async def outcome(handler: Handler, on_dead: OnDead | None = None, value: bytes | None = None) -> Outcome:
    stage = Stage("test", ("crawl-requests",), handler, on_dead)
    return await Attempts(ServiceSettings(), stage).outcome(message(value))


async def test_unavailable_is_tried_again_for_as_long_as_it_takes() -> None:
    handler = Handler(*[Unavailable("away")] * 50)
    assert not (await outcome(handler)).is_dead
    assert handler.calls == 51


async def test_rejected_is_a_dead_letter_at_once() -> None:
    handler = Handler(Rejected("no_such_tool"))
    found = await outcome(handler)
    assert found.is_dead
    assert handler.calls == 1
    assert [one.topic for one in found.outgoing] == ["crawl-requests-dlq"]


async def test_bug_is_tried_four_times_and_absence_in_between_does_not_count() -> None:
    handler = Handler(*[KeyError("x"), Unavailable("away")] * 3, KeyError("last"))
    found = await outcome(handler)
    assert found.is_dead
    assert handler.calls == 7
    assert dict(found.outgoing[0].headers)["dlq_attempts"] == b"4"


async def test_bug_that_passes_leaves_no_trace() -> None:
    assert not (await outcome(Handler(KeyError("x"), KeyError("x"), KeyError("x")))).is_dead


async def test_dead_event_brings_what_the_stage_adds_in_the_same_outcome() -> None:
    def on_dead(event: Event, error: Exception) -> Sequence[Output]:
        assert isinstance(error, Rejected)
        return [Output("crawl-requests", "dead", event.record)]

    found = await outcome(Handler(Rejected("gone")), on_dead)
    assert [one.topic for one in found.outgoing] == ["crawl-requests", "crawl-requests-dlq"]


async def test_undecodable_event_reaches_on_dead_without_record() -> None:
    seen: list[object] = []
    handler = Handler()
    found = await outcome(handler, lambda event, _: seen.append(event.record) or (), b"\xff\xff")  # type: ignore[func-returns-value]
    assert found.is_dead
    assert seen == [None]
    assert handler.calls == 0


async def test_fenced_handler_is_not_retried() -> None:
    with pytest.raises(Fenced):
        await outcome(Handler(Fenced("another holder")))


async def test_no_more_handlers_run_at_once_than_the_quota_allows() -> None:
    running, most = 0, 0

    async def slow(event: Event) -> Sequence[Output]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return []

    shared = Attempts(ServiceSettings(concurrency=3), Stage("test", ("crawl-requests",), slow))
    await asyncio.gather(*(shared.outcome(message()) for _ in range(20)))
    assert most == 3


def test_limit_counts_runs_from_the_last_success() -> None:
    limit = FailureLimit(max_run=3, max_share=1.0)
    for is_failure in (True, True, False, True, True):
        limit.record(is_failure)
    with pytest.raises(StageFailed, match="3 events in a row"):
        limit.record(True)


def test_limit_counts_the_share_only_over_a_full_window() -> None:
    limit = FailureLimit(max_run=1000, max_share=0.5)
    for number in range(99):
        limit.record(number % 2 == 0)
    limit.record(False)
    limit.record(True)
    with pytest.raises(StageFailed, match="51% of the last 100"):
        limit.record(True)
