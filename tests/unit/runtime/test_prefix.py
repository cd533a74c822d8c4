"""Only a completed prefix may be committed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.streaming.prefix import CompletedPrefix

pytestmark = pytest.mark.unit


def entered(*offsets: int) -> CompletedPrefix[str]:
    prefix: CompletedPrefix[str] = CompletedPrefix()
    for offset in offsets:
        assert prefix.enter(offset)
    return prefix


def test_prefix_ends_before_the_first_unfinished_event() -> None:
    prefix = entered(5, 6, 7, 8)
    for offset in (5, 6, 8):
        prefix.complete(offset, f"r{offset}")
    assert prefix.peek(10) == [(5, "r5"), (6, "r6")]


def test_prefix_is_empty_while_the_first_event_is_unfinished() -> None:
    prefix = entered(5, 6)
    prefix.complete(6, "r6")
    assert prefix.peek(10) == []


def test_prefix_passes_gaps_in_offsets() -> None:
    prefix = entered(5, 9, 100)
    for offset in (5, 9, 100):
        prefix.complete(offset, "done")
    assert [offset for offset, _ in prefix.peek(10)] == [5, 9, 100]


def test_prefix_gives_no_more_than_asked_and_keeps_it_until_it_leaves() -> None:
    prefix = entered(1, 2, 3)
    for offset in (1, 2, 3):
        prefix.complete(offset, "done")
    assert len(prefix.peek(2)) == 2
    assert len(prefix) == 3
    prefix.leave(2)
    assert [offset for offset, _ in prefix.peek(2)] == [3]


def test_prefix_refuses_a_record_that_was_read_twice() -> None:
    prefix = entered(4, 7)
    assert not prefix.enter(7)
    assert not prefix.enter(4)
    prefix.complete(4, "done")
    prefix.leave(1)
    assert not prefix.enter(4)


@given(st.sets(st.integers(0, 500), min_size=1, max_size=40), st.randoms(use_true_random=False), st.integers(1, 7))
def test_everything_leaves_once_and_in_order_whatever_completes_first(offsets, random, limit) -> None:
    order = sorted(offsets)
    prefix = entered(*order)
    shuffled = order[:]
    random.shuffle(shuffled)
    left: list[int] = []
    unfinished = set(order)
    for offset in shuffled:
        prefix.complete(offset, "done")
        unfinished.discard(offset)
        ready = [one for one, _ in prefix.peek(limit)]
        assert all(one < min(unfinished, default=10**9) for one in ready)
        prefix.leave(len(ready))
        left += ready
    while ready := [one for one, _ in prefix.peek(limit)]:
        prefix.leave(len(ready))
        left += ready
    assert left == order
    assert len(prefix) == 0
