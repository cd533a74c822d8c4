"""`run_episode` and what it stands on: names there and back, an endpoint that fails, a simulator that is away."""

import asyncio
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conformance.checks import task_of
from conformance.line import Line
from firefly_client import ChatEndpoint, ChatError, SimulatorError, run_episode
from firefly_client.adapters.signatures import Parameters
from firefly_client.naming import LONGEST, TAKEN_BY_OPENENV, Names, api_name, python_name
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import awkward
from tests.integration.test_simulator_process import serving

RIGHT = '{"total": 25.6, "items": 3}'


@given(st.lists(st.text(max_size=80)), st.sampled_from([api_name, python_name]))
def test_names_are_legal_unique_and_lead_back(given_names, legal):
    names = Names(given_names, legal, TAKEN_BY_OPENENV)
    made = [names.there(name) for name in given_names]
    assert [names.back(name) for name in made] == given_names
    assert len(set(made)) == len(set(given_names))
    for name in made:
        assert legal(name) == name
        assert 0 < len(name) <= LONGEST
        assert name not in TAKEN_BY_OPENENV


def test_a_legal_name_keeps_itself_and_order_changes_nothing():
    forth, back = ["a.b", "a_b", "close"], ["close", "a_b", "a.b"]
    one, other = Names(forth, taken=TAKEN_BY_OPENENV), Names(back, taken=TAKEN_BY_OPENENV)
    assert {name: one.there(name) for name in forth} == {"a_b": "a_b", "a.b": "a_b_2", "close": "close_2"}
    assert {name: other.there(name) for name in forth} == {name: one.there(name) for name in forth}


def test_parameters_lead_back_and_leave_out_what_was_not_given():
    schema = {
        "properties": {"from": {"type": "string"}, "with-x": {"type": "integer"}, "class": {}},
        "required": ["class"],
    }
    parameters = Parameters(schema)
    assert list(parameters.signature().parameters) == ["self", "class_", "from_", "with_x"]
    assert parameters.back({"class_": None, "from_": "a", "with_x": None}) == {"class": None, "from": "a"}
    assert parameters.there({"from": 1, "other": 2}) == {"from_": 1, "other": 2}


@contextmanager
def endpoint(*answers):
    """Answers one after the other: a status, or an assistant's message."""
    asked, waiting = [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            answer = waiting.pop(0)
            status, text = answer if isinstance(answer, tuple) else (200, "")
            body = text or json.dumps({"choices": [{"message": answer}]})
            self.send_response(status)
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    with serving(awkward.write(tmp_path_factory.mktemp("awkward"))) as (made, _):
        yield made


@pytest.fixture(scope="module")
def task(target):
    return task_of(target)


def said(text):
    return {"role": "assistant", "content": text}


def test_busy_servers_are_asked_again_and_in_turn():
    with endpoint((503, "{}"), said("one")) as (first, at_first), endpoint((429, "{}")) as (second, at_second):
        model = ChatEndpoint([first, second])
        answer = asyncio.run(model.complete("m", [], []))
    assert (answer["content"], len(at_first), len(at_second)) == ("one", 2, 1)


def test_a_refusal_is_not_repeated(target, task):
    with endpoint((401, "who are you")) as (url, asked), pytest.raises(ChatError, match="401: who are you"):
        asyncio.run(run_episode(url, "m", task, simulator=target))
    assert len(asked) == 1


def test_a_refusal_leaves_no_connection_open():
    with endpoint((401, "x" * 5000)) as (url, _), pytest.raises(ChatError) as raised:
        asyncio.run(ChatEndpoint(url).complete("m", [], []))
    assert raised.value.__cause__.__cause__.closed


def test_an_endpoint_that_is_away_leaves_the_rollout_unscored(target, task):
    rollout = asyncio.run(run_episode(ChatEndpoint("http://127.0.0.1:9/v1", attempts=1), "m", task, simulator=target))
    assert (rollout.reward, rollout.verdict.outcome) == (None, "unscored")
    assert "does not answer" in rollout.verdict.explanation


def test_a_conversation_that_grew_too_long_is_scored(target, task):
    text = '{"error": {"code": "context_length_exceeded"}}'
    with endpoint((400, text)) as (url, _):
        rollout = asyncio.run(run_episode(url, "m", task, simulator=target))
    assert (rollout.reward, rollout.verdict.outcome) == (0.0, "unparsable")


def test_an_unknown_task_is_the_callers_mistake(target):
    async def never(messages, tools):
        raise AssertionError

    with pytest.raises(SimulatorError) as caught:
        asyncio.run(run_episode(never, "m", "task_none", simulator=target))
    assert caught.value.reason == "unknown_task"


def test_a_simulator_that_is_away_leaves_the_rollout_unscored(target, task):
    async def never(messages, tools):
        raise AssertionError

    with Line(target) as line:
        line.cut()
        rollout = asyncio.run(run_episode(never, "m", task, simulator=line.target))
    assert rollout.reward is None


@pytest.mark.parametrize("arguments", ["\ud800", "x" * 20_000_000, '{"path": "\\ud800"}', "", "null", "[" * 100_000])
def test_nothing_a_policy_writes_makes_its_rollout_unscored(target, task, arguments):
    turns = [
        {"tool_calls": [{"function": {"name": name, "arguments": arguments}} for name in ("reset", "\udfff", "")]},
        said("\ud800" + "x" * 2_000_000 + RIGHT),
    ]

    async def ask(messages, tools):
        return turns[sum(message["role"] == "assistant" for message in messages)]

    rollout = asyncio.run(run_episode(ask, "m", task, simulator=target))
    assert (rollout.reward, rollout.verdict.outcome) == (1.0, "pass")
    assert [message["tool_call_id"] for message in rollout.messages if message["role"] == "tool"] == [
        "call",
        "call_1",
        "call_2",
    ]


def test_turns_are_limited(target, task):
    async def ask(messages, tools):
        return {"tool_calls": [{"id": "a", "function": {"name": "reset", "arguments": '{"path": "a"}'}}]}

    rollout = asyncio.run(run_episode(ask, "m", task, simulator=target, max_turns=3))
    assert (rollout.turns, rollout.calls, rollout.reward) == (3, 3, 0.0)
