"""Tools offered: whole catalogues of the needed servers and up to four others, unique legal names, shuffled."""

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from shared.model.catalogue import ToolRecord
from shared.model.tasks import OfferedTool
from shared.proof.canonical import sha256_text

_LONGEST = 64
_FEWEST, _MOST = 20, 80
"""Tools of a list, where the catalogues allow it."""
_MOST_OTHERS = 4


def offered(
    tools: Sequence[ToolRecord],
    needed: set[tuple[str, str]],
    distractors: Sequence[str],
    rng: random.Random,
) -> tuple[OfferedTool, ...]:
    """Choose and name the tools of a task; `needed` are (server, tool) that the reference calls."""
    chosen = _servers(Counter(tool.server_id for tool in tools), {server for server, _ in needed}, distractors, rng)
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


def _servers(sizes: Mapping[str, int], needed: set[str], distractors: Sequence[str], rng: random.Random) -> set[str]:
    """Take the distractors given; others only where there is none, or too few tools."""
    given = [name for name in distractors if name in sizes and name not in needed]
    chosen = {*needed, *given[:_MOST_OTHERS]}
    others = sorted(sizes.keys() - chosen)
    rng.shuffle(others)
    for name in others:
        offered_so_far = sum(sizes.get(server, 0) for server in chosen)
        if len(chosen) - len(needed) >= _MOST_OTHERS or (offered_so_far >= _FEWEST and chosen != needed):
            break
        if offered_so_far + sizes[name] <= _MOST:
            chosen.add(name)
    # Nothing fits beside a large catalogue: still, what is offered must not be just what is needed.
    return chosen if chosen != needed or not others else {*needed, min(others, key=lambda name: (sizes[name], name))}


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
