"""A service run inside a test's own process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from shared.runtime.service import serve

STOP_SECONDS = 60


@asynccontextmanager
async def running(settings: Any, build: Any) -> AsyncIterator[None]:
    """Serve until the block ends; what the service raises fails the test."""
    stopping = asyncio.Event()
    task = asyncio.create_task(serve(settings, build, stopping))
    try:
        yield
    finally:
        stopping.set()
        await asyncio.wait_for(task, STOP_SECONDS)
