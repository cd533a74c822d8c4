"""Composition root of the crawler."""

from services.crawler.app import build
from services.crawler.settings import Settings
from shared.runtime.service import run

if __name__ == "__main__":
    run("crawler", Settings, build)
