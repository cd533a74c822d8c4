"""What is known of tools when they are called: schemas and proven classes from `tool-catalogue`."""

from collections.abc import Mapping
from typing import Any

from shared.model.catalogue import Behaviour, Effect, ToolRecord, Variation
from shared.proof.effects import effect_of

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
        return effect_of(self.behaviour(server_id, tool), arguments)

    def is_steady(self, server_id: str, tool: str) -> bool:
        """Whether repeating the tool's calls was seen to give the same answers."""
        return self.behaviour(server_id, tool).variation is Variation.STABLE
