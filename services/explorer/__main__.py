"""Composition root of the explorer."""

from services.explorer.app import build
from services.explorer.settings import Settings
from shared.runtime.service import run

if __name__ == "__main__":
    run("explorer", Settings, build)
