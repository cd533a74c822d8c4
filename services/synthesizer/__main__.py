"""Composition root of the synthesizer."""

from services.synthesizer.app import build
from services.synthesizer.settings import Settings
from shared.runtime.service import run

if __name__ == "__main__":
    run("synthesizer", Settings, build)
