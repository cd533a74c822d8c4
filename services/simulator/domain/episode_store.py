"""The port behind which episodes live: memory, a SQLite file, Valkey."""

from typing import Protocol

from services.simulator.domain.episodes import Episode


class EpisodeStore(Protocol):
    """Where episodes live: any replica may load one, change it, and store it if nobody else did in between."""

    async def create(self, episode: Episode, request_id: str, now: float) -> Episode:
        """Store a new episode, or return the one that the same request id made before."""

    async def load(self, episode_id: str, now: float) -> Episode | None:
        """Return an episode, also one that is past its expiry; None when it was never here or was forgotten."""

    async def replace(self, episode: Episode, now: float) -> bool:
        """Store a change, which is one version above what it was made from; False when that is not stored any more."""

    async def open_count(self, now: float) -> int:
        """Count episodes that are neither closed nor expired."""

    async def close(self) -> None:
        """Let go of file or connection."""
