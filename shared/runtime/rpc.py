"""gRPC: a server with health, reflection and errors as status; channels with deadlines.

The vocabulary of `shared.model.errors` crosses the wire: `Rejected` becomes a status chosen by its reason and comes
back as `Rejected` with that reason; `Unavailable` stays `Unavailable`; anything else is a bug, logged here and
`INTERNAL` there.
"""

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeVar

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import Histogram

from shared.model.errors import BadInput, Rejected, Unavailable
from shared.runtime import telemetry, tracing
from shared.runtime.health import Report

T = TypeVar("T")
MESSAGE_BYTES = 16 * 1024 * 1024
DRAIN_SECONDS = 10.0
REASON_KEY = "firefly-reason"
STATUS_OF_REASON = {
    "not_found": grpc.StatusCode.NOT_FOUND,
    "already_exists": grpc.StatusCode.ALREADY_EXISTS,
    "failed_precondition": grpc.StatusCode.FAILED_PRECONDITION,
    "permission_denied": grpc.StatusCode.PERMISSION_DENIED,
    "resource_exhausted": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "out_of_range": grpc.StatusCode.OUT_OF_RANGE,
}
"""Any other reason is `INVALID_ARGUMENT`."""
# `CANCELLED` is how a server that stops ends the calls that still run.
AWAY = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED})
OPTIONS = [("grpc.max_send_message_length", MESSAGE_BYTES), ("grpc.max_receive_message_length", MESSAGE_BYTES)]
ALONE = ("grpc.so_reuseport", 0)
"""Or a second server would silently take half of the calls of the first one's port."""

logger = structlog.get_logger()


class RpcServer:
    """A part that serves generated services, by their full names (`firefly.graph.v1.GraphService`)."""

    name = "rpc"

    def __init__(
        self,
        address: str,
        register: Callable[[grpc.aio.Server], None],
        service_names: Sequence[str],
        credentials: grpc.ServerCredentials | None = None,
        guards: Sequence[grpc.aio.ServerInterceptor] = (),
    ) -> None:
        """`register` calls the generated `add_...Servicer_to_server`; port 0 picks one (see `port`).

        `guards` see every call before it is served; without `credentials` the port speaks plaintext.
        """
        self._credentials, self._guards = credentials, tuple(guards)
        self._address, self._register, self._names = address, register, tuple(service_names)
        self._health = health.aio.HealthServicer()
        self._is_serving = False
        self.port = 0
        """The port it listens on, once `run` has bound it."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve until `stopping` is set, then let running calls end.

        Raises:
            BadInput: the port is not free.
        """
        server = grpc.aio.server(interceptors=self._guards, options=[*OPTIONS, ALONE])
        wrapping: Any = _Wrapping(server)
        self._register(wrapping)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, wrapping)
        reflection.enable_server_reflection((*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME), wrapping)
        self._bind(server)
        await server.start()
        await self._report(health_pb2.HealthCheckResponse.SERVING)
        self._is_serving = True
        logger.info("rpc_started", port=self.port, services=self._names)
        try:
            await stopping.wait()
        finally:
            self._is_serving = False
            # First: balancers look away, and calls that run have their time.
            await self._health.enter_graceful_shutdown()
            await server.stop(DRAIN_SECONDS)

    def liveness(self) -> Report:
        """Alive as long as the loop answers."""
        return Report(True, "serving" if self._is_serving else "not serving")

    def readiness(self) -> Report:
        """Serving."""
        return Report(self._is_serving, f"port {self.port}" if self._is_serving else "not serving")

    def _bind(self, server: grpc.aio.Server) -> None:
        try:
            if self._credentials:
                self.port = server.add_secure_port(self._address, self._credentials)
            else:
                self.port = server.add_insecure_port(self._address)
        # gRPC says no more than this of a port that is taken.
        except RuntimeError as error:
            raise BadInput(f"{self._address} is not free for gRPC: choose another port") from error

    async def _report(self, status: Any) -> None:
        for name in ("", *self._names):
            await self._health.set(name, status)


def open_channel(target: str, timeout_seconds: float = 30.0) -> grpc.aio.Channel:
    """Open a channel whose calls have a deadline unless they set their own."""
    return grpc.aio.insecure_channel(target, options=OPTIONS, interceptors=[_Deadline(timeout_seconds)])


async def answer(call: Awaitable[T]) -> T:
    """Await a call and translate its status: `await rpc.answer(stub.CallTool(request))`.

    Raises:
        Unavailable: the server is away or too slow.
        Rejected: the server refused; `reason` is its code.
    """
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        _raise_ours(error)


def _raise_ours(error: grpc.aio.AioRpcError) -> NoReturn:
    text = error.details() or ""
    if error.code() in AWAY:
        raise Unavailable(f"{error.code().name}: {text}") from error
    trailing = dict(error.trailing_metadata() or ())
    # A proxy, or another server than ours, gives no reason.
    reason = trailing.get(REASON_KEY, error.code().name.lower())
    raise Rejected(str(reason), text) from error


class _Deadline(grpc.aio.UnaryUnaryClientInterceptor):
    """Gives a call without a deadline one, and hands the trace on."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """See grpc."""
        if client_call_details.timeout is None:
            client_call_details = client_call_details._replace(timeout=self._timeout_seconds)
        if context := tracing.outgoing():
            metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()), *context)
            client_call_details = client_call_details._replace(metadata=metadata)
        return await continuation(client_call_details, request)


class _Wrapping:
    """Stands in for a server while services are registered, and wraps their handlers.

    An interceptor could do the same, and costs a third of an empty call: it runs, and wraps anew, for every call.
    """

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """See grpc."""
        self._server.add_generic_rpc_handlers([_WrappedHandlers(one) for one in handlers])

    def add_registered_method_handlers(self, service: str, handlers: Any) -> None:
        """Leave out what generated code registers a second time, without a wrapper."""


class _WrappedHandlers(grpc.GenericRpcHandler):
    """Wraps every handler that answers with one message or a stream, once."""

    def __init__(self, handlers: grpc.GenericRpcHandler) -> None:
        self._handlers = handlers
        self._wrapped: dict[str, Any] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """See grpc."""
        method = handler_call_details.method
        known = self._wrapped.get(method)
        if known is None:
            handler = self._handlers.service(handler_call_details)
            if handler is None:
                return None
            known = self._wrapped[method] = _wrapped(handler, method)
        return known


def _wrapped(handler: Any, method: str) -> Any:
    if handler.request_streaming:
        return handler
    coding = {
        "request_deserializer": handler.request_deserializer,
        "response_serializer": handler.response_serializer,
    }
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(_streaming(handler.unary_stream, method), **coding)
    return grpc.unary_unary_rpc_method_handler(_unary(handler.unary_unary, method), **coding)


def _unary(behaviour: Any, method: str) -> Any:
    async def serve(request: Any, context: Any) -> Any:
        async with _answered(context, method):
            if not tracing.is_on():  # reading the metadata costs more than the rest of this function
                return await behaviour(request, context)
            with tracing.serving(method, context.invocation_metadata() or ()):
                return await behaviour(request, context)

    return serve


def _streaming(behaviour: Any, method: str) -> Any:
    async def serve(request: Any, context: Any) -> AsyncIterator[Any]:
        async with _answered(context, method):
            async for response in behaviour(request, context):
                yield response

    return serve


@asynccontextmanager
async def _answered(context: Any, method: str) -> AsyncIterator[None]:
    started = time.monotonic()
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the one place where an error becomes a status
        await _abort(context, error, method)
    finally:
        _observe(method, context, started)


async def _abort(context: Any, error: Exception, method: str) -> None:
    # The behaviour has chosen its status itself, for example with typed error details.
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if isinstance(error, Unavailable):
        await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
    if isinstance(error, Rejected):
        code = STATUS_OF_REASON.get(error.reason, grpc.StatusCode.INVALID_ARGUMENT)
        await context.abort(code, error.text or error.reason, ((REASON_KEY, error.reason),))
    logger.error("rpc_failed", method=method, exc_info=error)
    await context.abort(grpc.StatusCode.INTERNAL, "internal error; see the server's log")


def _observe(method: str, context: Any, started: float) -> None:
    code = context.code() or 0
    _seconds(method, getattr(code, "name", str(code))).observe(time.monotonic() - started)


@functools.lru_cache(maxsize=1024)
def _seconds(method: str, code: str) -> Histogram:
    return telemetry.RPC_SECONDS.labels(method, code)
