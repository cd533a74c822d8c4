"""The simulator as a trainer meets it: gRPC, over a snapshot, with no Kafka and no Valkey."""

import asyncio
import json

import grpc
import pytest
from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import simulator_service_pb2_grpc as simulator_grpc
from firefly.simulator.v1 import task_service_pb2 as task_pb
from firefly.simulator.v1 import task_service_pb2_grpc as task_grpc
from firefly_client import AsyncClient, Client, SimulatorError, mask_misses
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from tests.fakes.office import Office
from tests.fakes.simulator import serving

pytestmark = pytest.mark.integration
RIGHT = '{"total": 25.6, "items": 3}'
FIRST = ("files-read_file", {"path": "orders/latest.txt"})
SECOND = ("desk-find_order", {"order_id": "A-17"})


@pytest.fixture
async def simulator(tmp_path):
    async with serving(tmp_path) as made:
        yield made


@pytest.fixture
async def client(simulator):
    async with AsyncClient(simulator.target, timeout_seconds=10) as made:
        yield made


@pytest.fixture
async def episode(client, simulator):
    return await client.episode(simulator.task.task_id)


async def test_reference_calls_are_exact_and_the_right_answer_is_rewarded(episode, simulator):
    replies = [await episode.call(*FIRST), await episode.call(*SECOND)]
    verdict = await episode.verify(f"Here it is:\n```json\n{RIGHT}\n```")
    assert [reply.tier for reply in replies] == ["exact", "exact"]
    assert [reply.recording_id for reply in replies] == [call.recording_id for call in simulator.task.reference]
    assert replies[0].text == "order: A-17\nclerk: Ada Nnadi\n"
    assert (replies[1].structured["total"], replies[1].is_error) == (25.6, False)
    assert (verdict.reward, verdict.outcome, verdict.tiers) == (1.0, "pass", {"exact": 2})


async def test_episode_starts_with_messages_tools_schema_and_limits(episode, simulator):
    assert [message["role"] for message in episode.messages] == ["system", "user"]
    assert episode.messages[1]["content"] == simulator.task.prompt
    assert [tool.name for tool in episode.tools] == [tool.offered_name for tool in simulator.task.tools]
    assert episode.start.answer_schema["required"] == ["total", "items"]
    assert episode.start.max_calls == 12
    names = [tool["function"]["name"] for tool in episode.openai_tools(with_submit_answer=True)]
    assert names[-1] == "submit_answer"


async def test_seed_orders_the_tools_and_nothing_else(client, simulator):
    made = [await client.episode(simulator.task.task_id, seed=seed) for seed in (0, 1, 1, 2)]
    orders = [[tool.name for tool in one.tools] for one in made]
    assert orders[1] == orders[2]
    assert len({tuple(order) for order in orders}) == 3
    assert len({frozenset(order) for order in orders}) == 1


@pytest.mark.parametrize(
    ("answer", "reward", "outcome"),
    [
        (RIGHT, 1.0, "pass"),
        ('{"total": "25.60", "items": 3.0}', 1.0, "pass"),
        ('{"total": 25.6, "items": 4}', 0.0, "fail"),
        ("{}", 0.0, "fail"),
        ("", 0.0, "unparsable"),
        ("I cannot answer this.", 0.0, "refused"),
    ],
)
async def test_answers_are_scored_by_the_public_reward(episode, answer, reward, outcome):
    verdict = await episode.verify(answer)
    assert (verdict.reward, verdict.outcome) == (reward, outcome)
    assert verdict.explanation


async def test_wrong_answer_after_a_miss_can_be_masked_and_a_right_one_counts(episode):
    missed = await episode.call("files-read_file", {"path": "somewhere/else.txt"})
    wrong, right = await episode.verify("{}"), await episode.verify(RIGHT)
    assert (missed.tier, missed.error_code, missed.is_error) == ("miss", "not_recorded", True)
    assert (wrong.outcome, wrong.reward) == ("fail_after_miss", 0.0)
    assert mask_misses([wrong, right]) == [None, 1.0]


async def test_nothing_the_agent_sees_tells_the_tier(episode):
    replies = [
        await episode.call(*FIRST),
        await episode.call("files-read_file", {"path": "x"}),
        await episode.call("files-read_file", {"path": 1}),
    ]
    seen = " ".join(reply.text + reply.content_json + reply.structured_content_json for reply in replies).lower()
    assert not any(word in seen for word in ("tier", "miss", "exact", "recording", "rec_"))


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("nowhere", "{}", "unknown_tool"),
        ("files-read_file", "{'path': 1}", "not_json"),
        ("files-read_file", "[]", "not_an_object"),
        ("files-read_file", '{"path": "' + "x" * 10_000_000 + '"}', "arguments_too_large"),
        ("files-read_file", '{"path": ' + "[" * 50_000 + "]" * 50_000 + "}", "arguments_too_deep"),
        ("files-read_file", '{"path": NaN}', "not_json"),
        ("files-read_file", '{"path": "a", "path": "b"}', "duplicate_key"),
        ("files-read_file", "{}", "invalid_arguments"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_bad_calls_are_typed_answers_and_the_episode_goes_on(episode, name, arguments, code):
    reply = await episode.call(name, arguments)
    assert (reply.tier, reply.error_code, reply.is_error) == ("error", code, True)
    assert len(reply.text) < 1000
    assert (await episode.call(*FIRST)).tier == "exact"


async def test_schema_violation_names_the_schema_path(episode):
    assert (await episode.call("files-read_file", {"path": 1})).schema_path == "/properties/path/type"


async def test_retry_with_the_same_call_id_is_answered_once(episode, simulator):
    call = ("files-write_file", {"path": "a", "text": "b"})
    first, again = await episode.call(*call, call_id="x"), await episode.call(*call, call_id="x")
    assert first == again
    assert (await simulator.doors.simulator.get(episode.episode_id)).tier_counts() == {"miss": 1}


async def test_every_kind_of_answer_is_repeated_word_for_word(episode):
    calls = [FIRST, ("files-read_file", {"path": 7}), ("files-list_files", {"order": "desc"}), ("x", {})]
    first = [await episode.call(*call, call_id=str(number)) for number, call in enumerate(calls)]
    again = [await episode.call(*call, call_id=str(number)) for number, call in enumerate(calls)]
    assert first == again


async def test_call_id_of_another_call_is_refused(episode):
    await episode.call(*FIRST, call_id="x")
    with pytest.raises(SimulatorError) as caught:
        await episode.call(*SECOND, call_id="x")
    assert (caught.value.code, caught.value.reason) == ("INVALID_ARGUMENT", "call_id_reused")


async def test_concurrent_calls_of_one_episode_are_each_applied_once(episode, simulator):
    await asyncio.gather(*(episode.call(*FIRST) for _ in range(12)))
    stored = await simulator.doors.simulator.get(episode.episode_id)
    assert len(stored.calls) == len({call.call_id for call in stored.calls}) == 12


async def test_same_request_id_opens_one_episode(client, simulator):
    task_id = simulator.task.task_id
    made = [await client.episode(task_id, request_id=name) for name in ("a", "a", "b", "", "")]
    assert made[0].episode_id == made[1].episode_id
    assert len({one.episode_id for one in made}) == 4


async def test_batch_is_applied_in_list_order(episode):
    replies = await episode.call_all(
        [
            ("files-read_file", {"path": "orders/A-17.json"}),
            ("desk-register", {"label": "x"}),
            ("desk-labels", {}),
            ("desk-set_total", {"order_id": "A-17", "total": 30}),
            ("files-read_file", {"path": "orders/A-17.json"}),
        ]
    )
    assert [reply.tier for reply in replies] == ["exact"] * 5
    assert "25.60" in replies[0].text
    assert "30" in replies[4].text


async def test_write_through_one_server_is_never_followed_by_a_stale_read_through_the_other(episode):
    await episode.call("desk-set_total", {"order_id": "A-17", "total": 31})
    stale = await episode.call("files-read_file", {"path": "orders/A-17.json"})
    assert (stale.tier, stale.error_code) == ("miss", "unknown_state")


async def test_limit_of_calls_is_an_answer_and_an_outcome(episode):
    replies = [await episode.call(*FIRST) for _ in range(13)]
    assert [reply.error_code for reply in replies[11:]] == ["", "over_budget"]
    verdict = await episode.verify(RIGHT)
    assert (verdict.reward, verdict.outcome) == (0.0, "over_budget")


async def test_closed_episode_answers_so_and_closing_twice_is_fine(episode):
    await episode.call(*FIRST)
    await episode.close()
    await episode.close()
    reply = await episode.call(*FIRST)
    assert (reply.tier, reply.error_code) == ("error", "episode_closed")
    assert (await episode.verify(RIGHT)).reward == 1.0


async def test_idle_episode_expires_and_a_call_keeps_it_alive(episode, simulator):
    simulator.clock.now += 50
    await episode.call(*FIRST)
    simulator.clock.now += 50
    await episode.call(*FIRST)
    simulator.clock.now += 61
    with pytest.raises(SimulatorError) as caught:
        await episode.call(*FIRST)
    assert (caught.value.code, caught.value.reason) == ("NOT_FOUND", "episode_expired")
    await episode.close()


async def test_user_has_nothing_to_add_and_a_turn_counts_once(episode, simulator):
    first = await episode.user_turn("Which order do you mean?", "t1")
    assert (first.turns, first.turns_left, first.over_budget) == (1, simulator.task.limits.max_turns - 1, False)
    assert simulator.task.answer_template in first.text
    assert await episode.user_turn("Which order do you mean?", "t1") == first
    with pytest.raises(SimulatorError) as caught:
        await episode.user_turn("Another one", "t1")
    assert (caught.value.code, caught.value.reason) == ("INVALID_ARGUMENT", "turn_id_reused")
    for _ in range(first.turns_left + 1):
        last = await episode.user_turn("And now?")
    assert (last.text, last.turns_left, last.over_budget) == ("", 0, True)
    verdict = await episode.verify(RIGHT)
    assert (verdict.reward, verdict.outcome) == (0.0, "over_budget")
    await episode.close()
    with pytest.raises(SimulatorError) as caught:
        await episode.user_turn("Still there?")
    assert (caught.value.code, caught.value.reason) == ("FAILED_PRECONDITION", "episode_closed")


async def test_fork_goes_on_from_the_state_of_the_first_and_leaves_it_alone(episode):
    await episode.call("desk-register", {"label": "x"})
    copy = await episode.fork()
    await copy.call("desk-set_total", {"order_id": "A-17", "total": 30})
    assert (await copy.call("files-read_file", {"path": "orders/A-17.json"})).tier == "exact"
    assert "25.60" in (await episode.call("files-read_file", {"path": "orders/A-17.json"})).text
    assert (await copy.call("desk-labels", {})).tier == "miss"


@pytest.mark.parametrize(
    ("request_", "code", "reason"),
    [
        ({"task_id": "task_nowhere"}, "NOT_FOUND", "unknown_task"),
        ({"task_id": "{task}", "snapshot_id": "snap_nowhere"}, "NOT_FOUND", "unknown_snapshot"),
        ({"task_id": "{task}", "live_store": True}, "FAILED_PRECONDITION", "no_live_store"),
        ({"task_id": "{task}", "allowed_tiers": ["TIER_MODEL"]}, "FAILED_PRECONDITION", "tier_not_served"),
        ({"task_id": "{task}", "allowed_tiers": [77]}, "INVALID_ARGUMENT", "bad_request"),
        ({}, "INVALID_ARGUMENT", "bad_request"),
        ({"server_ids": ["files"]}, "INVALID_ARGUMENT", "bad_request"),
        ({"server_ids": ["nowhere"], "world_digest": "w"}, "NOT_FOUND", "unknown_server"),
    ],
)
async def test_impossible_episode_is_refused_with_status_and_details(simulator, request_, code, reason):
    wanted = {name: simulator.task.task_id if value == "{task}" else value for name, value in request_.items()}
    async with grpc.aio.insecure_channel(simulator.target) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await simulator_grpc.SimulatorServiceStub(channel).CreateEpisode(pb.CreateEpisodeRequest(**wanted))
    assert caught.value.code().name == code
    detail = error_details_pb2.ErrorInfo()
    assert rpc_status.from_call(caught.value).details[0].Unpack(detail)
    assert (detail.reason, detail.domain) == (reason.upper(), "firefly")


@pytest.mark.parametrize("method", ["GetEpisode", "VerifyEpisode", "ForkEpisode", "CallTool"])
async def test_unknown_episode_is_not_found(simulator, method):
    async with grpc.aio.insecure_channel(simulator.target) as channel:
        request = getattr(pb, f"{method}Request")(episode_id="ep_nowhere")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await getattr(simulator_grpc.SimulatorServiceStub(channel), method)(request)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_replay_hears_whether_waiting_for_a_recording_would_help(simulator):
    latest = simulator.task.reference[0].recording_id
    async with grpc.aio.insecure_channel(simulator.target) as channel:
        stub = simulator_grpc.SimulatorServiceStub(channel)
        opened = await stub.CreateEpisode(pb.CreateEpisodeRequest(server_ids=["files"], world_digest="elsewhere"))
        call = {"episode_id": opened.episode_id, "tool_name": "read_file", "arguments_json": json.dumps(FIRST[1])}
        replies = [
            await stub.CallTool(pb.CallToolRequest(call_id=str(number), expected_recording_id=expected, **call))
            for number, expected in enumerate((latest, "rec_nowhere", ""))
        ]
    assert [reply.error_code for reply in replies] == ["other_state", "not_recorded", "not_recorded"]


async def test_free_episode_names_tools_uniquely_and_has_no_score(client):
    free = await client.free_episode(["files", "desk"], Office().world)
    names = {tool.name: (tool.server_id, tool.original_name) for tool in free.tools}
    assert names["read_file"] == ("files", "read_file")
    assert (await free.call("read_file", FIRST[1])).tier == "exact"
    with pytest.raises(SimulatorError) as caught:
        await free.verify(RIGHT)
    assert (caught.value.code, caught.value.reason) == ("FAILED_PRECONDITION", "no_task")


async def test_episodes_do_not_leak_into_each_other(client, simulator):
    one, other = [await client.episode(simulator.task.task_id) for _ in range(2)]
    await one.call("desk-set_total", {"order_id": "A-17", "total": 99})
    assert (await other.call("files-read_file", {"path": "orders/A-17.json"})).tier == "exact"
    assert (await one.call("files-read_file", {"path": "orders/A-17.json"})).tier == "miss"


async def test_overload_is_refused_at_once_with_the_time_to_wait(tmp_path):
    async with serving(tmp_path, max_calls_in_flight=1, retry_after_ms=250) as simulator:
        simulator.doors.in_flight = 1
        async with grpc.aio.insecure_channel(simulator.target) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await simulator_grpc.SimulatorServiceStub(channel).GetServerInfo(pb.GetServerInfoRequest())
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        retry = error_details_pb2.RetryInfo()
        assert rpc_status.from_call(caught.value).details[1].Unpack(retry)
        assert retry.retry_delay.ToMilliseconds() == 250
        assert ("grpc-retry-pushback-ms", "250") in [tuple(pair) for pair in caught.value.trailing_metadata()]


async def test_client_waits_as_told_and_succeeds_when_there_is_room_again(tmp_path):
    async with serving(tmp_path, max_calls_in_flight=1, retry_after_ms=50) as simulator:
        simulator.doors.in_flight = 1

        async def make_room():
            await asyncio.sleep(0.1)
            simulator.doors.in_flight = 0

        async with AsyncClient(simulator.target, timeout_seconds=10) as client:
            info, _ = await asyncio.gather(client.info(), make_room())
    assert info.task_count == 1


async def test_server_info_says_what_is_served(client, simulator, episode):
    info = await client.info()
    assert info.snapshot_id.startswith("snap_")
    assert (info.task_count, info.recording_count, info.open_episodes, info.replay_only) == (1, 10, 1, True)


async def test_tasks_are_listed_streamed_and_shown_without_their_answers(simulator, client):
    assert [task_id async for task_id in client.task_ids()] == [simulator.task.task_id]
    assert [task_id async for task_id in client.task_ids(difficulty="hard")] == []
    assert [task_id async for task_id in client.task_ids(server_ids=["files"])] == []
    assert [task_id async for task_id in client.task_ids(server_ids=["files", "desk"])] == [simulator.task.task_id]
    task = await client.task(simulator.task.task_id)
    assert task.prompt == simulator.task.prompt
    assert "25.6" not in str(task)
    assert not task.reference
    async with grpc.aio.insecure_channel(simulator.target) as channel:
        stub = task_grpc.TaskServiceStub(channel)
        streamed = [one async for one in stub.StreamTasks(task_pb.StreamTasksRequest())]
        after = task_pb.StreamTasksRequest(resume_token=streamed[0].resume_token)
        assert [one async for one in stub.StreamTasks(after)] == []
    assert streamed[0].task.task_id == simulator.task.task_id


async def test_blocking_client_does_the_same(simulator):
    def play():
        with Client(simulator.target, timeout_seconds=10) as client:
            (task_id,) = client.task_ids()
            with client.episode(task_id) as episode:
                replies = [episode.call(*FIRST), *episode.call_all([SECOND]), episode.fork().call(*FIRST)]
                free = client.free_episode(["files"], Office().world)
                return replies, episode.verify(RIGHT), client.info(), client.task(task_id), free.tools, episode.messages

    replies, verdict, *_ = await asyncio.to_thread(play)
    assert [reply.tier for reply in replies] == ["exact"] * 3
    assert verdict.reward == 1.0


async def test_numbers_reach_the_agent_as_the_server_wrote_them(episode):
    reply = await episode.call(*SECOND)
    assert json.loads(reply.structured_content_json, parse_float=str)["total"] in ("25.60", "25.6")
