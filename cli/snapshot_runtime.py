"""Finds what `firefly snapshot create --runtime` packs: each server's launch spec and what it was installed as."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from cli.data_folder import DataFolder
from cli.running.parameters import stored
from services.simulator.adapters.runtime_files import RuntimeServer, is_packable
from shared.model.catalogue import ServerRecord
from shared.model.errors import BadInput, FireflyError
from shared.runtime.servers.launcher import Launcher
from shared.runtime.servers.programs import find_programs
from shared.runtime.servers.spec import read_servers
from shared.runtime.settings import ServiceSettings


async def runtime_of(folder: DataFolder, servers: Iterable[ServerRecord]) -> tuple[RuntimeServer, ...]:
    """Describe the servers of a snapshot that can run elsewhere, in id order.

    Raises:
        BadInput: the run's servers file is gone, or a server is installed as another one than was recorded.
    """
    parameters = stored(folder.parameters)
    if parameters is None:
        raise BadInput(f"{folder.root} does not say which servers it ran: start from a folder of `firefly up`")
    file = read_servers(Path(parameters.servers_file))
    packable = {spec.server_id for spec in file.servers if is_packable(spec)}
    launcher = Launcher(file, ServiceSettings().cache_dir, folder.root / "run" / "snapshot", find_programs())
    wanted = [one for one in sorted(servers, key=lambda one: one.server_id) if one.server_id in packable]
    return tuple(await asyncio.gather(*(_described(launcher, one) for one in wanted)))


async def _described(launcher: Launcher, server: ServerRecord) -> RuntimeServer:
    try:
        installed = await launcher.install(server.server_id)
        digest = await launcher.server_digest(server.server_id)
    except FireflyError as error:
        raise BadInput(f"{server.server_id} cannot be packed: {error}") from error
    if installed is None or digest != server.server_digest:
        raise BadInput(
            f"{server.server_id} is installed here as another package set than was recorded: crawl it again first"
        )
    return RuntimeServer(launcher.spec(server.server_id), digest, installed)
