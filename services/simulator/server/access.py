"""Who may call: a bearer token, compared in constant time; health checks need none."""

import hmac
from pathlib import Path
from typing import Any

import grpc

from shared.model.errors import BadInput

HEADER = "authorization"
_OPEN = "/grpc.health.v1.Health/"


class TokenGuard(grpc.aio.ServerInterceptor):
    """Answers calls without the token with UNAUTHENTICATED, whatever they ask for."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """See grpc."""
        given = dict(handler_call_details.invocation_metadata or ()).get(HEADER, "")
        said = given if isinstance(given, bytes) else given.encode()
        is_open = handler_call_details.method.startswith(_OPEN)
        handler = await continuation(handler_call_details)
        # In constant time: an ordinary comparison tells byte by byte how far a guess is right.
        if is_open or handler is None or hmac.compare_digest(said, self._expected):
            return handler
        if handler.response_streaming:
            # The refusal must have the call's own form, or gRPC fails it as an internal error.
            return grpc.unary_stream_rpc_method_handler(_refuse_stream)
        return grpc.unary_unary_rpc_method_handler(_refuse)


def tls(certificate: Path | None, key: Path | None) -> grpc.ServerCredentials | None:
    """Read what TLS needs; None where neither file is named.

    Raises:
        BadInput: one is missing or cannot be read.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise BadInput("TLS needs a certificate and its key: name both files, or neither")
    try:
        return grpc.ssl_server_credentials([(key.read_bytes(), certificate.read_bytes())])
    except OSError as error:
        raise BadInput(f"TLS: {error.filename} cannot be read ({error.strerror}): name readable PEM files") from error


async def _refuse(request: Any, context: Any) -> None:
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, "give the server's token", (("firefly-reason", "bad_token"),))


async def _refuse_stream(request: Any, context: Any) -> None:
    await _refuse(request, context)
