"""Composition root of the sampler."""

from services.sampler.app import build
from services.sampler.settings import Settings
from shared.runtime.service import run

if __name__ == "__main__":
    run("sampler", Settings, build)
