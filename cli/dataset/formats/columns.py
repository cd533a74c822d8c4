"""The columns of the parquet files: which are plain values and which are JSON of any shape."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cli.dataset.formats.fields import Fields, elements


class Kind(StrEnum):
    """What a column holds; of a struct, its fields, which are strings where no other type is named."""

    TEXT = "string"
    WHOLE = "int64"
    NUMBER = "float64"
    FLAG = "bool"
    TEXTS = "list of strings"
    MESSAGES = "chat messages"
    JSON = "json"
    JSONS = "list of json"
    RULE = "style, ground_truth"
    METHOD = "method, ground_truth"
    EXTRA = "split, index:int64, task_id, difficulty, answer_schema"
    EXTRA_TOOLS = "split, index:int64, task_id, difficulty, answer_schema, need_tools_kwargs:bool"


def struct_of(kind: Kind) -> dict[str, str]:
    """Return the fields of a struct and their types; empty for what is none."""
    if kind not in (Kind.RULE, Kind.METHOD, Kind.EXTRA, Kind.EXTRA_TOOLS):
        return {}
    named = (part.partition(":") for part in kind.value.split(", "))
    return {name: kind_name or Kind.TEXT.value for name, _, kind_name in named}


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; JSON stands in the rows as text."""

    columns: Mapping[str, Kind]
    rows: Sequence[Mapping[str, Any]]


_WHOLE = ("task_version", "min_known_calls", "pass_rate_total", "pass_rate_passed")
_FLAG = ("needs_discovery", "live_capable")
_TEXTS = ("needed_tools", "distractor_tools", "tags")
_JSONS = ("tools", "mcp_tools", "servers", "evidence", "reference", "held_back", "end_state")
_JSON = (
    "tool_name_map",
    "answer_format",
    "answer_schema",
    "ground_truth",
    "logical_form",
    "limits",
    "verifier",
    "provenance",
)


def kind_of(name: str) -> Kind:
    """Say what a field of a task row is (`docs/dataset.md`)."""
    known = {
        **dict.fromkeys(_WHOLE, Kind.WHOLE),
        **dict.fromkeys(_FLAG, Kind.FLAG),
        **dict.fromkeys(_TEXTS, Kind.TEXTS),
        **dict.fromkeys(_JSONS, Kind.JSONS),
        **dict.fromkeys(_JSON, Kind.JSON),
        "prompt": Kind.MESSAGES,
        "pass_rate": Kind.NUMBER,
    }
    return known.get(name, Kind.TEXT)


def task_table(rows: list[Fields]) -> Table:
    """Every field of every task; tools and other JSON keep their shape row by row."""
    columns = {name: kind_of(name) for name in rows[0]}
    return Table(columns, [{name: _cell(row[name], kind) for name, kind in columns.items()} for row in rows])


def as_strings(table: Table) -> Table:
    """The same with every JSON column as one string, for readers that do not know the JSON type."""
    columns = {
        name: Kind.TEXT if kind in (Kind.JSON, Kind.JSONS, Kind.MESSAGES) else kind
        for name, kind in table.columns.items()
    }
    rows = [{name: _string(row[name], table.columns[name]) for name in columns} for row in table.rows]
    return Table(columns, rows)


def _cell(text: str, kind: Kind) -> Any:
    if text == "null":
        return None
    if kind is Kind.JSON:
        return text
    return elements(text) if kind is Kind.JSONS else json.loads(text)


def _string(cell: Any, kind: Kind) -> Any:
    if kind is Kind.JSONS and cell is not None:
        return "[" + ", ".join(cell) + "]"
    return json.dumps(cell, ensure_ascii=False) if kind is Kind.MESSAGES else cell
