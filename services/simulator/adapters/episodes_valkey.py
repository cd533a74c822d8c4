"""Episodes in Valkey (or Redis): any replica of a cluster can serve any call."""

import redis.asyncio
from redis.exceptions import RedisError

from services.simulator.adapters.episodes_memory import KEPT_SECONDS
from services.simulator.domain import episodes
from services.simulator.domain.episodes import Episode
from shared.model.errors import Unavailable

_PREFIX = "firefly:episode:"
_REQUEST = "firefly:request:"
_OPEN = "firefly:episodes:open"

# KEYS: episode, request, open set. ARGV: id, body, expires, now, kept ms, has request.
_CREATE = """
if ARGV[6] == '1' then
  local known = redis.call('GET', KEYS[2])
  if known then
    local body = redis.call('HMGET', ARGV[7] .. known, 'body', 'version')
    if body[1] then return body end
  end
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[5])
end
redis.call('HSET', KEYS[1], 'body', ARGV[2], 'version', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[4])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
return {ARGV[2], '1'}
"""
# KEYS: episode, open set. ARGV: id, body, version it was made from, expires, kept ms, closed, version.
_REPLACE = """
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'body', ARGV[2], 'version', ARGV[7])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
if ARGV[6] == '1' then redis.call('ZREM', KEYS[2], ARGV[1]) else redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1]) end
return 1
"""


class ValkeyEpisodes:
    """The `EpisodeStore` port over one hash per episode; each change is one script."""

    def __init__(self, url: str) -> None:
        self._client = redis.asyncio.Redis.from_url(
            url, decode_responses=True, socket_timeout=5, socket_connect_timeout=5
        )
        # Scripts, because a compare-and-set over hash, set and expiry would otherwise need a lock.
        self._create = self._client.register_script(_CREATE)
        self._replace = self._client.register_script(_REPLACE)

    async def create(self, episode: Episode, request_id: str, now: float) -> Episode:
        """See `EpisodeStore`."""
        keys = [_PREFIX + episode.episode_id, _REQUEST + request_id, _OPEN]
        values: list[str | float] = [
            episode.episode_id,
            episodes.to_json(episode),
            episode.expires_at,
            now,
            _kept_ms(episode, now),
            "1" if request_id else "0",
            _PREFIX,
        ]
        try:
            body, version = await self._create(keys=keys, args=values)
        except RedisError as error:
            raise _away(error) from error
        return episodes.from_json(str(body), int(version))

    async def load(self, episode_id: str, now: float) -> Episode | None:
        """See `EpisodeStore`."""
        try:
            body, version = await self._client.hmget(_PREFIX + episode_id, ["body", "version"])
        except RedisError as error:
            raise _away(error) from error
        found = episodes.from_json(str(body), int(version)) if body and version else None
        return found if found and found.expires_at + KEPT_SECONDS > now else None

    async def replace(self, episode: Episode, now: float) -> bool:
        """See `EpisodeStore`."""
        values: list[str | float] = [
            episode.episode_id,
            episodes.to_json(episode),
            episode.version - 1,
            episode.expires_at,
            _kept_ms(episode, now),
            "1" if episode.closed else "0",
            episode.version,
        ]
        try:
            return bool(await self._replace(keys=[_PREFIX + episode.episode_id, _OPEN], args=values))
        except RedisError as error:
            raise _away(error) from error

    async def open_count(self, now: float) -> int:
        """See `EpisodeStore`."""
        try:
            return int(await self._client.zcount(_OPEN, f"({now}", "+inf"))
        except RedisError as error:
            raise _away(error) from error

    async def close(self) -> None:
        """See `EpisodeStore`."""
        await self._client.aclose()


def _kept_ms(episode: Episode, now: float) -> int:
    return max(1, int((episode.expires_at - now + KEPT_SECONDS) * 1000))


def _away(error: RedisError) -> Unavailable:
    return Unavailable(f"the episode store does not answer: {error}")
