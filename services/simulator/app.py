"""Puts the simulator together: libraries, episode store, gRPC, and the follower of the live store."""

import secrets
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from services.simulator.adapters.episodes_memory import MemoryEpisodes
from services.simulator.adapters.episodes_sqlite import SqliteEpisodes
from services.simulator.adapters.episodes_valkey import ValkeyEpisodes
from services.simulator.adapters.live_store import LIVE, LiveStore
from services.simulator.adapters.snapshot_file import open_snapshot
from services.simulator.domain.episode_store import EpisodeStore
from services.simulator.domain.ports import Library
from services.simulator.domain.simulating import Simulator, Surroundings
from services.simulator.server import SERVICES, Doors, register
from services.simulator.settings import Settings
from shared.runtime.rpc import RpcServer
from shared.runtime.service import Background, Part


async def build(settings: Settings, resources: AsyncExitStack) -> Sequence[Part]:
    """Build the parts of one process.

    Raises:
        BadInput: snapshot or store cannot be used.
    """
    libraries: dict[str, Library] = {}
    parts: list[Part] = []
    if settings.snapshot:
        snapshot = open_snapshot(settings.snapshot)
        resources.callback(snapshot.close)
        libraries[snapshot.snapshot_id] = snapshot
    if settings.live_store:
        store = LiveStore(settings.data_dir / "simulator" / "live.sqlite")
        resources.callback(store.close)
        libraries[LIVE] = store
        parts.append(Background("ingest", partial(store.follow, settings.kafka_bootstrap), store.is_ready))
    episodes = _episodes(settings)
    resources.push_async_callback(episodes.close)
    simulator = Simulator(libraries, episodes, _surroundings(settings), LIVE if settings.live_store else "")
    doors = Doors(simulator, settings)
    address = f"{settings.grpc_host}:{settings.grpc_port}"
    return [RpcServer(address, partial(register, doors), SERVICES), *parts]


def _episodes(settings: Settings) -> EpisodeStore:
    if settings.valkey_url:
        return ValkeyEpisodes(settings.valkey_url)
    if settings.episodes_file:
        return SqliteEpisodes(settings.episodes_file)
    if settings.live_store:
        return SqliteEpisodes(settings.data_dir / "simulator" / "episodes.sqlite")
    return MemoryEpisodes()


def _surroundings(settings: Settings) -> Surroundings:
    return Surroundings(time.time, partial(secrets.token_hex, 16), settings.idle_seconds)
