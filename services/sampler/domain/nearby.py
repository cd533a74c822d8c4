"""Which worlds an epoch draws from: a few at a time, all of them in turn."""

from collections.abc import Iterable

from shared.model.catalogue import WorldRecord
from shared.proof.canonical import sha256_text

AT_ONCE = 4


def nearby(worlds: Iterable[WorldRecord], seed: int, epoch: int) -> tuple[WorldRecord, ...]:
    """Choose the worlds of an epoch, sorted by digest.

    Server processes are kept warm per world: draws spread over fifty worlds would start servers anew for nearly every
    exploration. The order of the worlds follows from the seed, so that none is always in one epoch with the same others
    because of its name.
    """
    order = sorted(worlds, key=lambda world: sha256_text(f"{seed}/{world.world_digest}"))
    if len(order) > AT_ONCE:
        first = epoch * AT_ONCE
        order = [order[(first + index) % len(order)] for index in range(AT_ONCE)]
    return tuple(sorted(order, key=lambda world: world.world_digest))
