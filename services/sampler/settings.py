"""Settings of the sampler."""

from pydantic import Field

from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """How much is drawn."""

    epoch_size: int = Field(40, ge=1, le=100_000)
    """Draws between two cuts of the graph."""
    draws: int = Field(0, ge=0)
    """Draws in all; 0 = until stopped."""
    requests: int = Field(1000, ge=0)
    """Calls that are planned because somebody asked for them, in all; 0 = none."""
