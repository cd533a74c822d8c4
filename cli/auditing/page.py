"""One HTML page for people to judge tasks by: question, meaning, calls, and every citation marked where it stands."""

import html
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import Template

from cli.auditing.highlights import Mark, mark
from cli.auditing.words import in_words
from cli.dataset.digests import RECORDINGS
from cli.dataset.reading import TaskRow, lines, read_manifest, read_tasks, recording_row
from shared.proof.canonical import digest
from shared.proof.end_state import UNTOUCHED

VERDICTS = ("good", "odd", "ambiguous", "wrong")
_TEMPLATE = Path(__file__).with_name("page.html")
_CONTEXT = 600
"""Characters shown around a mark; results can be long."""
_BOX, _GAP, _HEIGHT = 220, 30, 44


def write_page(folder: Path, count: int, seed: int) -> str:
    """Draw a sample of an export's tasks and write their page.

    Raises:
        BadInput: the folder holds no export.
    """
    manifest, tasks = read_manifest(folder), sorted(read_tasks(folder), key=lambda task: task.task_id)
    chosen = random.Random(seed).sample(tasks, min(count, len(tasks)))
    named = {call.recording_id for task in chosen for call in task.calls}
    rows = (recording_row(line, folder) for line in lines(folder / RECORDINGS))
    results = {row.recording_id: row.result_json for row in rows if row.recording_id in named}
    ids = [task.task_id for task in chosen]
    about = {
        "dataset_digest": manifest.get("dataset_digest", ""),
        "seed": seed,
        "tasks": ids,
        "sample": digest([manifest.get("dataset_digest", ""), ids])[:16],
    }
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=f"{len(chosen)} tasks of {html.escape(folder.name)}",
        tasks="\n".join(_section(number, task, results) for number, task in enumerate(chosen, 1)),
        # Inside a script element only `</` could end it.
        about=json.dumps(about).replace("</", "<\\/"),
    )


def _section(number: int, task: TaskRow, results: Mapping[str, str]) -> str:
    held = {call.call_id: results.get(call.recording_id, "") for call in task.calls}
    parts = [
        f'<section id="{html.escape(task.task_id)}">',
        f"<h2>{number}. {html.escape(task.task_id)}</h2>",
        f'<p class="question">{html.escape(task.prompt)}</p>',
        *(f"<p><b>Asked back, the user says:</b> {html.escape(fact.said)}</p>" for fact in task.held_back),
        f"<p><b>Means:</b> {html.escape(in_words(task.row['logical_form']))}</p>",
        f"<p><b>Answer:</b> <code>{html.escape(task.ground_truth_json)}</code></p>",
        *_left(task),
        _derivations(task),
        _graph(task),
        *(_call(task, call_id, held[call_id]) for call_id in held),
        "<p>" + "".join(f'<button value="{verdict}">{verdict}</button>' for verdict in VERDICTS) + "</p>",
        '<p><input placeholder="what is wrong, odd or ambiguous"></p>',
        "</section>",
    ]
    return "\n".join(parts)


def _left(task: TaskRow) -> list[str]:
    """What has to be left, where that is asked for."""
    if task.end_state_json == UNTOUCHED:
        return []
    return [f"<p><b>Left afterwards:</b> <code>{html.escape(task.end_state_json)}</code></p>"]


def _derivations(task: TaskRow) -> str:
    rows = []
    for field in task.evidence:
        sources = "<br>".join(
            f"{html.escape(source.call_id)}: <code>{html.escape(source.locator_json)}</code>"
            for source in field.sources
        )
        rows.append(
            f"<tr><td>{html.escape(field.field)}</td><td>{sources}</td>"
            f"<td><code>{html.escape(field.transforms_json)}</code></td></tr>"
        )
    return f"<table><tr><th>field</th><th>cites</th><th>then</th></tr>{''.join(rows)}</table>"


def _graph(task: TaskRow) -> str:
    """Draw the calls, each below those it depends on."""
    level: dict[str, int] = {}
    for call in task.calls:
        level[call.call_id] = 1 + max((level.get(flow.call_id, 0) for flow in call.depends_on), default=-1)
    place: dict[str, tuple[int, int]] = {}
    for call_id, depth in level.items():
        beside = sum(1 for other in place if level[other] == depth)
        place[call_id] = (beside * (_BOX + _GAP), depth * (_HEIGHT + _GAP))
    edges = [(flow.call_id, call.call_id) for call in task.calls for flow in call.depends_on if flow.call_id in place]
    drawn = [
        f'<line x1="{place[one][0] + _BOX // 2}" y1="{place[one][1] + _HEIGHT}" '
        f'x2="{place[other][0] + _BOX // 2}" y2="{place[other][1]}"/>'
        for one, other in dict.fromkeys(edges)
    ]
    for call in task.calls:
        x, y = place[call.call_id]
        drawn.append(
            f'<rect x="{x}" y="{y}" width="{_BOX}" height="{_HEIGHT}" rx="5"/>'
            f'<text x="{x + 8}" y="{y + 18}">{html.escape(call.call_id)}: {html.escape(call.server)}</text>'
            f'<text x="{x + 8}" y="{y + 35}">{html.escape(call.tool)}</text>'
        )
    width = max(x for x, _ in place.values()) + _BOX + 2 if place else 0
    height = max(y for _, y in place.values()) + _HEIGHT + 2 if place else 0
    return f'<svg width="{width}" height="{height}" role="img">{"".join(drawn)}</svg>'


def _call(task: TaskRow, call_id: str, result: str) -> str:
    call = next(one for one in task.calls if one.call_id == call_id)
    head = f"<h3>{html.escape(call_id)}: {html.escape(call.server)} {html.escape(call.tool)}</h3>"
    arguments = f"<p>Called with <code>{html.escape(call.arguments_json)}</code></p>"
    blocks: dict[tuple[str, str], list[tuple[Mark, bool]]] = {}
    lost = 0
    for locator, is_flow in _citations(task, call_id):
        found = mark(result, locator) if result else None
        lost += found is None
        if found:
            blocks.setdefault((found.block, found.text), []).append((found, is_flow))
    shown = [f"<pre>{_marked(text, marks)}</pre>" for (_, text), marks in blocks.items()]
    if not shown:
        shown = [f"<pre>{_marked(result, [])}</pre>"]
    if lost:
        shown.append(f"<p><b>{lost} citations lead nowhere.</b></p>")
    return head + arguments + "".join(shown)


def _citations(task: TaskRow, call_id: str) -> Iterator[tuple[str, bool]]:
    for field in task.evidence:
        yield from ((source.locator_json, False) for source in field.sources if source.call_id == call_id)
    yield from ((flow.locator_json, True) for _, flow in task.flows() if flow.call_id == call_id)


def _marked(text: str, marks: Sequence[tuple[Mark, bool]]) -> str:
    """Write a text with its marks, what is far from all of them left out; of overlapping marks the first counts."""
    parts: list[str] = []
    at = 0
    for found, is_flow in sorted(marks, key=lambda pair: (pair[0].start, pair[1], -pair[0].end)):
        if found.start < at:
            continue
        parts.append(_between(text, at, found.start, bool(parts)))
        kind = ' class="flow"' if is_flow else ""
        parts.append(f"<mark{kind}>{html.escape(text[found.start : found.end])}</mark>")
        at = found.end
    parts.append(_between(text, at, len(text), bool(parts), last=True))
    return "".join(parts)


def _between(text: str, start: int, end: int, after: bool, last: bool = False) -> str:
    before = start + (_CONTEXT if after or last else 0)
    behind = end - (0 if last else _CONTEXT)
    if before >= behind:
        return html.escape(text[start:end])
    cut = f'<span class="cut"> … {behind - before} characters … </span>'
    return html.escape(text[start:before]) + cut + html.escape(text[behind:end])
