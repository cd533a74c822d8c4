"""From what a plan says of a value to where it stands in a result: locators, digests, and refusals with a reason."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.synthesizer.domain.grids import Grid, grids, locator
from shared.model.errors import Rejected
from shared.model.explorations import ExecutedCall
from shared.model.tasks import FieldEvidence, Source
from shared.model.values import Value, ValueKind
from shared.proof import numbers
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.locators import locate, pointer, text_of
from shared.proof.values import extract
from shared.proof.volatility import is_volatile

_NUMERIC = (ValueKind.NUMBER, ValueKind.QUANTITY)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T(\d{2}:\d{2})")
_TARGET = re.compile(r"/(?:[a-z_]*target|to|converted|destination)[a-z_]*\b")


@dataclass(frozen=True, slots=True)
class Cited:
    """A place, and transforms that its form needs before those of the plan."""

    locator_json: str
    first: tuple[Mapping[str, Any], ...] = ()
    columns: Mapping[str, str] | None = None
    """Column name to pointer inside a row, where the place is a list of rows."""


def cite(
    citation: Mapping[str, Any], calls: Mapping[str, ExecutedCall], volatile: Mapping[str, Sequence[str]]
) -> FieldEvidence:
    """Turn one citation of a plan into evidence.

    Raises:
        Rejected: `no_citable_value`, `ambiguous_selector` or `unstable_value`.
    """
    sources, first, columns = [], [], None
    for planned in citation["sources"]:
        source, cited = cited_source(planned, calls, volatile)
        sources.append(source)
        first, columns = list(cited.first), cited.columns
    steps = [_placed(step, columns) for step in (*first, *citation["transforms"])]
    return FieldEvidence(citation["field"], tuple(sources), canonical(steps))


def cited_source(
    planned: Mapping[str, Any], calls: Mapping[str, ExecutedCall], volatile: Mapping[str, Sequence[str]]
) -> tuple[Source, Cited]:
    """Find one cited place; raises as `cite`."""
    call = calls.get(planned["call"])
    if call is None or call.looks_failed or call.is_error or not call.result_json:
        raise Rejected("no_citable_value", f"call {planned['call']} gave nothing to cite")
    cited = find(json.loads(planned["find"]), call)
    # Cited or not, what differed between the runs cannot be anybody's answer tomorrow.
    if is_volatile(cited.locator_json, volatile.get(call.call_id, ())):
        raise Rejected("unstable_value", f"the value in {call.call_id} differs between runs")
    located = locate(call.result_json, cited.locator_json)
    return Source(call.call_id, cited.locator_json, located.sha256), cited


def find(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    """Find one value in a call's result.

    Raises:
        Rejected: `no_citable_value` or `ambiguous_selector`.
    """
    (finder,) = (finder for name, finder in _FINDERS.items() if name in wanted)
    return finder(wanted, call)


def _by_key(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    values = [v for v in extract(call.result_json, _echoed(call)) if v.key == wanted["key"]]
    values = [v for v in values if str(v.kind) == wanted.get("kind", v.kind)]
    return Cited(_only(values, f"{wanted['key']!r} in {call.call_id}").locator_json)


def _by_label(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    """A labelled value; in plain text the label may stand on the line before."""
    values = [value for value in extract(call.result_json) if value.key == wanted["label"]]
    texts = {value.text for value in values}
    # A label's line is found as a whole and as the words in it; the whole one is meant.
    whole = [v for v in values if not any(v.text != text and v.text in text for text in texts)]
    if whole:
        return Cited(_only(whole, f"{wanted['label']!r} in {call.call_id}").locator_json)
    text = _text(call)
    spots = [match.span(1) for match in re.finditer(rf"(?m)^{re.escape(wanted['label'])}\n(.+)$", text)]
    if len(spots) != 1:
        raise Rejected("no_citable_value", f"no line {wanted['label']!r} in {call.call_id}")
    return Cited(canonical([{"pointer": "/content/0/text"}, {"span": list(spots[0])}]))


def _only_number(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    values = [v for v in extract(call.result_json, call.arguments_json) if v.kind in _NUMERIC]
    return Cited(_only(values, f"the number in {call.call_id}").locator_json)


def _cell(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    column, where = wanted["column"], wanted["where"]
    # All columns at once: a text may hold several tables, and only one has them all.
    grid = _grid(call, [column, *(name for name, _, _ in where)], wanted.get("sheet", ""))
    hits = [r for r in range(len(grid.rows)) if all(_same(grid.cell(r, name), text) for name, _, text in where)]
    # Two rows that meet the condition are two answers.
    if len(hits) != 1:
        raise Rejected("ambiguous_selector", f"{len(hits)} rows of {call.call_id} match")
    if grid.cell(hits[0], column) in (None, ""):
        raise Rejected("no_citable_value", f"the cell in {call.call_id} is empty")
    return Cited(locator(grid.cell_steps(hits[0], column)))


def _rows(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    grid = _grid(call, wanted["rows"], wanted.get("sheet", ""))
    # A result that was cut off would make a total of half of the rows.
    if len(grid.rows) != wanted.get("count", len(grid.rows)):
        raise Rejected(
            "ambiguous_selector", f"{len(grid.rows)} rows in {call.call_id}, the table has {wanted['count']}"
        )
    first = ({"name": "slice", "args": {"start": grid.skipped}},) if grid.skipped else ()
    return Cited(locator(grid.steps), first, grid.columns)


def _row_cell(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    """A cell of the first rectangular list of lists."""
    body = _inner(_text(call))
    for key, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, list) and value and all(isinstance(row, list) for row in value):
            row, cell = wanted["row"], wanted["cell"]
            if row < len(value) and cell < len(value[row]) and value[row][cell] is not None:
                steps = [{"pointer": "/content/0/text"}, {"parse_json": True}, {"pointer": f"/{key}/{row}/{cell}"}]
                return Cited(canonical(steps))
    raise Rejected("no_citable_value", f"no such cell in {call.call_id}")


def _changed_file(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    """The path behind the only `+++ b/` of a patch."""
    return _spot(r"(?m)^\+\+\+ b/(.+)$", "changed file", call)


def _patched(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    """The number in the only line of a patch that adds or takes away such a constant."""
    name, sign = re.escape(wanted["patched"]), re.escape(wanted["sign"])
    return _spot(rf"(?m)^{sign}{name} = (-?\d+(?:\.\d+)?)$", f"line that sets {wanted['patched']}", call)


def _spot(pattern: str, what: str, call: ExecutedCall) -> Cited:
    spots = [match.span(1) for match in re.finditer(pattern, _text(call))]
    if not spots:
        raise Rejected("no_citable_value", f"no {what} in {call.call_id}")
    # Two files were changed, so "the changed file" is none.
    if len(spots) > 1:
        raise Rejected("ambiguous_selector", f"{len(spots)} of {what} in {call.call_id}")
    return Cited(canonical([{"pointer": "/content/0/text"}, {"span": list(spots[0])}]))


def _records(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    """A list of records under a key of a JSON text."""
    body = _inner(_text(call))
    records = body.get(wanted["records"]) if isinstance(body, dict) else None
    if not isinstance(records, list) or not all(isinstance(r, dict) and wanted["of"] in r for r in records):
        raise Rejected("no_citable_value", f"no list {wanted['records']!r} in {call.call_id}")
    steps = [{"pointer": "/content/0/text"}, {"parse_json": True}, {"pointer": pointer(wanted["records"])}]
    return Cited(canonical(steps))


def _time(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    """The time of day inside the moment of the target zone."""
    moments = [v for v in extract(call.result_json) if _MOMENT.match(v.text) and _TARGET.search(v.locator_json)]
    value = _only(moments, f"the local time in {call.call_id}")
    # The time alone is cited: the date in front of it moves with the second run's clock.
    match = _MOMENT.match(value.text)
    span = list(match.span(1)) if match else [0, 1]
    return Cited(canonical([*json.loads(value.locator_json), {"span": span}]))


def _given(wanted: Mapping[str, Any], call: ExecutedCall) -> Cited:
    return Cited(wanted["locator"] if isinstance(wanted["locator"], str) else canonical(wanted["locator"]))


_FINDERS: Mapping[str, Callable[[Mapping[str, Any], ExecutedCall], Cited]] = {
    "key": _by_key,
    "label": _by_label,
    "only": _only_number,
    "column": _cell,
    "rows": _rows,
    "cell": _row_cell,
    "time": _time,
    "changed_file": _changed_file,
    "patched": _patched,
    "records": _records,
    "locator": _given,
}


def _echoed(call: ExecutedCall) -> str:
    """Arguments that a value may not merely repeat: whole ones, not words of a statement."""
    arguments = json.loads(call.arguments_json)
    # Words of a statement are no echo: `SELECT name` returns names.
    kept = {k: v for k, v in arguments.items() if not (isinstance(v, str) and " " in v)}
    return canonical(kept) if isinstance(arguments, dict) else "{}"


def _only(values: Iterable[Value], what: str) -> Value:
    found = list(values)
    if not found:
        raise Rejected("no_citable_value", f"no {what}")
    if len(found) > 1:
        raise Rejected("ambiguous_selector", f"{len(found)} values for {what}")
    return found[0]


def _grid(call: ExecutedCall, names: Sequence[str], sheet: str) -> Grid:
    found = grids(call.result_json, list(dict.fromkeys(names)), sheet)
    if len(found) != 1:
        raise Rejected(
            "no_citable_value" if not found else "ambiguous_selector", f"{len(found)} tables in {call.call_id}"
        )
    return found[0]


def _placed(step: Mapping[str, Any], columns: Mapping[str, str] | None) -> Mapping[str, Any]:
    """Point a step that names a column at its place in a row."""
    by = step.get("args", {}).get("by", "")
    name = by[1:].replace("~1", "/").replace("~0", "~")
    if columns is None or not by or name not in columns:
        return step
    return {**step, "args": {**step["args"], "by": columns[name]}}


def _same(value: Any, text: str) -> bool:
    if value is None:
        return False
    mine = text_of(value)
    one, other = numbers.read_number(mine), numbers.read_number(text)
    return mine == text or (one is not None and one == other)


def _text(call: ExecutedCall) -> str:
    content = parse_canonical(call.result_json).get("content")
    part = content[0] if isinstance(content, list) and content and isinstance(content[0], dict) else {}
    return str(part.get("text", ""))


def _inner(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
