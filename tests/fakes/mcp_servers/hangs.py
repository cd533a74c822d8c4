"""Reads, and never answers the handshake."""

import sys

for _ in sys.stdin:
    pass
