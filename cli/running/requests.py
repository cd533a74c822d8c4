"""What to crawl: the worlds go into the store, every server and world gets one request, once per run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.model.catalogue import CrawlRequest
from shared.model.errors import BadInput
from shared.proof.canonical import digest
from shared.proof.identity import identifier
from shared.runtime.servers.clocks import DEFAULT_NOW
from shared.runtime.servers.spec import ServersFile
from shared.runtime.servers.world_store import WorldStore
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.reader import read_all

TOPIC = "crawl-requests"


@dataclass(frozen=True, slots=True)
class CrawlPlan:
    """What a servers file and the worlds of a run come to."""

    servers_digest: str
    worlds: tuple[str, ...]
    """Digests, sorted."""
    worlds_by_server: Mapping[str, tuple[str, ...]]

    def requests(self) -> tuple[CrawlRequest, ...]:
        """One for each world, then one for each server; the same ones whenever the same is asked."""
        asked = [("", (world,)) for world in self.worlds] + list(self.worlds_by_server.items())
        return tuple(
            CrawlRequest(
                request_id=identifier("crawl", [self.servers_digest, server, list(worlds)]),
                server_id=server,
                reason="start",
                world_digests=worlds,
            )
            for server, worlds in asked
        )


def plan(servers: ServersFile, worlds: Sequence[Path], store: WorldStore) -> CrawlPlan:
    """Keep the worlds and decide who is crawled in which; `worlds` stand in for those of the whole file.

    Raises:
        BadInput: a world folder is no world.
    """
    by_server: dict[str, tuple[str, ...]] = {}
    for spec in servers.servers:
        folders = spec.worlds or tuple(worlds) or servers.worlds
        now = spec.now or servers.now
        kept = tuple(_kept(store, folder, now, f"{servers.path}: server {spec.server_id!r}") for folder in folders)
        by_server[spec.server_id] = kept or (store.empty(now or DEFAULT_NOW),)
    identities = {spec.server_id: spec.identity() for spec in servers.servers}
    every = {world for kept in by_server.values() for world in kept}
    return CrawlPlan(digest(identities), tuple(sorted(every)), by_server)


def _kept(store: WorldStore, folder: Path, now: str, where: str) -> str:
    try:
        return store.add(folder, now)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error


async def publish(bootstrap: str, crawl: CrawlPlan, only_worlds: bool = False) -> int:
    """Write the requests that were not written before, of worlds only or of all; returns how many.

    Raises:
        Unavailable: Kafka does not answer.
    """
    # Read back from the topic: whoever wrote them may have been killed before it could note that.
    known = {event.record.request_id async for event in read_all(bootstrap, TOPIC)}
    new = [request for request in crawl.requests() if request.request_id not in known]
    new = [request for request in new if not (only_worlds and request.server_id)]
    outputs = [Output(TOPIC, one.server_id or f"world/{one.world_digests[0]}", one) for one in new]
    async with Publisher(bootstrap, "cli") as publisher:
        await publisher.publish(outputs)
    return len(new)
