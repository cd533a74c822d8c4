"""Ports on the loopback address."""

import hashlib
import itertools
import socket
from pathlib import Path

from shared.model.errors import BadInput

LOOPBACK = "127.0.0.1"
FIRST, COUNT = 20_000, 10_000
"""Below the range from which the kernel picks ports of outgoing connections."""


def free_ports(folder: Path, count: int) -> tuple[int, ...]:
    """Ports nobody listens on now; the same ones for the same folder as long as they are free.

    Kafka needs that: markers of a transaction that was open at a crash go to the port the broker had then.
    """
    start = int.from_bytes(hashlib.sha256(str(folder.absolute()).encode()).digest()[:4])
    candidates = (FIRST + (start + step) % COUNT for step in range(COUNT))
    return tuple(itertools.islice(filter(_is_free, candidates), count))


def require_free(port: int, purpose: str) -> int:
    """Return the port.

    Raises:
        BadInput: something listens there.
    """
    if not _is_free(port):
        raise BadInput(
            f"port {port} on {LOOPBACK}, wanted for {purpose}, is in use; stop what listens there or choose another one"
        )
    return port


def answers(port: int, timeout_seconds: float = 0.5) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout_seconds):
            return True
    except OSError:
        return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # without it the port of a server that has just ended counts as taken for a minute
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
