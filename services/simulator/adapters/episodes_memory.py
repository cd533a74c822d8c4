"""Episodes in memory: one process, gone with it."""

from dataclasses import replace

from services.simulator.domain.episodes import Episode

KEPT_SECONDS = 3600.0
"""How long an expired episode is remembered, so that a late caller hears `expired`, not `unknown`."""


class MemoryEpisodes:
    """The `EpisodeStore` port over a dictionary."""

    def __init__(self) -> None:
        self._episodes: dict[str, Episode] = {}
        self._requests: dict[str, str] = {}

    async def create(self, episode: Episode, request_id: str, now: float) -> Episode:
        """See `EpisodeStore`."""
        self._forget(now)
        # A retried request gets the episode that the lost answer named, not a second one.
        if request_id and (known := self._episodes.get(self._requests.get(request_id, ""))):
            return known
        stored = replace(episode, version=1)
        self._episodes[episode.episode_id] = stored
        if request_id:
            self._requests[request_id] = episode.episode_id
        return stored

    async def load(self, episode_id: str, now: float) -> Episode | None:
        """See `EpisodeStore`."""
        found = self._episodes.get(episode_id)
        return found if found and found.expires_at + KEPT_SECONDS > now else None

    async def replace(self, episode: Episode, now: float) -> bool:
        """See `EpisodeStore`."""
        stored = self._episodes.get(episode.episode_id)
        if stored is None or stored.version + 1 != episode.version:
            return False
        self._episodes[episode.episode_id] = episode
        return True

    async def open_count(self, now: float) -> int:
        """See `EpisodeStore`."""
        return sum(not episode.closed and episode.expires_at > now for episode in self._episodes.values())

    async def close(self) -> None:
        """See `EpisodeStore`."""

    def _forget(self, now: float) -> None:
        old = [name for name, episode in self._episodes.items() if episode.expires_at + KEPT_SECONDS <= now]
        for name in old:
            del self._episodes[name]
        if old:
            self._requests = {request: name for request, name in self._requests.items() if name in self._episodes}
