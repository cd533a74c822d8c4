"""`firefly down`: stop the run on a data folder."""

import os
import signal
import time
from pathlib import Path

import click

from cli.data_folder import DataFolder, require_running
from shared.model.errors import Unavailable

DATA = Path(".firefly/data")
SECONDS = 60


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="Where the run lives.")
def down(data: Path) -> None:
    """Stop the run on a data folder; `firefly up` on the same folder goes on.

    \b
    Example: firefly down --data .firefly/data
    """  # noqa: D301
    running = require_running(data)
    os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if DataFolder(data).is_free():
            click.echo(f"stopped process {running.pid}")
            return
        time.sleep(0.1)
    raise Unavailable(f"process {running.pid} does not stop within {SECONDS} s; look at its logs in {data / 'logs'}")
