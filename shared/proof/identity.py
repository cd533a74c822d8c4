"""Ids: a kind prefix and 32 hex digits of sha256 over canonical JSON."""

from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import digest, parse


def identifier(prefix: str, value: Any) -> str:
    """Name a thing by its content: `tool_`, `edge_`, `dag_`, `expl_`, `rec_`, `task_`, `snap_` + 32 hex digits."""
    return f"{prefix}_{digest(value)[:32]}"


def tool_id(server_digest: str, name: str, description: str, input_schema_json: str, output_schema_json: str) -> str:
    """Name a tool; a schema counts by its value, so that key order and white space do not matter."""
    # A schema that is no JSON still tells one tool from another by its text.
    schemas = [_value_or_text(input_schema_json), _value_or_text(output_schema_json)]
    return identifier("tool", [server_digest, name, description, *schemas])


def _value_or_text(text: str) -> Any:
    try:
        return parse(text) if text else None
    except Rejected:
        return text
