"""What a call may move: the tool's proven class, held against what this call's arguments say."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.model.catalogue import Behaviour, Effect, ToolRecord, Variation

_STATEMENT = re.compile(
    r"(?:^|;)\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*"
    r"(?:create|insert|update|delete|drop|alter|attach|detach|copy|set|use|load|install|import|export|replace|truncate"
    r"|merge|begin|commit|rollback|vacuum|checkpoint|call|grant|revoke|reset)\s+[\w\"'`\[(]",
    re.IGNORECASE | re.DOTALL,
)
_LANGUAGE = re.compile(r"sql|query|statement|command|script|code", re.IGNORECASE)
_UNKNOWN = Behaviour()


class Knowledge:
    """What `tool-catalogue` says about tools, as far as it was read."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], ToolRecord] = {}

    def learn(self, record: ToolRecord) -> None:
        """Take a tool's schema and behaviour; the latest record counts."""
        self._records[record.server_id, record.name] = record

    def behaviour(self, server_id: str, tool: str) -> Behaviour:
        """What was proven of a tool; unproven is unknown."""
        record = self._records.get((server_id, tool))
        return record.behaviour if record else _UNKNOWN

    def input_schema_json(self, server_id: str, tool: str) -> str:
        """The tool's input schema; empty when nothing was learned."""
        record = self._records.get((server_id, tool))
        return record.input_schema_json if record else ""

    def effect(self, server_id: str, tool: str, arguments: Mapping[str, Any]) -> Effect:
        """The class that a call counts as before it is made."""
        behaviour = self.behaviour(server_id, tool)
        if behaviour.effect is Effect.READ_ONLY and not behaviour.pure and writes_in_a_language(arguments):
            return Effect.UNKNOWN
        return behaviour.effect

    def is_steady(self, server_id: str, tool: str) -> bool:
        """Whether repeating the tool's calls was seen to give the same answers."""
        return self.behaviour(server_id, tool).variation is Variation.STABLE


def writes_in_a_language(arguments: Mapping[str, Any]) -> bool:
    """Whether an argument is a statement that changes something, in a tool proven with a harmless one only."""
    return any(_LANGUAGE.search(name) and _STATEMENT.search(text) for name, text in _strings(arguments, ""))


def _strings(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, name)
