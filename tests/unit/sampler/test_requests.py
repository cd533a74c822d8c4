"""The lane of requests: once each, when the tool is known, while the budget lasts, also after a restart."""

from dataclasses import replace

import pytest

from services.sampler.app import Sampling
from services.sampler.domain.requests import Requests
from services.sampler.settings import Settings
from shared.model.catalogue import Behaviour
from shared.model.graphs import GraphCut, ToolNode
from shared.model.sub_dags import ExplorationRequest, Lane, SubDag
from shared.runtime.streaming.events import Event

pytestmark = pytest.mark.unit
NODE = ToolNode(0, "tool_1", "s", "d" * 64, "read", "", "{}", Behaviour())


def request(number, **changes):
    made = ExplorationRequest(f"req_{number}", "s", "read", f'{{"n":{number}}}', "w" * 64, "miss")
    return replace(made, **changes)


def known(server_id, tool):
    return NODE if (server_id, tool) == ("s", "read") else None


def due(requests, find=known):
    return list(requests.due(find, 3))


def test_request_is_planned_once_as_a_call_of_its_own():
    requests = Requests(10)
    for one in (request(0), request(0), request(1)):
        requests.take(one)
    planned = due(requests)
    assert [(one.lane, one.counter, one.epoch, one.request_id) for one in planned] == [
        (Lane.REQUESTS, 0, 3, "req_0"),
        (Lane.REQUESTS, 1, 3, "req_1"),
    ]
    assert [one.calls[0].arguments_json for one in planned] == ['{"n":0}', '{"n":1}']
    requests.take(request(1))
    assert due(requests) == []


def test_request_waits_until_the_graph_has_its_tool():
    requests = Requests(10)
    requests.take(request(0))
    assert due(requests, lambda *_: None) == []
    assert [one.request_id for one in due(requests)] == ["req_0"]


def test_budget_and_answers_outlive_a_restart():
    first = Requests(2)
    for number in range(2):
        first.take(request(number))
    written = due(first)
    later = Requests(2)
    for one in written:
        later.take_written(one)
    for number in range(4):
        later.take(request(number))
    assert due(later) == []
    assert due(Requests(0)) == []


def test_call_from_a_moved_session_is_never_planned():
    requests = Requests(10)
    requests.take(request(0, session="s" * 64))
    assert due(requests) == []


async def test_request_that_comes_before_the_graph_goes_out_when_the_graph_closes():
    sampling = Sampling(Settings(draws=1))

    async def handle(topic, record):
        return [one.record for one in await sampling.handle(Event(topic, 0, 0, "k", record, {}, 0))]

    assert await handle("exploration-requests", request(0)) == []
    assert await handle("tool-graph", NODE) == []
    written = await handle("tool-graph", GraphCut(0, "c" * 64, "g" * 64, -1, 1, 0, settled=True))
    assert [one.request_id for one in written if isinstance(one, SubDag)] == ["req_0"]
    assert await handle("exploration-requests", request(0)) == []
