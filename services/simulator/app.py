"""Puts the simulator together: libraries, episode store, gRPC, and the follower of the live store."""

import os
import secrets
import shutil
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from services.simulator.adapters.episodes_memory import MemoryEpisodes
from services.simulator.adapters.episodes_sqlite import SqliteEpisodes
from services.simulator.adapters.episodes_valkey import ValkeyEpisodes
from services.simulator.adapters.live_pool import LivePoolThread, Places
from services.simulator.adapters.live_runner import LiveBounds
from services.simulator.adapters.live_store import LIVE, LiveStore
from services.simulator.adapters.miss_publisher import MissPublisher
from services.simulator.adapters.nearest_file import open_nearest
from services.simulator.adapters.outcomes_sqlite import SqliteOutcomes
from services.simulator.adapters.overlay_file import OverlayFile
from services.simulator.adapters.runtime_files import read_runtime
from services.simulator.adapters.snapshot_file import open_snapshot, read_snapshot_manifest, snapshot_folder
from services.simulator.adapters.sqlite_library import SqliteLibrary
from services.simulator.domain.episode_store import EpisodeStore
from services.simulator.domain.living import Live
from services.simulator.domain.misses import Requests
from services.simulator.domain.ports import Library
from services.simulator.domain.retrieval import Nearest
from services.simulator.domain.simulating import Simulator, Surroundings
from services.simulator.server import SERVICES, Doors, register
from services.simulator.server.access import TokenGuard, tls
from services.simulator.server.mcp_facade import McpFacade
from services.simulator.settings import Settings
from shared.runtime.rpc import RpcServer
from shared.runtime.service import Background, Part


async def build(settings: Settings, resources: AsyncExitStack) -> Sequence[Part]:
    """Build the parts of one process.

    Raises:
        BadInput: snapshot or store cannot be used.
    """
    libraries: dict[str, Library] = {}
    lives: dict[str, Live] = {}
    parts: list[Part] = []
    if settings.snapshot:
        snapshot = open_snapshot(settings.snapshot)
        resources.callback(snapshot.close)
        libraries[snapshot.snapshot_id] = snapshot
        if not settings.replay_only:
            lives[snapshot.snapshot_id] = await _live(settings, settings.snapshot, snapshot, resources)
    if settings.live_store:
        store = LiveStore(settings.data_dir / "simulator" / "live.sqlite")
        resources.callback(store.close)
        libraries[LIVE] = store
        parts.append(Background("ingest", partial(store.follow, settings.kafka_bootstrap), store.is_ready))
    episodes = _episodes(settings)
    resources.push_async_callback(episodes.close)
    live_id = LIVE if settings.live_store else ""
    requests = MissPublisher(settings.kafka_bootstrap, settings.miss_requests) if settings.miss_requests else None
    if requests:
        parts.append(Background("misses", requests.run))
    around = _surroundings(settings, requests)
    simulator = Simulator(libraries, episodes, around, live_id, lives, _nearest(settings))
    outcomes = SqliteOutcomes(settings.outcomes_file or _kept_outcomes(settings))
    resources.callback(outcomes.close)
    doors = Doors(simulator, settings, outcomes)
    address = f"{settings.grpc_host}:{settings.grpc_port}"
    if settings.mcp_port is not None:
        facade = McpFacade(simulator, settings.grpc_host, settings.mcp_port, settings.mcp_url)
        doors.mcp_base_url = lambda: facade.base_url
        parts.append(facade)
    token = settings.access_token.get_secret_value()
    guards = [TokenGuard(token)] if token else []
    credentials = tls(settings.tls_certificate, settings.tls_key)
    return [RpcServer(address, partial(register, doors), SERVICES, credentials, guards), *parts]


async def _live(settings: Settings, place: Path, library: SqliteLibrary, resources: AsyncExitStack) -> Live:
    folder = settings.data_dir / "simulator"
    overlay = OverlayFile(
        settings.overlay or folder / "overlays" / f"{library.snapshot_id}.sqlite", library.snapshot_id
    )
    resources.callback(overlay.close)
    bounds = LiveBounds(
        settings.live_at_once,
        settings.live_waiting,
        settings.live_held,
        settings.live_idle_seconds,
        settings.live_world_mebibytes * 1024 * 1024,
    )
    # One folder per process: replicas on one machine share overlay and cache, never a world's copy.
    places = Places(settings.cache_dir, folder / "live" / str(os.getpid()))
    resources.callback(shutil.rmtree, places.scratch, ignore_errors=True)
    runnable = read_runtime(snapshot_folder(place), library)
    return Live(overlay, await resources.enter_async_context(LivePoolThread(runnable, places, bounds)))


def _nearest(settings: Settings) -> dict[str, Nearest]:
    if settings.nearest is None or settings.snapshot is None:
        return {}
    folder = snapshot_folder(settings.snapshot)
    name = read_snapshot_manifest(folder).snapshot_id
    return {name: open_nearest(settings.nearest, folder, name)}


def _episodes(settings: Settings) -> EpisodeStore:
    if settings.valkey_url:
        return ValkeyEpisodes(settings.valkey_url)
    if settings.episodes_file:
        return SqliteEpisodes(settings.episodes_file)
    if settings.live_store:
        return SqliteEpisodes(settings.data_dir / "simulator" / "episodes.sqlite")
    return MemoryEpisodes()


def _kept_outcomes(settings: Settings) -> Path | None:
    return settings.data_dir / "simulator" / "outcomes.sqlite" if settings.live_store else None


def _surroundings(settings: Settings, requests: Requests | None) -> Surroundings:
    # An episode's id is all that a caller has to know of it, so nobody may guess one.
    return Surroundings(time.time, partial(secrets.token_hex, 16), settings.idle_seconds, requests)
