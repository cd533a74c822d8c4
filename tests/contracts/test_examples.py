"""Every record a topic carries has a published example that its producer and its consumers read alike."""

from pathlib import Path

import pytest
from google.protobuf import json_format

from shared.runtime import wire
from shared.runtime.topics import TOPICS

EXAMPLES = Path(__file__).parent / "examples"


def name_of(topic, record):
    """A topic that carries several records has an example of each."""
    return topic.name if len(topic.records) == 1 else f"{topic.name}.{record.__name__}"


ROWS = [(topic, record) for topic in TOPICS for record in topic.records]


@pytest.mark.parametrize(("topic", "record"), ROWS, ids=[name_of(*row) for row in ROWS])
def test_example_survives_the_topic_byte_for_byte(topic, record):
    text = (EXAMPLES / f"{name_of(topic, record)}.v1.json").read_text(encoding="utf-8")
    message = json_format.Parse(text, wire._message_type(record.__name__)())
    original = wire.from_message(message)
    assert isinstance(original, record)
    assert wire.decode(topic.name, wire.encode(topic.name, original)) == original
    assert json_format.MessageToDict(wire.to_message(original)) == json_format.MessageToDict(message)


def test_no_example_is_left_over():
    assert {path.name for path in EXAMPLES.iterdir()} == {f"{name_of(*row)}.v1.json" for row in ROWS}
