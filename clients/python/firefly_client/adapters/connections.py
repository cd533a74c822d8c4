"""Connections that adapters share: trainers pickle, spawn and fork, and a channel survives none of that."""

from __future__ import annotations

import asyncio
import os
from threading import Lock

from firefly_client.aio import AsyncClient
from firefly_client.client import Client

_blocking: dict[tuple[int, str], Client] = {}
_asyncio: dict[tuple[int, str], tuple[asyncio.AbstractEventLoop, AsyncClient]] = {}
_lock = Lock()


def client_of(target: str) -> Client:
    """Return this process's client of a simulator, safe to share between threads."""
    key = os.getpid(), target
    with _lock:
        if key not in _blocking:
            _blocking[key] = Client(target)
        return _blocking[key]


def async_client_of(target: str) -> AsyncClient:
    """Return the running event loop's client of a simulator."""
    key, loop = (os.getpid(), target), asyncio.get_running_loop()
    known = _asyncio.get(key)
    # The loop itself is compared: the id of one that is gone may be another's.
    if known is None or known[0] is not loop:
        known = _asyncio[key] = (loop, AsyncClient(target))
    return known[1]
