"""A key has the partition that aiokafka gives it."""

import random

import pytest
from aiokafka.partitioner import murmur2 as aiokafka_murmur2

from shared.runtime.streaming.partitioning import murmur2

pytestmark = pytest.mark.unit


def test_every_length_of_key_hashes_as_in_aiokafka() -> None:
    drawn = random.Random(7)
    for length in range(100):
        key = drawn.randbytes(length)
        assert murmur2(key) == aiokafka_murmur2(key) & 0x7FFFFFFF
