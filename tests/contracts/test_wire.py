"""Every record survives the wire, and record and message never drift apart."""

import dataclasses
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.catalogue import CrawlOutcome, ServerRecord
from shared.model.errors import Rejected
from shared.runtime import wire
from shared.runtime.topics import TOPICS

TOPIC_RECORDS = [(topic.name, record) for topic in TOPICS for record in topic.records]


SIMPLE = {
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
}


def strategy_for(hint):
    """Generate a value of a field's type; records recurse, text is any Unicode protobuf can carry."""
    arms = [arm for arm in typing.get_args(hint) if arm is not type(None)]
    if typing.get_origin(hint) is tuple:
        return st.lists(strategy_for(arms[0]), max_size=3).map(tuple)
    if arms:
        return st.none() | strategy_for(arms[0])
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return st.builds(hint, **{field.name: strategy_for(hints[field.name]) for field in dataclasses.fields(hint)})
    return SIMPLE[hint] if hint in SIMPLE else st.sampled_from(list(hint))


@pytest.mark.parametrize(("topic", "record"), TOPIC_RECORDS, ids=lambda value: getattr(value, "__name__", value))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_record_round_trips_through_its_topic(topic, record, data):
    original = data.draw(strategy_for(record))
    assert wire.decode(topic, wire.encode(topic, original)) == original


@pytest.mark.parametrize("name", sorted(wire._records()))
def test_message_has_exactly_the_fields_of_its_record_in_order(name):
    fields = [field.name for field in dataclasses.fields(wire._records()[name])]
    assert [field.name for field in wire._message_type(name).DESCRIPTOR.fields] == fields


def test_bytes_that_are_no_record_are_rejected_with_the_topic_named():
    with pytest.raises(Rejected, match="verdicts"):
        wire.decode("verdicts", b"\xff\xff\xff")


def test_unset_enum_is_rejected_because_a_closed_set_has_no_default():
    message = wire.to_message(ServerRecord("fs", "d", CrawlOutcome.READY))
    message.ClearField("outcome")
    with pytest.raises(ValueError, match="outcome"):
        wire.from_message(message)
