"""Composition root of the simulator."""

from services.simulator.app import build
from services.simulator.settings import Settings
from shared.runtime.service import run

if __name__ == "__main__":
    run("simulator", Settings, build)
