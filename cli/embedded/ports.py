"""Ports on the loopback address."""

import contextlib
import socket

from shared.model.errors import BadInput

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> tuple[int, ...]:
    """Ports nobody listens on now, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return tuple(int(one.getsockname()[1]) for one in sockets)


def require_free(port: int, purpose: str) -> int:
    """Return the port.

    Raises:
        BadInput: something listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise BadInput(
                f"port {port} on {LOOPBACK}, wanted for {purpose}, is in use ({error.strerror}); stop what listens there or choose another port"
            ) from error
    return port


def answers(port: int, timeout_seconds: float = 0.5) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout_seconds):
            return True
    except OSError:
        return False
