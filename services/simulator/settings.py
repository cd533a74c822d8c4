"""Settings of the simulator."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from shared.runtime.settings import Port, ServiceSettings


class Settings(ServiceSettings):
    """What the simulator serves, where, and within which bounds."""

    grpc_host: str = "127.0.0.1"
    """Where gRPC listens."""
    grpc_port: Port = 50051
    """Port of gRPC; 0 picks one."""
    snapshot: Path | None = None
    """Snapshot to serve: its folder, its database, or an export's folder."""
    live_store: bool = True
    """Follow the topics and serve what they hold (the verifier's replay, and trainers where there is no snapshot)."""
    replay_only: bool = True
    """Never run a call on a server."""
    valkey_url: str = ""
    """Keep episodes in this Valkey; empty: in `episodes_file`."""
    episodes_file: Path | None = None
    """SQLite file for episodes; none: `DATA/simulator/episodes.sqlite` with a live store, else memory."""
    idle_seconds: float = Field(default=1800.0, gt=0, le=7 * 24 * 3600)
    """Seconds an episode lives without a call."""
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
        return self
