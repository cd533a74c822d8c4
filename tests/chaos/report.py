"""out/chaos.json: the cases of all chaos commands, one row per name, the last run of each kept."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

OUT = Path("out/chaos.json")
COLUMNS = ("inputs", "outputs", "dead_lettered", "lost", "duplicated", "stuck")


def keep(cases: Sequence[Mapping[str, Any]], out: Path = OUT) -> None:
    """Write cases beside those of other names."""
    known = json.loads(out.read_text(encoding="utf-8"))["cases"] if out.is_file() else []
    names = {case["name"] for case in cases}
    out.parent.mkdir(parents=True, exist_ok=True)
    kept = [case for case in known if case["name"] not in names]
    out.write_text(json.dumps({"cases": [*kept, *cases]}, indent=1) + "\n", encoding="utf-8")


def table(cases: Sequence[Mapping[str, Any]]) -> str:
    """Lay them out as Markdown."""
    rows = [["case", *(name.replace("_", " ") for name in COLUMNS)], ["---"] * (len(COLUMNS) + 1)]
    rows += [[case["name"], *(_cell(case[name]) for name in COLUMNS)] for case in cases]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
