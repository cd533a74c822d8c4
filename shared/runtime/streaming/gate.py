"""The publish gate: the output partition itself is the index of what was published."""

import hashlib
from collections.abc import Sequence

from aiokafka.errors import KafkaError

from shared.model.errors import Unavailable
from shared.runtime.streaming.attempts import Outcome
from shared.runtime.streaming.messages import Outgoing, encode
from shared.runtime.streaming.reader import committed_keys
from shared.runtime.streaming.stage import Gate


class PartitionGate:
    """Keys published in one partition, 16 bytes each; valid only after this partition's older owner was fenced."""

    def __init__(self, gate: Gate, partition: int, source: str) -> None:
        self._gate, self._partition, self._source = gate, partition, source
        self._published: set[bytes] = set()

    async def read_back(self, bootstrap: str) -> int:
        """Read the output partition to its end and return how many keys it holds.

        Raises:
            Unavailable: Kafka does not answer.
        """
        # The partition may have been another owner's meanwhile.
        self._published.clear()
        try:
            async for keys in committed_keys(bootstrap, self._gate.topic, self._partition):
                self._published.update([_digest(key) for key in keys])
        except (KafkaError, TimeoutError) as error:
            raise Unavailable(f"reading {self._gate.topic} back: {error!r}") from error
        return len(self._published)

    def admit(self, outcomes: Sequence[Outcome]) -> tuple[list[Outgoing], set[bytes]]:
        """Return what to write for these events in order, and the keys that are new; changes nothing."""
        outgoing: list[Outgoing] = []
        new: set[bytes] = set()
        # Against `new` as well: one transaction may hold two drafts of the same task.
        for outcome in outcomes:
            keys = {_digest(one.key) for one in outcome.outgoing if one.topic == self._gate.topic}
            if not keys.isdisjoint(self._published) or not keys.isdisjoint(new):
                outgoing += self._instead(outcome)
                continue
            new |= keys
            outgoing += [self._placed(one) for one in outcome.outgoing]
        return outgoing, new

    def published(self, new: set[bytes]) -> None:
        """Remember keys whose transaction is committed."""
        self._published |= new

    def _instead(self, outcome: Outcome) -> tuple[Outgoing, ...]:
        outputs = self._gate.on_duplicate(outcome.event, outcome.outputs)
        if any(output.topic == self._gate.topic for output in outputs):
            raise ValueError(f"on_duplicate writes to {self._gate.topic}")
        return encode(outputs, self._source, outcome.event.headers)

    def _placed(self, one: Outgoing) -> Outgoing:
        if one.topic != self._gate.topic:
            return one
        return Outgoing(one.topic, one.key, one.value, one.headers, self._partition)


def _digest(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=16).digest()
