"""Reading an agent's answer: the payload of `submit_answer`, or the last JSON object of the last message."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import parse

_LONGEST = 200_000
# A text of opening braces only would be tried once for each: quadratic in what a policy under training writes.
_TRIES = 2000
_REFUSAL = re.compile(
    r"\b(?:i (?:cannot|can't|can not|am unable|am not able|won't|will not|must decline)|i'm (?:unable|not able|sorry)"
    r"|unable to (?:answer|help|complete|determine)|cannot be (?:answered|determined))\b",
    re.IGNORECASE,
)
_DECODER = JSONDecoder()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read: an object, or none and whether the agent said that it would not answer."""

    value: Mapping[str, Any] | None
    refused: bool = False


def parse_answer(text: str) -> Answer:
    """Read an answer from the payload of `submit_answer` or from the text of the last message.

    The last outermost JSON object wins; code fences and prose around it do not matter. Without one, an answer that
    says it cannot or will not answer is a refusal, anything else is unparsable.
    """
    # From the end, because the last object counts.
    tail = text[-_LONGEST:]
    try:
        value = parse(tail)
    except Rejected:
        value = _last_object(tail)
    if isinstance(value, dict):
        return Answer(value)
    # Only without an object: "I cannot ..., but here is my best guess: {...}" is an answer.
    return Answer(None, refused=bool(_REFUSAL.search(tail.replace("\u2019", "'"))))


def _last_object(text: str) -> Any:
    found, position = "", text.find("{")
    for _ in range(_TRIES):
        if position < 0:
            break
        end = _end_of_object(text, position)
        if end:
            found = text[position:end]
        # Behind the object that was read, so that its inner objects are not taken for answers of their own.
        position = text.find("{", end or position + 1)
    # Read again exactly: the decoder that found it has turned numbers into doubles.
    return parse(found) if found else None


def _end_of_object(text: str, start: int) -> int:
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return 0
    return end if isinstance(value, dict) else 0
