"""Asks a broker, in two dozen bytes, which brokers it would send a client to."""

import socket
import struct

from cli.embedded.ports import LOOPBACK

METADATA = 3
CORRELATION = 1
MAX_ANSWER = 1 << 24


def known_ports(port: int, timeout_seconds: float = 2) -> frozenset[int]:
    """Ports of the brokers in the metadata that this broker serves; empty when it does not serve clients.

    After a start on other ports than before, a broker answers for a moment with the old registration, and a client that
    reads that one never finds it again. So "ready" is: the ports that were asked for are the ports that are served.
    """
    request = struct.pack(">hhihi", METADATA, 0, CORRELATION, -1, 0)
    try:
        with socket.create_connection((LOOPBACK, port), timeout_seconds) as connection:
            connection.settimeout(timeout_seconds)
            connection.sendall(struct.pack(">i", len(request)) + request)
            return _ports(_answer(connection))
    except (OSError, struct.error):
        return frozenset()


def _answer(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as stream:
        (length,) = struct.unpack(">i", stream.read(4))
        return stream.read(length) if 0 < length < MAX_ANSWER else b""


def _ports(answer: bytes) -> frozenset[int]:
    correlation, count = struct.unpack_from(">ii", answer)
    if correlation != CORRELATION:
        return frozenset()
    found, at = set(), 8
    for _ in range(count):
        _, host_length = struct.unpack_from(">ih", answer, at)
        (port,) = struct.unpack_from(">i", answer, at + 6 + host_length)
        found.add(port)
        at += 10 + host_length
    return frozenset(found)
