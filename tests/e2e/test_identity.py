"""A small run of `tests.e2e.identity`: two replicas, two starts, the same bytes."""

import pytest

from tests.e2e import identity
from tests.fakes.export import write_export

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def test_two_replicas_and_two_starts_answer_the_same_bytes(tmp_path):
    write_export(tmp_path / "out")
    found = await identity.compared(tmp_path / "out", requests=200, live=False)
    assert (found.requests, found.differing) == (200, ())
    assert {"exact", "error", "miss"} <= found.tiers.keys()
