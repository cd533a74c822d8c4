"""Settings of the graph."""

from typing import Literal

from pydantic import Field

from shared.runtime.settings import Port, ServiceSettings


class Settings(ServiceSettings):
    """When the first version is cut, and where questions are answered."""

    mode: Literal["draws", "until"] = "draws"
    """`draws` waits for every server before the first cut; `until` only so long, the rest joins at the next cut."""
    first_cut_share: float = Field(0.8, gt=0, le=1)
    """Share of the servers whose crawl has to end before the first cut; `until` only."""
    first_cut_delay_seconds: float = Field(90.0, ge=0, le=3600)
    """Seconds after the first ready server until the first cut comes anyway; `until` only."""
    expected_worlds: tuple[str, ...] = ()
    """Digests of the worlds that the crawler was asked to look at; empty: one at least."""
    grpc_host: str = "127.0.0.1"
    """Where gRPC listens."""
    grpc_port: Port = 0
    """Port of gRPC; 0 picks one."""
