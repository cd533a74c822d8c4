"""Prints lines that are no messages before and between honest answers, and floods stderr."""

import sys

from toolbox import serve, text, tool

sys.stdout.write("starting up ...\n{not json}\n\n")


def call(_name, _arguments):
    """Flood stderr with 20 MB, then answer."""
    for _ in range(200):
        sys.stderr.write("x" * 100_000 + "\n")
    sys.stdout.write("still here\n")
    return text("fine")


serve([tool("speak")], call)
