"""Tools offered: whole catalogues of the needed servers and one or two others, unique legal names, shuffled."""

import random
import re
from collections import Counter
from collections.abc import Sequence

from shared.model.catalogue import ToolRecord
from shared.model.tasks import OfferedTool
from shared.proof.canonical import sha256_text

_LONGEST = 64


def offered(
    tools: Sequence[ToolRecord], needed_servers: Sequence[str], needed: set[tuple[str, str]], rng: random.Random
) -> tuple[OfferedTool, ...]:
    """Choose and name the tools of a task."""
    others = sorted({tool.server_id for tool in tools} - set(needed_servers))
    rng.shuffle(others)
    chosen = {*needed_servers, *others[: rng.randint(1, 2)]}
    # Sorted before it is shuffled: tools come in the order of crawls.
    kept = sorted((t for t in tools if t.server_id in chosen), key=lambda t: (t.server_id, t.name))
    rng.shuffle(kept)
    names = _names(kept)
    return tuple(
        OfferedTool(
            tool.server_id,
            tool.name,
            names[tool.tool_id],
            tool.title,
            tool.description,
            tool.input_schema_json,
            tool.output_schema_json,
            tool.annotations_json,
            (tool.server_id, tool.name) in needed,
        )
        for tool in kept
    )


def _names(tools: Sequence[ToolRecord]) -> dict[str, str]:
    """A tool keeps its name where that is legal and nobody else has it; else its server's name goes before it."""
    counts = Counter(_legal(tool.name) for tool in tools)
    names: dict[str, str] = {}
    for tool in tools:
        name = _legal(tool.name)
        names[tool.tool_id] = name if counts[name] == 1 else _legal(f"{tool.server_id}_{tool.name}")
    # A name with its server before it may be that of a third tool.
    again = Counter(names.values())
    return {i: n if again[n] == 1 else f"{n[: _LONGEST - 9]}_{sha256_text(i)[:8]}" for i, n in names.items()}


def _legal(name: str) -> str:
    legal = re.sub(r"[^a-zA-Z0-9_-]", "_", name) or "tool"
    return legal if len(legal) <= _LONGEST else f"{legal[: _LONGEST - 9]}_{sha256_text(name)[:8]}"
