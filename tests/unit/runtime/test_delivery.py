"""The Faust consumer's account: never past an unfinished event, nothing dropped by a seek or a flushed queue."""

import pytest

from shared.model.errors import BadInput
from shared.runtime.streaming.delivery import Delivery, Take
from shared.runtime.streaming.faust_consumer import require_tested_version

pytestmark = pytest.mark.unit


def delivered(start: int, *offsets: int) -> Delivery:
    delivery = Delivery(start)
    for offset in offsets:
        assert delivery.take(offset) is Take.DELIVER
    return delivery


def test_committable_never_passes_an_unfinished_event() -> None:
    delivery = delivered(10, 10, 11, 12)
    assert delivery.committable({11, 12}) is None
    assert delivery.committable({10, 12}) == 11
    assert delivery.committable({11, 12}) == 13


def test_committable_passes_the_holes_that_transactions_leave() -> None:
    assert delivered(10, 10, 14, 20).committable({10, 14, 20}) == 21


def test_finished_offsets_are_forgotten_when_they_become_committable() -> None:
    finished = {10, 11, 99}
    delivered(10, 10, 11).committable(finished)
    assert finished == {99}


def test_records_from_before_a_seek_are_dropped() -> None:
    delivery = Delivery(10)
    assert delivery.take(9) is Take.DROP
    assert delivery.take(10) is Take.DELIVER
    assert delivery.take(10) is Take.DROP


def test_hole_right_after_a_seek_is_believed_only_when_read_twice() -> None:
    delivery = Delivery(10)
    assert delivery.take(15) is Take.REREAD
    assert delivery.take(15) is Take.DELIVER
    other = Delivery(10)
    assert other.take(15) is Take.REREAD
    assert other.take(10) is Take.DELIVER, "the first reading came from an older position"
    assert other.take(15) is Take.DELIVER


def test_rewind_goes_back_to_the_first_uncommitted_event() -> None:
    delivery = delivered(10, 10, 11, 12)
    delivery.committable({10})
    assert delivery.rewind() == 11
    assert delivery.rewind() is None
    assert delivery.take(11) is Take.DELIVER
    assert delivery.committable({11, 12}) == 12


def test_another_faust_is_refused_in_one_sentence() -> None:
    require_tested_version("0.15.3")
    with pytest.raises(BadInput, match=r"faust-streaming 0\.16\.0 is installed, only 0\.15\.3 is tested"):
        require_tested_version("0.16.0")
