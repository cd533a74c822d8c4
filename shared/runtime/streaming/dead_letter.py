"""Dead letters: the original bytes, and why."""

import time

from shared.runtime.streaming import headers
from shared.runtime.streaming.messages import Message, Outgoing
from shared.runtime.topics import BY_NAME


def dead_letter(message: Message, error: Exception, stage: str, attempts: int) -> Outgoing:
    """Make the record for `<topic>-dlq`: key and value unchanged, headers kept, reason added."""
    where: dict[str, str | int] = {
        "stage": stage,
        "attempts": attempts,
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
    }
    why = headers.dead(message.headers, error, where, time.time())
    return Outgoing(BY_NAME[message.topic].dlq, message.key, message.value, why)


def replayed(letter: Message) -> Outgoing:
    """Turn a dead letter back into what was read, for its original topic; same key, value and ids.

    The key decides the partition, as it did the first time.
    """
    topic = dict(letter.headers)[f"{headers.DEAD}topic"].decode()
    return Outgoing(topic, letter.key, letter.value, headers.without_dead(letter.headers))
