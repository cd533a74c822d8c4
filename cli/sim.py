"""`firefly sim serve`: a snapshot over gRPC, alone: no Kafka, no Valkey."""

from functools import partial
from pathlib import Path
from typing import Any, cast

import click

from cli.sim_fidelity import fidelity
from cli.sim_mutate import mutate
from cli.sim_paths import paths
from services.simulator.adapters.snapshot_file import open_snapshot
from services.simulator.app import build
from services.simulator.settings import Settings
from shared.runtime.service import run

DATA = Path(".firefly/data")


@click.group()
def sim() -> None:
    """Serve recorded tools to agents, always the same."""


sim.add_command(fidelity)
sim.add_command(mutate)
sim.add_command(paths)


@sim.command()
@click.option("--snapshot", type=click.Path(path_type=Path), required=True, help="A snapshot, its file, or an export.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=50051, show_default=True, help="0 picks a free one.")
@click.option("--episodes", type=click.Path(path_type=Path), help="SQLite file for episodes.  [default: memory]")
@click.option("--idle-seconds", type=click.FloatRange(1), default=1800, show_default=True, help="Life without a call.")
@click.option("--show-answers", is_flag=True, help="Let clients read ground truth and reference: for auditors.")
@click.option("--live/--replay-only", default=False, help="Run calls that nobody recorded.  [default: --replay-only]")
@click.option("--nearest", type=click.Path(path_type=Path), help="Thresholds from `firefly sim fidelity --write`.")
@click.option("--overlay", type=click.Path(path_type=Path), help="SQLite file for live answers.  [default: in --data]")
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True, help="For live files.")
@click.option("--mcp-port", type=click.IntRange(0, 65535), help="Serve each episode as MCP too; 0 picks a free one.")
@click.option("--tls-certificate", type=click.Path(path_type=Path), help="PEM chain; with --tls-key.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="PEM key; with --tls-certificate.")
@click.option("--json", "as_json", is_flag=True, help="Log one JSON object per line.")
def serve(snapshot: Path, host: str, port: int, episodes: Path | None, **options: Any) -> None:
    """Serve a snapshot over gRPC until Ctrl-C.

    FIREFLY_ACCESS_TOKEN in the environment makes every call need that token.

    \b
    Examples:
      firefly sim serve --snapshot out/mine --port 50051
      firefly sim serve --snapshot out/live --live
    """  # noqa: D301
    open_snapshot(snapshot).close()
    settings = partial(
        Settings,
        snapshot=snapshot,
        live_store=False,
        grpc_host=host,
        grpc_port=port,
        episodes_file=episodes,
        idle_seconds=options["idle_seconds"],
        show_answers=options["show_answers"],
        replay_only=not options["live"],
        nearest=options["nearest"],
        overlay=options["overlay"],
        data_dir=options["data"],
        tls_certificate=options["tls_certificate"],
        tls_key=options["tls_key"],
        mcp_port=options["mcp_port"],
        log_format="json" if options["as_json"] else "console",
    )
    run("simulator", cast(type[Settings], settings), build)
