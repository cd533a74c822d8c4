"""The worlds of an epoch: few at a time, all in turn, whatever order they came in."""

from collections import Counter
from dataclasses import replace

from services.sampler.domain.nearby import AT_ONCE, nearby
from tests.fakes.worlds import world

WORLDS = [replace(world(), world_digest=f"{index:02}") for index in range(10)]


def digests(seed: int, epoch: int, worlds=WORLDS) -> list[str]:
    return [one.world_digest for one in nearby(worlds, seed, epoch)]


def test_every_world_is_drawn_from_equally_often():
    epochs = len(WORLDS)
    drawn = Counter(digest for epoch in range(epochs) for digest in digests(7, epoch))
    assert set(drawn.values()) == {AT_ONCE}
    assert len(drawn) == len(WORLDS)


def test_an_epoch_starts_servers_in_few_worlds():
    assert all(len(set(digests(7, epoch))) == AT_ONCE for epoch in range(20))


def test_order_of_arrival_changes_nothing_but_the_seed_does():
    assert digests(7, 3) == digests(7, 3, WORLDS[::-1])
    assert any(digests(7, epoch) != digests(8, epoch) for epoch in range(3))


def test_few_worlds_are_all_at_hand():
    assert digests(7, 5, WORLDS[:AT_ONCE]) == [one.world_digest for one in WORLDS[:AT_ONCE]]
