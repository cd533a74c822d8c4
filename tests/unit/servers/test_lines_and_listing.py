"""Lines are capped, numbers keep their digits, listings are read leniently, statements are not taken for questions."""

import json

import pytest

from shared.model.calls import State
from shared.model.catalogue import Effect, PathMode
from shared.proof.canonical import parse
from shared.proof.effects import writes_in_a_language
from shared.runtime.servers.failures import Crash
from shared.runtime.servers.json_text import json_text
from shared.runtime.servers.lines import LineSplitter, Oversized
from shared.runtime.servers.listing import read_tools
from shared.runtime.servers.outcomes import called_tool, crash_outcome, read_outcome


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_lines_come_out_whole_however_they_are_cut(size):
    data = b"one\n\ntwo two\nthree\nrest"
    splitter = LineSplitter()
    found = [line for start in range(0, len(data), size) for line in splitter.feed(data[start : start + size])]
    assert found == [b"one", b"", b"two two", b"three"]


def test_a_line_over_the_cap_is_counted_and_dropped():
    splitter = LineSplitter(cap=5)
    found = list(splitter.feed(b"12345\n12345"))
    found += list(splitter.feed(b"6789" * 100))
    found += list(splitter.feed(b"\nok\n"))
    assert found == [b"12345", Oversized(5), b"ok"]


def test_json_text_keeps_order_and_digits():
    text = '{"b":25.60,"a":[9007199254740993,1e400,"ü",null,true],"i":Infinity}'
    assert json_text(parse(text)) == '{"b":25.60,"a":[9007199254740993,1E+400,"ü",null,true],"i":Infinity}'


def test_listing_accepts_an_empty_schema_and_refuses_none():
    listing = read_tools([{"name": "a", "inputSchema": {}}, {"name": "b", "inputSchema": None}])
    assert [tool.name for tool in listing.tools] == ["a"]
    assert len(listing.defects) == 1


def test_listing_survives_deep_and_long_schemas():
    deep = {"type": "object"}
    for _ in range(3000):
        deep = {"type": "object", "properties": {"a": deep}}
    long = {"type": "object", "description": "x" * 300_000}
    listing = read_tools([{"name": "deep", "inputSchema": deep}, {"name": "long", "inputSchema": long}])
    assert not listing.tools
    assert len(listing.defects) == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"sql": "SELECT * FROM t"}, False),
        ({"sql": "select updated, created from t -- drop"}, False),
        ({"sql": "CREATE TABLE t AS SELECT 1"}, True),
        ({"query": "select 1; drop table t"}, True),
        ({"sql": "-- note\ninsert into t values (1)"}, True),
        ({"sql": "/* a */ COPY t TO 'x.csv'"}, True),
        ({"sql": "SET timezone = 'UTC'"}, True),
        ({"text": "create table"}, False),
        ({"steps": [{"statement": "attach 'x.db'"}]}, True),
        ({"sql": "with a as (select 1) insert into t select * from a"}, True),
        ({"sql": "with a as (select 'update') select * from a"}, False),
        ({"sql": "explain analyze copy t to 'x.csv'"}, True),
        ({"sql": "pragma table_info('t')"}, False),
        ({"sql": "pragma memory_limit='1GB'"}, True),
        ({"sql": "begin; "}, True),
        ({"query": "supplier reviews that begin"}, False),
    ],
)
def test_writes_in_a_language(arguments, expected):
    assert writes_in_a_language(arguments) is expected


def test_results_that_are_none_become_errors_that_say_so():
    assert read_outcome({}).is_error
    assert read_outcome({"content": [], "resultType": "input_required"}).is_error
    assert json.loads(read_outcome({"content": ["text"]}).result_json)["content"] == [
        {"text": '"text"', "type": "text"}
    ]


def test_crash_outcomes_are_the_same_every_time():
    first, second = crash_outcome(Crash.DIED), crash_outcome(Crash.DIED)
    assert first == second
    assert first.is_error
    assert crash_outcome(Crash.TIMEOUT) != first


def test_called_tool_keeps_digest_and_length_of_a_large_result():
    outcome = read_outcome({"content": [{"type": "text", "text": "x" * 300_000}]})
    facts = {"path_mode": PathMode.MOUNTED, "arguments_json": "{}", "effect": Effect.UNKNOWN, "server_digest": ""}
    called = called_tool(outcome, (State("w"), State("w")), **facts)
    assert called.too_large
    assert called.result_json == ""
    assert called.result_sha256 == outcome.sha256
