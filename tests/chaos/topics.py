"""Topics of one test's own, registered in the table of this process (and of the programs it starts)."""

from dataclasses import replace

from shared.model.catalogue import CrawlRequest
from shared.runtime.streaming import admin
from shared.runtime.topics import BY_NAME, Topic

PARTITIONS = 2


def register(prefix: str) -> tuple[str, str, str]:
    """Add `<prefix>-in`, `<prefix>-out` and `<prefix>-duplicates`; they carry crawl requests."""
    names = (f"{prefix}-in", f"{prefix}-out", f"{prefix}-duplicates")
    for name in names:
        BY_NAME[name] = replace(Topic(name, (CrawlRequest,), (), (), "id"), partitions=PARTITIONS)
    return names


async def create(bootstrap: str, prefix: str, replication: int = 1) -> tuple[str, str, str]:
    """Register and create them with their dead-letter topics; all replicas but one must have a record."""
    names = register(prefix)
    chosen = [BY_NAME[name] for name in names]
    await admin.create_topics(bootstrap, replication, max(1, replication - 1), chosen)
    return names
