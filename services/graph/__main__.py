"""Composition root of the graph."""

from functools import partial

from services.graph.app import build
from services.graph.server import answering
from services.graph.settings import Settings
from shared.runtime.service import run

if __name__ == "__main__":
    run("graph", Settings, partial(build, answering=answering))
