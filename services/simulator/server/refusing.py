"""Refusals as gRPC status, each with a machine-readable reason; bounds on the requests in flight."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from shared.model.errors import Rejected, Unavailable

REASON = "firefly-reason"
"""Trailing metadata with the reason, for clients without google.rpc messages."""
PUSHBACK = "grpc-retry-pushback-ms"
"""Trailing metadata that gRPC clients wait by."""
DOMAIN = "firefly"
_CODES = {
    "overloaded": code_pb2.RESOURCE_EXHAUSTED,
    **dict.fromkeys(("snapshot_damaged", "overlay_damaged"), code_pb2.DATA_LOSS),
    **dict.fromkeys(
        ("task_withdrawn", "no_task", "no_live_store", "tier_not_served", "episode_closed"),
        code_pb2.FAILED_PRECONDITION,
    ),
    **dict.fromkeys(
        ("unknown_task", "unknown_server", "unknown_snapshot", "unknown_episode", "episode_expired"), code_pb2.NOT_FOUND
    ),
}
"""Any other reason is `INVALID_ARGUMENT`."""

Context = grpc.aio.ServicerContext[Any, Any]
T = TypeVar("T")
Rpc = Callable[[Any, Any, Context], Awaitable[T]]


def guarded(rpc: Rpc[T]) -> Rpc[T]:
    """Bound the requests in flight, and answer refusals as status."""

    @functools.wraps(rpc)
    async def run(self: Any, request: Any, context: Context) -> T:
        # Calls that wait for a real server have bounds of their own, and must not shut out recorded answers.
        if self.in_flight - self.simulator.live_in_flight >= self.settings.max_calls_in_flight:
            await abort(context, Rejected("overloaded", "too many requests at once"), self.settings.retry_after_ms)
        self.in_flight += 1
        try:
            return await rpc(self, request, context)
        except Rejected as error:
            await abort(context, error, self.settings.retry_after_ms if error.reason == "overloaded" else 0)
        except Unavailable as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        finally:
            self.in_flight -= 1

    return run


async def abort(context: Context, error: Rejected, retry_after_ms: int = 0) -> NoReturn:
    """End a call with the status of its reason."""
    details = [error_details_pb2.ErrorInfo(reason=error.reason.upper(), domain=DOMAIN)]
    trailing = [(REASON, error.reason)]
    if retry_after_ms:
        delay = duration_pb2.Duration(nanos=retry_after_ms % 1000 * 1_000_000, seconds=retry_after_ms // 1000)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
        trailing.append((PUSHBACK, str(retry_after_ms)))
    status = status_pb2.Status(
        code=_CODES.get(error.reason, code_pb2.INVALID_ARGUMENT), message=error.text or error.reason
    )
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    # In its parts: `abort_with_status` would take no further entries of trailing metadata along.
    plain = rpc_status.to_status(status)
    await context.abort(plain.code, plain.details, (*plain.trailing_metadata, *trailing))
    raise AssertionError("abort returned")
