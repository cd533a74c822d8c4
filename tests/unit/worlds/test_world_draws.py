from decimal import Decimal

import pytest

from worlds.draws import Draw

pytestmark = pytest.mark.unit


def test_a_stream_repeats_and_does_not_depend_on_others():
    assert [Draw(7, "a").integer(0, 999) for _ in range(3)] == [Draw(7, "a").integer(0, 999)] * 3
    assert Draw(7, "a").shuffled(range(20)) != Draw(7, "b").shuffled(range(20))


def test_draws_stay_within_their_bounds():
    draw = Draw(1, "bounds")
    assert {draw.integer(1, 3) for _ in range(200)} == {1, 2, 3}
    assert {draw.decimal("0.1", "0.3", "0.1") for _ in range(200)} == {Decimal("0.1"), Decimal("0.2"), Decimal("0.3")}
    assert sorted(draw.distinct(1, 5, 5)) == [1, 2, 3, 4, 5]


def test_this_seed_has_always_drawn_these_numbers():
    assert Draw(7, "pinned").distinct(1, 1000, 4) == [196, 758, 663, 855]
