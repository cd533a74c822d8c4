"""Composition root of the verifier."""

from services.verifier.app import build
from services.verifier.settings import Settings
from shared.runtime.service import run

if __name__ == "__main__":
    run("verifier", Settings, build)
