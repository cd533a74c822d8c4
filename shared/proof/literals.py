"""Python literals in text: several servers print rows as Python's `repr` does (`docs/evidence.md`, section 3)."""

import ast
import math
from decimal import Decimal
from typing import Any

from shared.model.errors import Rejected
from shared.proof.canonical import parse

_LONGEST = 262_144


def parse_literal(text: str) -> Any:
    """Read one Python literal as JSON: dicts with text keys, lists and tuples, texts, numbers, True, False, None.

    Decimals are what Python prints for them; the last of duplicate keys wins, as in JSON. Nothing is executed.

    Raises:
        Rejected: `not_literal`: the text is none, or holds something else (sets, bytes, calls, names).
    """
    if len(text) > _LONGEST:
        raise Rejected("not_literal", f"{len(text)} characters are too many for a literal")
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    # A parser for programs gives up in its own ways on strangers' text: too deep, too many digits, null characters.
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Rejected("not_literal", f"the text is no Python literal: {error}") from error


def embedded(text: str) -> tuple[str, Any]:
    """Read the object or list that a text is: the locator step that leads there, and what it holds.

    Returns:
        `("parse_json", value)`, `("parse_literal", value)`, or `("", None)` where it is only text.
    """
    if text.lstrip()[:1] not in ("{", "["):
        return "", None
    for step, reader in (("parse_json", parse), ("parse_literal", parse_literal)):
        try:
            inner = reader(text)
        except Rejected:
            continue
        if isinstance(inner, dict | list):
            return step, inner
    return "", None


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Dict():
            return {_key(key): _value(item) for key, item in zip(node.keys, node.values, strict=True)}
        case ast.List() | ast.Tuple():
            return [_value(item) for item in node.elts]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -_number(number)
        case ast.Constant(value=str() | bool() | None):
            return node.value
        case ast.Constant(value=int() | float() as number):
            return _number(number)
    raise ValueError(f"{type(node).__name__} is no part of it")


def _number(number: float) -> int | Decimal:
    if isinstance(number, bool) or not math.isfinite(number):
        raise ValueError("a number is not finite")
    return number if isinstance(number, int) else Decimal(repr(number))


def _key(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ValueError("a key is no text")
