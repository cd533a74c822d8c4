"""Settings of the synthesizer."""

from pydantic import Field

from shared.runtime.settings import ModelSettings


class Settings(ModelSettings):
    """How long a draft waits for what it needs."""

    catalogue_wait_seconds: float = Field(120.0, gt=0, le=3600)
    """Seconds that a tool may be missing from a catalogue that was read to its end before it counts as unknown."""
