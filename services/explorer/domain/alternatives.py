"""Other literals for a call that failed: those the plan names, then valid values that the error text names."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from services.explorer.domain.pointers import MISSING, value_at, with_value
from services.explorer.domain.ports import Refusal
from shared.model.catalogue import ToolRecord
from shared.model.sub_dags import PlannedCall
from shared.proof.canonical import canonical, parse, parse_canonical

MOST_HINTS = 8
"""Values believed from one error text."""
_HINT_LENGTH = 120

_LISTED = re.compile(
    r"(?:available|valid|allowed|supported|possible|existing|known|accepted|permitted|must be one of|"
    r"expected one of|should be one of|is not one of|choose from|options|one of)"
    r"[^:\[({\n]{0,60}[:\[({]\s*(?P<list>[^\n\])}]{1,600})",
    re.I,
)
_PYDANTIC = re.compile(r"should be (?P<list>'[^'\n]+'(?:(?:, | or )'[^'\n]+')*)", re.I)
_DID_YOU_MEAN = re.compile(r"did you mean:?\s*(?P<list>['\"`][^'\"`\n]{1,120}['\"`])", re.I)
_SEPARATOR = re.compile(r"\s*(?:,|\||;|\bor\b|\band\b)\s*")


class PlannedBender:
    """The deterministic counterpart of a model: asks nobody."""

    async def propose(self, refusal: Refusal, tool: ToolRecord, subject: str) -> Sequence[PlannedCall]:
        """See `PlanBender`."""
        return tuple(bent_calls(refusal))


def bent_calls(refusal: Refusal) -> Iterator[PlannedCall]:
    """Yield the call with one literal replaced, the arguments that the error mentions first."""
    call = refusal.call
    planned = parse_canonical(call.arguments_json)
    # An error that quotes a value is most likely about that value.
    bindings = sorted(call.bindings, key=lambda one: not _is_mentioned(value_at(planned, one.argument), refusal.text))
    for binding in bindings:
        for alternative in binding.alternatives:
            yield _with_literal(call, planned, binding.argument, parse_canonical(alternative.value_json))
    for argument in _hintable(call, planned, refusal.text):
        for hint in named_values(refusal.text):
            yield _with_literal(call, planned, argument, _like(value_at(planned, argument), hint))


def named_values(text: str) -> tuple[str, ...]:
    """Read the valid values that an error text lists."""
    found: list[str] = []
    for pattern in (_DID_YOU_MEAN, _PYDANTIC, _LISTED):
        for match in pattern.finditer(text):
            for item in _SEPARATOR.split(match.group("list")):
                value = item.strip(" '\"`.<>")
                if value and len(value) <= _HINT_LENGTH and value not in found:
                    found.append(value)
    return tuple(found[:MOST_HINTS])


def _hintable(call: PlannedCall, planned: Any, text: str) -> list[str]:
    """Literal arguments that the error is about: its value is named, or else its name is."""
    filled = {one.argument for one in call.inputs}
    literals = [f"/{_escaped(name)}" for name, value in planned.items() if isinstance(value, str | int)]
    free = [argument for argument in literals if argument not in filled]
    by_value = [argument for argument in free if _is_mentioned(value_at(planned, argument), text)]
    return by_value or [argument for argument in free if _names(argument, text)]


def _is_mentioned(value: Any, text: str) -> bool:
    if value is MISSING or value is None or isinstance(value, bool | dict | list):
        return False
    return bool(str(value)) and str(value).lower() in text.lower()


def _names(argument: str, text: str) -> bool:
    # Parts of a name, because texts say "sheet" for `sheet_name`.
    words = re.split(r"[^a-z]+", argument.lower())
    return any(len(word) > 2 and word in text.lower() for word in words)  # noqa: PLR2004 - "id", "to" say nothing


def _with_literal(call: PlannedCall, planned: Any, argument: str, value: Any) -> PlannedCall:
    return replace(call, arguments_json=canonical(with_value(planned, argument, value)))


def _like(known: Any, hint: str) -> Any:
    """Give a hint the type of the literal that it replaces."""
    return parse(hint) if isinstance(known, int) and re.fullmatch(r"-?\d{1,15}", hint) else hint


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
