"""Put dead letters back on the topic they were read from: same key, value, ids and partition, each once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from shared.model.errors import Rejected
from shared.runtime.streaming.dead_letter import replayed
from shared.runtime.streaming.headers import DEAD, REPLAY
from shared.runtime.streaming.messages import Message, Outgoing
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.reader import committed_messages

BATCH = 100
PUT_BACK = "put back"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which dead letters of a topic are meant; `everything` stands alone, the others are alternatives."""

    places: frozenset[str] = frozenset()
    """`partition/offset` on the source topic, or the key of the record."""
    reason: str = ""
    everything: bool = False

    def fits(self, letter: Message) -> bool:
        """Say whether a dead letter is meant."""
        said = {name: value.decode("utf-8", "replace") for name, value in letter.headers if name.startswith(DEAD)}
        place = f"{said.get(f'{DEAD}partition')}/{said.get(f'{DEAD}offset')}"
        is_named = place in self.places or letter.key.decode("utf-8", "replace") in self.places
        return self.everything or is_named or bool(self.reason and said.get(f"{DEAD}reason") == self.reason)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one dead letter."""

    origin: str
    """`topic/partition/offset`, or where the letter lies when it does not say."""
    key: str
    result: str
    """`put back`, or why not."""

    def line(self) -> str:
        """One line for a person."""
        return f"{self.origin} {self.key}: {self.result}"

    def as_json(self) -> dict[str, str]:
        """For a script."""
        return asdict(self)


async def replay(bootstrap: str, topic: str, dlq: str, choice: Choice) -> list[Done]:
    """Put the chosen letters back, but for those that were put back before.

    Raises:
        Unavailable: Kafka does not answer; what was written stays, and a second call knows it.
    """
    letters = [letter async for letter in committed_messages(bootstrap, dlq) if choice.fits(letter)]
    known = await _put_back_before(bootstrap, topic, letters)
    done: list[Done] = []
    fresh: list[Outgoing] = []
    for letter in letters:
        done.append(_decide(letter, known, fresh))
    async with Publisher(bootstrap, "cli") as publisher:
        for start in range(0, len(fresh), BATCH):
            await publisher.write(fresh[start : start + BATCH])
    return done


def _decide(letter: Message, known: dict[str, str], fresh: list[Outgoing]) -> Done:
    """Add the letter to what is written unless it is known; two stages may have diverted the same record."""
    key = letter.key.decode("utf-8", "replace")
    try:
        back = replayed(letter)
    except Rejected as error:
        return Done(f"{letter.topic}/{letter.partition}/{letter.offset}", key, f"left alone: {error.text}")
    origin = dict(back.headers)[REPLAY].decode()
    if where := known.get(origin):
        return Done(origin, key, f"left alone: it was put back {where}")
    known[origin] = "with another dead letter of the same record"
    fresh.append(back)
    return Done(origin, key, PUT_BACK)


async def _put_back_before(bootstrap: str, topic: str, letters: Sequence[Message]) -> dict[str, str]:
    """Find earlier replays on the source topic: they lie behind what they repeat."""
    found: dict[str, str] = {}
    if start := _first_offsets(letters):
        async for message in committed_messages(bootstrap, topic, start):
            if origin := dict(message.headers).get(REPLAY):
                found[origin.decode("utf-8", "replace")] = f"before, at {message.partition}/{message.offset}"
    return found


def _first_offsets(letters: Sequence[Message]) -> Mapping[int, int]:
    offsets: defaultdict[int, list[int]] = defaultdict(list)
    for letter in letters:
        said = dict(letter.headers)
        partition, offset = said.get(f"{DEAD}partition", b""), said.get(f"{DEAD}offset", b"")
        if partition.isdigit() and offset.isdigit():
            offsets[int(partition)].append(int(offset))
    return {partition: min(many) for partition, many in offsets.items()}
