"""Settings of the simulator."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from shared.runtime.settings import Port, ServiceSettings


class Settings(ServiceSettings):
    """What the simulator serves, where, and within which bounds."""

    grpc_host: str = "127.0.0.1"
    """Where gRPC listens."""
    grpc_port: Port = 50051
    """Port of gRPC; 0 picks one."""
    mcp_port: Port | None = None
    """Port of the MCP facade, on `grpc_host`; 0 picks one, none: no facade."""
    mcp_url: str = ""
    """What trainers reach the facade by, where that is another address."""
    tls_certificate: Path | None = None
    """PEM chain for gRPC; with `tls_key`. Without both the port speaks plaintext."""
    tls_key: Path | None = None
    access_token: SecretStr = SecretStr("")
    """Bearer token that every call but health checks must carry; empty: nobody needs one."""
    snapshot: Path | None = None
    """Snapshot to serve: its folder, its database, or an export's folder."""
    live_store: bool = True
    """Follow the topics and serve what they hold (the verifier's replay, and trainers where there is no snapshot)."""
    replay_only: bool = True
    """Never run a call on a server; false: run what the snapshot's runtime can."""
    overlay: Path | None = None
    """SQLite file for live answers; none: `DATA/simulator/overlays/<snapshot id>.sqlite`."""
    nearest: Path | None = None
    """Thresholds from `firefly sim fidelity`; episodes that allow the tier `nearest` get it for the tools in there."""
    live_at_once: int = Field(default=4, ge=1, le=256)
    """Live calls running at once; their queue is apart from recorded answers."""
    live_waiting: int = Field(default=256, ge=1, le=100_000)
    """Live calls running and waiting; more are refused with RESOURCE_EXHAUSTED."""
    live_held: int = Field(default=8, ge=0, le=256)
    """Worlds in a moved state that are kept for the next call there."""
    live_idle_seconds: float = Field(default=120.0, gt=0, le=24 * 3600)
    """Seconds after which an unused world and its servers are ended."""
    live_world_mebibytes: int = Field(default=1024, ge=1, le=1024 * 1024)
    """Size of a world's copy above which the call that filled it loses its server."""
    valkey_url: str = ""
    """Keep episodes in this Valkey; empty: in `episodes_file`."""
    episodes_file: Path | None = None
    """SQLite file for episodes; none: `DATA/simulator/episodes.sqlite` with a live store, else memory."""
    outcomes_file: Path | None = None
    """SQLite file for reported outcomes; none: `DATA/simulator/outcomes.sqlite` with a live store, else memory."""
    idle_seconds: float = Field(default=1800.0, gt=0, le=7 * 24 * 3600)
    """Seconds an episode lives without a call."""
    miss_requests: int = Field(default=0, ge=0, le=1_000_000)
    """Missed reads that the explorer may be asked to make, as far back as their topic goes; 0: none."""
    miss_requests_from_anyone: bool = False
    """Ask for them without an `access_token` too, although then anybody who reaches the port decides what is called."""
    max_calls_in_flight: int = Field(default=2048, ge=1, le=100_000)
    """Requests waiting or running at once; more are refused with RESOURCE_EXHAUSTED."""
    retry_after_ms: int = Field(default=200, ge=1, le=60_000)
    """What a refused caller is told to wait."""
    show_answers: bool = False
    """Let GetTask and StreamTasks show ground truth, evidence and reference."""

    @model_validator(mode="after")
    def _serves_something(self) -> Self:
        if self.snapshot is None and not self.live_store:
            raise ValueError("nothing to serve: set FIREFLY_SNAPSHOT or FIREFLY_LIVE_STORE")
        if not self.replay_only and self.snapshot is None:
            raise ValueError("only a snapshot can run live: set FIREFLY_SNAPSHOT, or FIREFLY_REPLAY_ONLY=true")
        if self.miss_requests and not (self.access_token.get_secret_value() or self.miss_requests_from_anyone):
            raise ValueError(
                "calls from anybody would be made: set FIREFLY_ACCESS_TOKEN, or FIREFLY_MISS_REQUESTS_FROM_ANYONE=true"
            )
        if self.nearest is not None and self.snapshot is None:
            raise ValueError(
                "only a snapshot has measured neighbours: set FIREFLY_SNAPSHOT, or leave out FIREFLY_NEAREST"
            )
        return self
