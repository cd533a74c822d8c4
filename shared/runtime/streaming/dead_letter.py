"""Dead letters: the original bytes, and why."""

import time

from shared.model.errors import Rejected
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
    """Turn a dead letter back into what was read, for its original topic and partition; same key, value and ids.

    Raises:
        Rejected: its headers do not say where it was read (`no_origin`).
    """
    said = dict(letter.headers)
    try:
        topic, partition = said[f"{headers.DEAD}topic"].decode(), int(said[f"{headers.DEAD}partition"])
        origin = headers.replay(said)
    except (KeyError, ValueError) as error:
        raise Rejected("no_origin", "its headers do not say where it was read") from error
    # One origin only: what died may have been a replay itself.
    kept = tuple(header for header in headers.without_dead(letter.headers) if header[0] != headers.REPLAY)
    return Outgoing(topic, letter.key, letter.value, (*kept, (headers.REPLAY, origin.encode())), partition)
