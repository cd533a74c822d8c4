"""Offered servers are waited for: a redo must find the same catalogue."""

import asyncio

import pytest

from shared.model.catalogue import CrawlOutcome, ServerRecord
from shared.model.errors import Unavailable
from shared.runtime.catalogue import Catalogue


def test_servers_are_waited_for_while_the_catalogue_is_still_read():
    async def wait():
        catalogue = Catalogue()
        with pytest.raises(Unavailable):
            await catalogue.known(["late"], 0.0)
        waiting = asyncio.create_task(catalogue.known(["late"], 30.0))
        await asyncio.sleep(0)
        assert not waiting.done()
        catalogue.apply(ServerRecord("late", "d", CrawlOutcome.READY))
        await asyncio.wait_for(waiting, 10)

    asyncio.run(wait())
