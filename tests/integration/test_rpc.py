"""Errors keep their meaning over gRPC."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from shared.model.errors import BadInput, Rejected, Unavailable
from shared.runtime import rpc

pytestmark = pytest.mark.integration

SERVICE = "firefly.test.v1.EchoService"
FAULTS = {
    b"unknown episode": Rejected("not_found", "no such episode"),
    b"closed": Rejected("failed_precondition", "the episode is closed"),
    b"other": Rejected("schema_violation", "/a is missing"),
    b"away": Unavailable("Valkey does not answer"),
    b"bug": ZeroDivisionError("secret"),
}


async def echo(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
    if request == b"slow":
        await asyncio.sleep(5)
    if request in FAULTS:
        raise FAULTS[request]
    return request


async def count(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> AsyncIterator[bytes]:
    yield b"1"
    if request in FAULTS:
        raise FAULTS[request]
    yield b"2"


def register(server: grpc.aio.Server) -> None:
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "Echo": grpc.unary_unary_rpc_method_handler(echo),
        "Count": grpc.unary_stream_rpc_method_handler(count),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


def echo_call(channel: grpc.aio.Channel) -> Any:
    return channel.unary_unary(f"/{SERVICE}/Echo")


def count_call(channel: grpc.aio.Channel) -> Any:
    return channel.unary_stream(f"/{SERVICE}/Count")


async def started(server: rpc.RpcServer, task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(5):
        while not server.readiness().ok:
            assert not task.done()
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(timeout_seconds: float = 5.0) -> AsyncIterator[grpc.aio.Channel]:
    stopping, server = asyncio.Event(), rpc.RpcServer("127.0.0.1:0", register, [SERVICE])
    task = asyncio.create_task(server.run(stopping))
    await started(server, task)
    try:
        async with rpc.open_channel(f"127.0.0.1:{server.port}", timeout_seconds) as channel:
            yield channel
    finally:
        stopping.set()
        await asyncio.wait_for(task, 15)


async def test_answer_returns_what_the_server_answered() -> None:
    async with serving() as channel:
        assert await rpc.answer(echo_call(channel)(b"hello")) == b"hello"


@pytest.mark.parametrize(
    ("request_bytes", "kind", "text"),
    [
        (b"unknown episode", Rejected, "not_found: no such episode"),
        (b"closed", Rejected, "failed_precondition: the episode is closed"),
        (b"other", Rejected, "schema_violation: /a is missing"),
        (b"away", Unavailable, "UNAVAILABLE: Valkey does not answer"),
        (b"bug", Rejected, "internal: internal error; see the server's log"),
    ],
)
async def test_answer_raises_what_the_server_raised(request_bytes: bytes, kind: type[Exception], text: str) -> None:
    async with serving() as channel:
        with pytest.raises(kind) as caught:
            await rpc.answer(echo_call(channel)(request_bytes))
    assert str(caught.value) == text


async def test_status_follows_the_reason() -> None:
    async with serving() as channel:
        for request_bytes, code in (
            (b"closed", "FAILED_PRECONDITION"),
            (b"other", "INVALID_ARGUMENT"),
            (b"bug", "INTERNAL"),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await echo_call(channel)(request_bytes)
            assert caught.value.code().name == code


async def test_stream_ends_with_the_status_of_its_error() -> None:
    async with serving() as channel:
        stream = aiter(count_call(channel)(b"away"))
        assert await anext(stream) == b"1"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await anext(stream)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_call_without_deadline_gets_the_channels() -> None:
    async with serving(timeout_seconds=0.2) as channel:
        with pytest.raises(Unavailable, match="DEADLINE_EXCEEDED"):
            await rpc.answer(echo_call(channel)(b"slow"))


async def test_server_tells_health_and_its_services() -> None:
    async with serving() as channel:
        checked = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=SERVICE))
        assert checked.status == health_pb2.HealthCheckResponse.SERVING
        listing = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
            iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        )
        names = {service.name async for response in listing for service in response.list_services_response.service}
    assert SERVICE in names


async def test_server_says_which_address_is_taken() -> None:
    async with serving():
        first = rpc.RpcServer("127.0.0.1:0", register, [SERVICE])
        stopping = asyncio.Event()
        task = asyncio.create_task(first.run(stopping))
        await started(first, task)
        with pytest.raises(BadInput, match="is not free for gRPC"):
            await rpc.RpcServer(f"127.0.0.1:{first.port}", register, [SERVICE]).run(asyncio.Event())
        stopping.set()
        await asyncio.wait_for(task, 15)
