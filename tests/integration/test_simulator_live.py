"""The simulator as a service: it follows the topics, loses nothing when killed, and rebuilds an empty store."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from contextlib import asynccontextmanager

import aiohttp
import grpc
import pytest
from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import simulator_service_pb2_grpc as simulator_grpc

from shared.runtime.streaming.admin import create_topics
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher
from tests.fakes import dataset, office

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def records():
    task, recordings = dataset.order_task()
    outputs = [Output("recordings", one.recording_id, one) for one in (*recordings, *dataset.more_recordings())]
    outputs += [Output("tool-catalogue", f"tool/{tool.tool_id}", tool) for tool in office.tools()]
    outputs += [Output("tool-catalogue", f"server/{one.server_id}", one) for one in office.servers()]
    return [*outputs, Output("verified-tasks", task.task.task_id, task)]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@asynccontextmanager
async def service(bootstrap, data, **more):
    grpc_port, http_port = free_port(), free_port()
    environment = {
        **os.environ,
        "FIREFLY_KAFKA_BOOTSTRAP": bootstrap,
        "FIREFLY_DATA_DIR": str(data),
        "FIREFLY_GRPC_PORT": str(grpc_port),
        "FIREFLY_HTTP_PORT": str(http_port),
        **more,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.simulator", env=environment, start_new_session=True
    )
    try:
        await ready(http_port, process)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
            yield simulator_grpc.SimulatorServiceStub(channel), process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 20)


async def ready(port, process):
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while process.returncode is None:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError("the simulator ended early")


async def reading(stub, tool, arguments, call_id="c1"):
    wanted = pb.CreateEpisodeRequest(server_ids=["files", "desk"], world_digest=office.Office().world, live_store=True)
    opened = await stub.CreateEpisode(wanted, timeout=10)
    call = pb.CallToolRequest(episode_id=opened.episode_id, call_id=call_id, tool_name=tool, arguments_json=arguments)
    return await stub.CallTool(call, timeout=10)


@pytest.fixture
async def topics(kafka):
    await create_topics(kafka)
    async with Publisher(kafka, "test") as publisher:
        await publisher.publish(records())
        yield publisher


async def test_ready_service_has_what_the_topics_hold_and_takes_in_what_comes(kafka, topics, tmp_path):
    async with service(kafka, tmp_path) as (stub, _):
        info = await stub.GetServerInfo(pb.GetServerInfoRequest(), timeout=10)
        assert (info.snapshot_id, info.task_count >= 1, info.recording_count >= 10) == ("live", True, True)
        assert (await reading(stub, "read_file", '{"path":"orders/latest.txt"}')).tier == pb.TIER_EXACT
        assert (await reading(stub, "read_file", '{"path":"orders/latest.txt","head":3}')).tier == pb.TIER_MISS
        new = office.Office().record("files", "read_file", {"path": "orders/latest.txt", "head": 3})
        await topics.publish([Output("recordings", new.recording_id, new)])
        for _ in range(200):
            tier = (await reading(stub, "read_file", '{"path":"orders/latest.txt","head":3}')).tier
            if tier == pb.TIER_EXACT:
                break
            await asyncio.sleep(0.1)
        assert tier == pb.TIER_EXACT


async def test_killed_service_goes_on_and_an_empty_store_is_rebuilt_before_it_is_ready(kafka, topics, tmp_path):
    async with service(kafka, tmp_path) as (stub, process):
        before = await stub.GetServerInfo(pb.GetServerInfoRequest(), timeout=10)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    more = office.Office().record("files", "read_file", {"path": "orders/latest.txt", "head": 4})
    await topics.publish([Output("recordings", more.recording_id, more)])
    async with service(kafka, tmp_path) as (stub, _):
        after = await stub.GetServerInfo(pb.GetServerInfoRequest(), timeout=10)
        assert after.recording_count == before.recording_count + 1
    shutil.rmtree(tmp_path / "simulator")
    async with service(kafka, tmp_path) as (stub, _):
        rebuilt = await stub.GetServerInfo(pb.GetServerInfoRequest(), timeout=10)
        assert rebuilt.recording_count == after.recording_count


async def test_two_replicas_share_an_episode_in_valkey(kafka, topics, valkey, tmp_path):
    shared = {"FIREFLY_VALKEY_URL": valkey.removesuffix("/0") + "/6"}
    async with (
        service(kafka, tmp_path / "one", **shared) as (one, _),
        service(kafka, tmp_path / "two", **shared) as (two, _),
    ):
        wanted = pb.CreateEpisodeRequest(
            server_ids=["files", "desk"], world_digest=office.Office().world, live_store=True
        )
        opened = await one.CreateEpisode(wanted, timeout=10)
        calls = [("register", '{"label":"x"}'), ("labels", "{}"), ("set_total", '{"order_id":"A-17","total":30}')]
        replies = []
        for number, ((tool, arguments), stub) in enumerate(zip(calls, (one, two, one), strict=True)):
            call = pb.CallToolRequest(
                episode_id=opened.episode_id, call_id=str(number), tool_name=tool, arguments_json=arguments
            )
            replies.append(await stub.CallTool(call, timeout=10))
        assert [reply.tier for reply in replies] == [pb.TIER_EXACT] * 3
        assert replies[1].text == "x"
