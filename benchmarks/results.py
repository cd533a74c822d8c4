"""Keeps figures in `out/bench.json`: `[{name, unit, ours, reference, ratio, runs}]`, one entry per name."""

import json
from pathlib import Path
from typing import Any

PLACE = Path("out/bench.json")


def entry(name: str, unit: str, ours: float, reference: float, runs: list[float]) -> dict[str, Any]:
    """Make one figure; `ratio` is ours over the reference, `runs` are ours one by one."""
    ratio = ours / reference if reference else None
    return {"name": name, "unit": unit, "ours": ours, "reference": reference, "ratio": ratio, "runs": runs}


def merge(entries: list[dict[str, Any]], place: Path = PLACE) -> None:
    """Replace the entries of the same names, keep all others."""
    known = json.loads(place.read_text(encoding="utf-8")) if place.is_file() else []
    by_name = {one["name"]: one for one in (*known, *entries)}
    place.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([by_name[name] for name in sorted(by_name)], indent=1) + "\n"
    staging = place.with_suffix(".new")
    staging.write_text(text, encoding="utf-8")
    staging.replace(place)
    for one in entries:
        ratio = "-" if one["ratio"] is None else f"{one['ratio']:.3f}"
        print(f"{one['name']:60} {one['ours']:12.3f} {one['unit']:10} reference {one['reference']:.3f}, ratio {ratio}")
