"""Measures of a source file that have one definition; names that tools define for themselves are not evaluated."""

import ast
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from services.verifier.domain.evaluating.world import Unread
from shared.proof.arithmetic import CONTEXT
from shared.proof.words import words

_COMMENT = "#"


def measure(path: str, text: str, name: str) -> Decimal:
    """Measure a Python file.

    Raises:
        Unread: the measure has no definition that everybody shares, or this is no Python file.
    """
    counted = _MEASURES.get(words(name))
    if counted is None or not path.endswith(".py"):
        raise Unread(f"{name} of {path} is what the tool that measures it says")
    return counted(text)


def names(path: str, text: str, sort: str) -> tuple[str, ...]:
    """List what a Python file defines of one sort, sorted; raises as `measure`."""
    kinds = _SORTS.get(sort)
    if kinds is None or not path.endswith(".py"):
        raise Unread(f"the {sort} of {path} are what the tool that lists them says")
    # Tools differ here: some list methods as functions, some do not.
    if any(isinstance(node, ast.ClassDef) for node in _body(text)) and sort == "functions":
        raise Unread(f"{path} defines classes: whether methods are functions is the tool's to say")
    return tuple(sorted(node.name for node in _body(text) if isinstance(node, kinds)))


def _lines(text: str) -> Decimal:
    # As editors count: a last line feed begins no further line.
    return Decimal(len(text.splitlines()))


def _empty(text: str) -> Decimal:
    return Decimal(sum(1 for line in text.splitlines() if not line.strip()))


def _comments(text: str) -> Decimal:
    return Decimal(sum(1 for line in text.splitlines() if line.strip().startswith(_COMMENT)))


def _code(text: str) -> Decimal:
    return _lines(text) - _empty(text) - _comments(text)


def _comment_ratio(text: str) -> Decimal:
    return CONTEXT.divide(_comments(text), _lines(text)) if text else Decimal(0)


def _functions(text: str) -> Decimal:
    """Functions of the module; methods belong to their class."""
    return Decimal(sum(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in _body(text)))


def _classes(text: str) -> Decimal:
    return Decimal(sum(isinstance(node, ast.ClassDef) for node in _body(text)))


def _body(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Unread(f"the file is no Python that can be read: {error}") from error


_SORTS: Mapping[str, Any] = {"functions": ast.FunctionDef | ast.AsyncFunctionDef, "classes": ast.ClassDef}
_MEASURES: Mapping[tuple[str, ...], Callable[[str], Decimal]] = {
    ("line", "count"): _lines,
    ("empty", "lines"): _empty,
    ("comment", "lines"): _comments,
    ("code", "lines"): _code,
    ("comment", "ratio"): _comment_ratio,
    ("function", "count"): _functions,
    ("class", "count"): _classes,
}
