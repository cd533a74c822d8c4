"""JSON text of exactly parsed values: member order and every digit as they came."""

import json
from decimal import Decimal


def json_text(value: object) -> str:
    """Write a value whose numbers may be Decimal; bare `Infinity` and `NaN` are written as they were read."""
    # `str` keeps 25.60 as it is; a float would print 25.6.
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(json_text(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
