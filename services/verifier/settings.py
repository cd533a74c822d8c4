"""Settings of the verifier."""

from pydantic import Field

from shared.runtime.settings import ModelSettings


class Settings(ModelSettings):
    """Where the simulator is, and whether a model judges."""

    simulator_address: str = Field("127.0.0.1:50051", min_length=1)
    """`host:port` of the simulator that follows the topics."""
    simulator_timeout_seconds: float = Field(30.0, gt=0, le=600)
    """Seconds one call of the simulator may take."""
