"""One task as a person reads it: the question, the calls as a graph in text, where the answer comes from. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WIDTH = 110


def choose(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Pick the task that shows most: the most data flows, then the most servers, then the smallest id."""
    return min(
        rows, key=lambda row: (-len(_flows(row)), -len({call["server"] for call in row["reference"]}), row["task_id"])
    )


def draw(row: Mapping[str, Any]) -> str:
    """Write a task row of an export out in full."""
    prompt = next((message["content"] for message in row["prompt"] if message["role"] == "user"), "")
    parts = [
        f"{row['task_id']}  ({row['difficulty']}, {len(row['reference'])} calls, {len(row['tools'])} tools offered)",
        "",
        f"  {_clip(prompt, 1000)}",
        *(_clip(f"  asked which {fact['about']}: {fact['said']}", 1000) for fact in row.get("held_back", ())),
        "",
        *draw_graph(row["reference"]),
        "",
        *(_derivation(one) for one in row["evidence"]),
        f"  answer  {_clip(_json(row['ground_truth']))}",
    ]
    return "\n".join(parts)


def draw_graph(reference: Sequence[Mapping[str, Any]]) -> list[str]:
    """Draw the calls as trees from those that need nothing; a call is drawn once and named where it is used again."""
    calls = {call["call_id"]: call for call in reference}
    children = {call_id: [one for one in reference if call_id in _parents(one)] for call_id in calls}
    lines: list[str] = []
    drawn: set[str] = set()
    for call in reference:
        if not _parents(call):
            lines.extend(_draw(call, children, drawn, "  ", ""))
    return lines


def _draw(
    call: Mapping[str, Any],
    children: Mapping[str, Sequence[Mapping[str, Any]]],
    drawn: set[str],
    indent: str,
    came_from: str,
) -> Iterator[str]:
    call_id = call["call_id"]
    if call_id in drawn:
        yield f"{indent}{came_from}{call_id} (above)"
        return
    drawn.add(call_id)
    yield _clip(f"{indent}{came_from}{call_id} {call['server']}.{call['tool']} {_json(call['arguments'])}")
    below = indent + " " * len(came_from)
    for flow in call["depends_on"]:
        yield _clip(
            f"{below}   {flow['argument']} <- {flow['call_id']} {_steps(flow['source'])}{_named(flow['transforms'])}"
        )
    for child in children[call_id]:
        yield from _draw(child, children, drawn, below, "+-> ")


def _parents(call: Mapping[str, Any]) -> list[str]:
    return [flow["call_id"] for flow in call["depends_on"]]


def _flows(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [flow for call in row["reference"] for flow in call["depends_on"]]


def _derivation(evidence: Mapping[str, Any]) -> str:
    sources = ", ".join(f"{source['call_id']} {_steps(source['locator'])}" for source in evidence["sources"])
    return _clip(f"  {evidence['field']} = {sources}{_named(evidence['transforms'])}")


def _steps(locator: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(
        f"{name}" if value is True else f"{name} {_json(value)}" for step in locator for name, value in step.items()
    )


def _named(transforms: Sequence[Mapping[str, Any]]) -> str:
    return "".join(f" | {one['name']}" for one in transforms)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _clip(text: str, width: int = WIDTH) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown if len(shown) <= width else f"{shown[: width - 1]}…"
