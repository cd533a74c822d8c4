"""Plain JSON text of exact values: what a tool is sent, before it becomes canonical."""

import json
from decimal import Decimal
from typing import Any

from shared.proof.canonical import number_text


def plain_json(value: Any) -> str:
    """Write a parsed value as ordinary JSON, numbers with every digit."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{plain_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(plain_json(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return number_text(value)
    return json.dumps(value)
