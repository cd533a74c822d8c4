"""Shapes and signatures of plans: what makes two draws alike, what makes them the same."""

from collections.abc import Sequence
from typing import Any

from shared.model.sub_dags import PlannedCall
from shared.proof.canonical import canonical, digest, parse


def shape_of(calls: Sequence[PlannedCall]) -> str:
    """Digest the DAG of (server, tool) with its edges; arguments and the order of independent calls do not count."""
    known: dict[str, str] = {}
    for call in calls:
        into = sorted({known[item.source_call_id] for item in call.inputs})
        known[call.call_id] = digest([call.server_id, call.tool, into])
    used = {item.source_call_id for call in calls for item in call.inputs}
    # From the calls that feed no other: their digests hold all that leads to them.
    return digest(sorted(known[call.call_id] for call in calls if call.call_id not in used))[:16]


def signature_of(world_digest: str, calls: Sequence[PlannedCall]) -> str:
    """Digest what is asked; where nothing is, what would be executed."""
    for call in calls:
        meaning = parse(call.meaning_json)
        if isinstance(meaning, dict) and "question" in meaning:
            return digest([world_digest, meaning["question"]])
    return digest(
        [
            world_digest,
            [
                [
                    call.tool_id,
                    call.arguments_json,
                    [[i.argument, i.source_call_id, i.key, i.locator_json, i.marker] for i in call.inputs],
                ]
                for call in calls
            ],
        ]
    )


def topic_of(world_digest: str, calls: Sequence[PlannedCall]) -> str:
    """Digest what is asked about; empty for a walk.

    Which columns of a row are asked for, and what is made of the same rows, does not count: such tasks are as good as
    duplicates, and a row that fails once fails with every column.
    """
    for call in calls:
        meaning = parse(call.meaning_json)
        if isinstance(meaning, dict) and "question" in meaning:
            fields = meaning["question"]["fields"]
            return digest([world_digest, sorted({canonical(_about(field["value"])) for field in fields})])
    return ""


def _about(value: Any) -> Any:
    """What a value is taken from: a row, selected rows; else the value itself."""
    match value:
        case {"is": "attribute", "entity": entity}:
            return entity
        case {"is": "aggregate", "table": table, **more}:
            return [table, more.get("where", [])]
        case {"is": "sheet_value", **more}:
            return {name: part for name, part in more.items() if name not in ("column", "kind", "unit")}
        case {"is": "converted", "of": of}:
            return ["converted", _about(of)]
    return value
