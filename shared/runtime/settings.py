"""Typed settings, read once from the environment (`FIREFLY_*`); a service subclasses `ServiceSettings`."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=0, le=65535)]


class ServiceSettings(BaseSettings):
    """What every service process needs to know."""

    model_config = SettingsConfigDict(env_prefix="FIREFLY_", extra="ignore", frozen=True, populate_by_name=True)

    kafka_bootstrap: str = Field(default="127.0.0.1:9092", min_length=1)
    """Bootstrap servers, `host:port[,host:port]`."""
    data_dir: Path = Path(".firefly")
    """DATA: worlds, run state, logs."""
    cache_dir: Path = Field(default_factory=lambda: Path.home() / ".cache" / "firefly")
    """Installed servers and jars; may be deleted, is refilled."""
    servers_file: Path = Path("mcp.json")
    """The `mcpServers` file."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Root of all randomness of a run."""
    http_host: str = "127.0.0.1"
    """Where probes and metrics listen."""
    http_port: Port = 0
    """Port of `/livez`, `/readyz`, `/metrics`; 0 = off."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is printed."""
    log_format: Literal["json", "console"] = "json"
    """One JSON object per line, or text for people."""
    otel_exporter_otlp_endpoint: str = Field(
        default="",
        validation_alias=AliasChoices("OTEL_EXPORTER_OTLP_ENDPOINT", "FIREFLY_OTEL_EXPORTER_OTLP_ENDPOINT"),
    )
    """OTLP collector over HTTP that traces go to, `http://host:4318`; empty = off."""
    instance_id: str = ""
    """Static group membership: only where one live holder of the id is guaranteed; empty = none."""
    max_in_flight: int = Field(default=32, ge=1, le=10_000)
    """Events per input partition that were fetched and are not yet committed."""
    concurrency: int = Field(default=16, ge=1, le=10_000)
    """Handlers running at once in this process."""
    # Under the cost of a transaction (13 to 16 ms measured) waiting would save nothing, far above it it only delays.
    flush_window_ms: int = Field(default=20, ge=0, le=10_000)
    """Milliseconds that completed events wait for company before their transaction."""
    session_timeout_seconds: float = Field(default=10.0, ge=6, le=300)
    """Seconds without heartbeat after which Kafka gives partitions away (brokers refuse under 6)."""
    drain_seconds: float = Field(default=10.0, ge=0, le=600)
    """Seconds that work in flight gets after SIGTERM."""
    max_failure_run: int = Field(default=20, ge=1)
    """Dead letters in a row after which the stage stops."""
    max_failure_share: float = Field(default=0.5, gt=0, le=1)
    """Share of dead letters among the last 100 events above which the stage stops."""
    budget_calls: int = Field(default=0, ge=0)
    """Tool calls and model requests of all stages together, after which those that spend pause; 0 = no limit."""
    budget_tokens: int = Field(default=0, ge=0)
    """Tokens sent and received, likewise."""
    budget_money: Decimal = Field(default=Decimal(0), ge=0)
    """Money by `model_price_in` and `model_price_out`, likewise."""
    poll_bound_seconds: float = Field(default=60.0, gt=0)
    """Seconds without a poll of Kafka after which `/livez` fails."""
    progress_bound_seconds: float = Field(default=1800.0, gt=0)
    """Seconds without a commit, with work in hand and nothing waited for, after which `/livez` fails."""
    restarts: int = Field(default=0, ge=0)
    """How often a supervisor has started this service again; it counts, the service tells."""


class ModelSettings(ServiceSettings):
    """For services that may use a language model: off unless `OPENAI_BASE_URL` is set."""

    openai_base_url: str = Field(
        default="", validation_alias=AliasChoices("OPENAI_BASE_URL", "FIREFLY_OPENAI_BASE_URL")
    )
    """OpenAI-compatible endpoint; empty = deterministic counterparts only."""
    openai_api_key: SecretStr = Field(
        default=SecretStr("none"), validation_alias=AliasChoices("OPENAI_API_KEY", "FIREFLY_OPENAI_API_KEY")
    )
    """Key for that endpoint; many local ones take anything."""
    model: str = "default"
    """Model name for every role that has none of its own."""
    model_by_role: dict[str, str] = Field(default_factory=dict)
    """JSON object role -> model name (`explore`, `write`, `judge`)."""
    model_mode: Literal["json_schema", "tool_call"] = "json_schema"
    """How an object is asked for: `response_format`, or one forced tool call with the schema."""
    model_tries: int = Field(default=3, ge=1, le=10)
    """Answers asked for before the request is rejected."""
    model_timeout_seconds: float = Field(default=120.0, gt=0, le=3600)
    """Seconds one request may take."""
    model_price_in: Decimal = Field(default=Decimal(0), ge=0)
    """Money per million tokens sent, for the ledger."""
    model_price_out: Decimal = Field(default=Decimal(0), ge=0)
    """Money per million tokens received, for the ledger."""
