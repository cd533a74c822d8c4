"""Settings of the explorer."""

from pydantic import Field

from shared.runtime.settings import ModelSettings


class Settings(ModelSettings):
    """How many explorations run at once, and how long they wait for what they need."""

    concurrency: int = Field(2, ge=1, le=256)
    """Explorations running at once in this process, each in an environment of its own."""
    max_in_flight: int = Field(8, ge=1, le=1000)
    """Sub-DAGs per input partition that were fetched and are not yet committed."""
    catalogue_wait_seconds: float = Field(120.0, gt=0, le=3600)
    """Seconds that a tool may be missing from a catalogue that was read to its end before it counts as unknown."""
    spare_environments: int = Field(3, ge=0, le=64)
    """Environments per clock kept warm beyond those in use."""
