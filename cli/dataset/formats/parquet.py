"""Parquet with the JSON columns that the `datasets` library reads back exactly, for any other reader strings."""

import json
from pathlib import Path
from typing import Any

from cli.dataset.formats.columns import Kind, Table, struct_of
from shared.model.errors import BadInput

_ROWS_PER_GROUP = 1000


def write_parquet(table: Table, path: Path) -> None:
    """Write a table.

    Raises:
        BadInput: pyarrow is not installed, or the file cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise BadInput("parquet needs pyarrow: pip install 'firefly[export]'") from error
    schema = pyarrow.schema([(name, _type(pyarrow, kind)) for name, kind in table.columns.items()])
    features = {name: _feature(kind) for name, kind in table.columns.items()}
    # The key under which the `datasets` library looks for its own types.
    schema = schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    columns = [_array(pyarrow, [row[name] for row in table.rows], kind) for name, kind in table.columns.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.Table.from_arrays(columns, schema=schema), path, row_group_size=_ROWS_PER_GROUP)


def _array(pyarrow: Any, cells: list[Any], kind: Kind) -> Any:
    if kind is Kind.JSON:
        return pyarrow.ExtensionArray.from_storage(_type(pyarrow, kind), pyarrow.array(cells, pyarrow.string()))
    if kind is Kind.JSONS:
        return pyarrow.array(cells, pyarrow.list_(pyarrow.string())).cast(_type(pyarrow, kind))
    return pyarrow.array(cells, _type(pyarrow, kind))


def _type(pyarrow: Any, kind: Kind) -> Any:
    messages = pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())])
    types = {
        Kind.TEXT: pyarrow.string(),
        Kind.WHOLE: pyarrow.int64(),
        Kind.NUMBER: pyarrow.float64(),
        Kind.FLAG: pyarrow.bool_(),
        Kind.TEXTS: pyarrow.list_(pyarrow.string()),
        Kind.MESSAGES: pyarrow.list_(messages),
        Kind.JSON: pyarrow.json_(pyarrow.string()),
        Kind.JSONS: pyarrow.list_(pyarrow.json_(pyarrow.string())),
    }
    struct = struct_of(kind)
    plain = {one.value: types[one] for one in (Kind.TEXT, Kind.WHOLE, Kind.FLAG)}
    return pyarrow.struct([(name, plain[one]) for name, one in struct.items()]) if struct else types[kind]


def _feature(kind: Kind) -> dict[str, Any]:
    text = {"dtype": "string", "_type": "Value"}
    if struct := struct_of(kind):
        return {name: {"dtype": one, "_type": "Value"} for name, one in struct.items()}
    features: dict[Kind, dict[str, Any]] = {
        Kind.TEXTS: {"feature": text, "_type": "List"},
        Kind.MESSAGES: {"feature": {"role": text, "content": text}, "_type": "List"},
        Kind.JSON: {"_type": "Json"},
        Kind.JSONS: {"feature": {"_type": "Json"}, "_type": "List"},
    }
    return features.get(kind, {"dtype": kind.value, "_type": "Value"})
