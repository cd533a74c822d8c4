"""Settings of the crawler."""

from pydantic import Field

from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """How many servers are crawled at once, and what probing one may cost."""

    concurrency: int = Field(3, ge=1, le=64)
    """Servers crawled at once in this process."""
    probe_seconds: float = Field(600.0, gt=0, le=3600)
    """Seconds after which no further tool of a server is probed: a bound against servers that hang."""
    probe_attempts: int = Field(2, ge=1, le=10)
    """Calls of one tool until one succeeds."""
    start_seconds: float = Field(60.0, gt=0, le=600)
    """Seconds from the start of a server to its handshake."""
    call_seconds: float = Field(30.0, gt=0, le=600)
    """Seconds that one probe may take."""
    uv: str = ""
    """The uv program; empty: beside this interpreter, else from PATH."""
    node: str = ""
    """The node program; empty: from its wheel, else from PATH."""
