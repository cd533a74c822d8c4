"""Headers, encoding and dead letters."""

import pytest

from shared.model.catalogue import CrawlRequest
from shared.model.errors import Rejected
from shared.runtime import wire
from shared.runtime.streaming import headers
from shared.runtime.streaming.dead_letter import dead_letter, replayed
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.messages import ENVELOPE_BYTES, Message, encode, max_message_bytes
from shared.runtime.topics import DEAD_LETTER_BYTES, RECORD_BYTES, TOPICS

pytestmark = pytest.mark.unit
REQUEST = CrawlRequest("r1", "server", "start")
TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def message(value: bytes | None, **changed: object) -> Message:
    made = (("ce_id", b"original"), ("traceparent", TRACEPARENT))
    fields = {"topic": "crawl-requests", "partition": 1, "offset": 7, "key": b"k", "value": value, "headers": made}
    return Message(**{**fields, "timestamp_ms": 0, **changed})  # type: ignore[arg-type]


def test_output_carries_cloudevents_in_binary_mode() -> None:
    (made,) = encode([Output("crawl-requests", "k", REQUEST)], "cli", {})
    found = dict(made.headers)
    assert found["ce_specversion"] == b"1.0"
    assert found["ce_source"] == b"/firefly/cli"
    assert found["ce_type"] == b"firefly.crawl-requests.CrawlRequest.v1"
    assert found["content-type"] == b"application/protobuf"
    assert found["ce_time"].endswith(b"Z")
    assert wire.decode("crawl-requests", made.value or b"") == REQUEST


def test_event_id_depends_on_topic_key_and_value_and_on_nothing_else() -> None:
    first, again = (encode([Output("crawl-requests", "k", REQUEST)], source, {})[0] for source in ("cli", "crawler"))
    other = encode([Output("crawl-requests", "k2", REQUEST)], "cli", {})[0]
    ids = [dict(one.headers)["ce_id"] for one in (first, again, other)]
    assert ids[0] == ids[1] != ids[2]
    assert headers.event_id("a", b"bc", b"d") != headers.event_id("a", b"b", b"cd")


def test_trace_goes_on_from_the_input_or_begins_here() -> None:
    output = [Output("crawl-requests", "k", REQUEST)]
    passed = dict(encode(output, "cli", {"traceparent": TRACEPARENT, "tracestate": b"a=b", "other": b"x"})[0].headers)
    assert (passed["traceparent"], passed["tracestate"]) == (TRACEPARENT, b"a=b")
    assert "other" not in passed
    version, trace_id, span_id, flags = dict(encode(output, "cli", {})[0].headers)["traceparent"].split(b"-")
    assert (version, len(trace_id), len(span_id), flags) == (b"00", 32, 16, b"01")


def test_record_over_its_topics_limit_is_rejected() -> None:
    limit = RECORD_BYTES - ENVELOPE_BYTES
    with pytest.raises(Rejected, match="too_large"):
        encode([Output("crawl-requests", "k", CrawlRequest("r" * limit, "s", "start"))], "cli", {})


def test_any_record_fits_its_dead_letter() -> None:
    for topic in TOPICS:
        assert max_message_bytes(topic.dlq) == DEAD_LETTER_BYTES > topic.max_bytes + ENVELOPE_BYTES


def test_dead_letter_keeps_the_bytes_and_says_why() -> None:
    source = message(b"\xff\x00")
    letter = dead_letter(source, Rejected("no_such_tool", "it is gone"), "explorer", 1)
    assert (letter.topic, letter.key, letter.value) == ("crawl-requests-dlq", b"k", b"\xff\x00")
    found = dict(letter.headers)
    assert (found["ce_id"], found["traceparent"]) == (b"original", TRACEPARENT)
    assert found["dlq_reason"] == b"no_such_tool"
    assert found["dlq_error"] == b"no_such_tool: it is gone"
    assert (found["dlq_topic"], found["dlq_partition"], found["dlq_offset"]) == (b"crawl-requests", b"1", b"7")
    assert (found["dlq_stage"], found["dlq_attempts"]) == (b"explorer", b"1")


def test_replayed_letter_is_what_was_read() -> None:
    source = message(b"value")
    letter = dead_letter(source, ValueError("x"), "explorer", 4)
    back = replayed(message(letter.value, topic=letter.topic, headers=letter.headers))
    assert (back.topic, back.partition, back.key, back.value) == ("crawl-requests", 1, b"k", b"value")
    assert back.headers == (*source.headers, ("replay_of", b"crawl-requests/1/7"))


def test_replay_of_a_replay_names_the_later_place() -> None:
    once = dead_letter(message(b"v"), ValueError("x"), "explorer", 1)
    back = replayed(message(b"v", topic=once.topic, headers=once.headers))
    again = dead_letter(message(b"v", offset=9, headers=back.headers), ValueError("x"), "explorer", 1)
    twice = replayed(message(b"v", topic=again.topic, headers=again.headers))
    assert [value for name, value in twice.headers if name == "replay_of"] == [b"crawl-requests/1/9"]


def test_letter_that_does_not_say_where_it_was_read_is_refused() -> None:
    with pytest.raises(Rejected, match="no_origin"):
        replayed(message(b"v"))


def test_second_death_replaces_the_reason_of_the_first() -> None:
    once = dead_letter(message(b"v"), ValueError("first"), "explorer", 1)
    twice = dead_letter(message(b"v", headers=once.headers), ValueError("second"), "explorer", 1)
    assert [value for name, value in twice.headers if name == "dlq_error"] == [b"second"]


@pytest.mark.parametrize("value", [None, b"\xff\xff\xff"])
def test_bytes_that_are_no_record_are_rejected(value: bytes | None) -> None:
    with pytest.raises(Rejected, match="undecodable"):
        message(value).decode()
