"""Keys: omitted defaults, spelling of numbers and the order of keys make no second recording."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.calls import State
from shared.model.errors import Rejected
from shared.proof.identity import tool_id
from shared.proof.keys import canonical_arguments, next_session, recording_id, recording_key
from shared.proof.results import canonical_result

scalars = st.one_of(st.integers(-99, 99), st.booleans(), st.text(max_size=5), st.floats(-9, 9, width=16))
WORLD = State("w" * 64)


@given(st.dictionaries(st.sampled_from("abcdef"), scalars, max_size=6), st.data())
def test_leaving_out_a_default_does_not_change_the_key(defaults: dict[str, Any], data: Any) -> None:
    schema = json.dumps({"properties": {name: {"default": value} for name, value in defaults.items()}})
    given_names = data.draw(st.sets(st.sampled_from(sorted(defaults)))) if defaults else set()
    partly = json.dumps({name: defaults[name] for name in given_names})
    assert canonical_arguments(partly, schema) == canonical_arguments(json.dumps(defaults), schema)


@given(st.dictionaries(st.text(max_size=4), scalars, max_size=5), st.text(max_size=30))
def test_any_schema_text_is_survived(arguments: dict[str, Any], schema: str) -> None:
    text = canonical_arguments(json.dumps(arguments), schema)
    assert canonical_arguments(text, schema) == text


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"properties": {"a": {"$ref": "#/properties/a"}}},
        {"allOf": [{"$ref": "#"}]},
        {"properties": {"a": {"items": {"$ref": "#"}}}},
        {"properties": [], "required": {}, "allOf": 3},
        {"properties": {"a": True, "b": "x", "c": {"default": 1, "$ref": "http://elsewhere/schema"}}},
    ],
)
def test_schemas_that_loop_or_lie_are_survived(schema: dict[str, Any]) -> None:
    assert canonical_arguments('{"a":[{"a":[]}]}', json.dumps(schema)).startswith('{"a":[{"a":[]')


def test_state_and_tool_tell_recordings_apart() -> None:
    keys = {
        recording_key("d", "t", '{"a":1}', WORLD),
        recording_key("d", "t", '{"a":1}', State(WORLD.world, "s")),
        recording_key("d", "u", '{"a":1}', WORLD),
        recording_key("e", "t", '{"a":1}', WORLD),
        recording_key("d", "t", '{"a":2}', WORLD),
    }
    assert len(keys) == 5
    assert recording_key("d", "t", '{"a":1.0}', WORLD) in keys


def test_session_chain_depends_on_order_and_results() -> None:
    one = next_session("", "register", '{"n":"a"}', "r1")
    two = next_session(one, "register", '{"n":"b"}', "r2")
    swapped = next_session(next_session("", "register", '{"n":"b"}', "r2"), "register", '{"n":"a"}', "r1")
    assert len({one, two, swapped, next_session("", "register", '{"n":"a"}', "r9")}) == 4


def test_result_leaves_meta_out_and_keeps_text_as_text() -> None:
    part = {"type": "text", "text": '{"b": 25.60}', "annotations": None, "_meta": {"era": "new"}}
    resource = {"type": "resource", "resource": {"uri": "file:///a", "text": "x", "_meta": {}}}
    text = canonical_result([part, resource], None, False)
    assert "_meta" not in text
    assert '"text":"{\\"b\\": 25.60}"' in text
    assert text == canonical_result([{"type": "text", "text": '{"b": 25.60}'}, resource], None, False)
    assert recording_id("k", text).startswith("rec_")


def test_tool_id_ignores_how_a_schema_is_written() -> None:
    assert tool_id("d", "t", "x", '{"a": 1, "b": 2}', "") == tool_id("d", "t", "x", '{"b":2,"a":1.0}', "")
    assert tool_id("d", "t", "x", "{}", "") != tool_id("d", "t", "y", "{}", "")


def test_arguments_must_be_an_object() -> None:
    with pytest.raises(Rejected, match="bad_arguments"):
        canonical_arguments("[]", "{}")
