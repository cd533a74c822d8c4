"""Writes an export in every parquet form and reads it back with the `datasets` library: `python load.py EXPORT`."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

from datasets import load_dataset

from cli.dataset.formats.writing import write_format


def main(export: Path) -> None:
    """Compare every cell with the row it was written from."""
    rows = [json.loads(line) for line in (export / "tasks.jsonl").read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_format(export, "hf", place / "hf")
        for name in ("default", "strings"):
            loaded = load_dataset(str(place / "hf"), name, split="train", cache_dir=str(place / "cache"))
            assert len(loaded) == len(rows)
            for row, made in zip(rows, loaded, strict=True):
                for field, value in row.items():
                    found = made[field]
                    is_text = name == "strings" and isinstance(found, str) and not isinstance(value, str)
                    assert same(json.loads(found) if is_text else found, value), (name, field, found, value)
        for form in ("trl", "verl", "skyrl"):
            write_format(export, form, place / form)
            files = str(place / form / "train.parquet")
            loaded = load_dataset("parquet", data_files=files, split="train", cache_dir=str(place / "cache"))
            assert [made["prompt"] for made in loaded] == [row["prompt"] for row in rows], form
        print(f"{len(rows)} rows are the same in hf (default, strings), trl, verl and skyrl")


def same(found: Any, value: Any) -> bool:
    """Compare; `datasets` reads JSON numbers with a parser that rounds the last digit of a double."""
    if isinstance(value, float) and isinstance(found, float):
        return math.isclose(found, value, rel_tol=1e-14)
    if isinstance(value, dict) and isinstance(found, dict):
        return list(found) == list(value) and all(same(found[key], one) for key, one in value.items())
    if isinstance(value, list) and isinstance(found, list):
        return len(found) == len(value) and all(same(*pair) for pair in zip(found, value, strict=True))
    return type(found) is type(value) and bool(found == value)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
