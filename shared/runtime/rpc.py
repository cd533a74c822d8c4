"""gRPC: a server with health, reflection and errors as status; channels with deadlines."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import grpc

from shared.runtime.health import Report

T = TypeVar("T")


class RpcServer:
    """A part that serves generated services: `RpcServer("127.0.0.1:0", register, ["firefly.graph.v1.GraphService"])`."""

    name = "rpc"

    def __init__(self, address: str, register: Callable[[grpc.aio.Server], None], service_names: Sequence[str]) -> None:
        """`register` calls the generated `add_...Servicer_to_server`; port 0 picks one (see `port`)."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve until `stopping` is set, then let running calls end."""
        raise NotImplementedError

    def liveness(self) -> Report:
        """Serving."""
        raise NotImplementedError

    def readiness(self) -> Report:
        """Serving."""
        raise NotImplementedError


def open_channel(target: str, timeout_seconds: float = 30.0) -> grpc.aio.Channel:
    """Open a channel whose calls have a deadline unless they set their own."""
    raise NotImplementedError


async def answer(call: Awaitable[T]) -> T:
    """Await a call and translate its status: `await rpc.answer(stub.CallTool(request))`.

    Raises:
        Unavailable: the server is away or too slow.
        Rejected: the server refused; `reason` is its code.
    """
    raise NotImplementedError
