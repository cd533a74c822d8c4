"""Plain JSON text of exactly parsed values: what a tool is sent, as opposed to what is recorded."""

import json
from decimal import Decimal
from typing import Any

from shared.proof.canonical import number_text


def plain_json(value: Any) -> str:
    """Write a parsed value as ordinary JSON with every digit of its numbers."""
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{plain_json(item)}" for key, item in value.items())
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ",".join(plain_json(item) for item in value) + "]"
    return number_text(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
