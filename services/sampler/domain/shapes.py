"""Shapes and signatures of plans: what makes two draws alike, what makes them the same."""

from collections.abc import Sequence

from shared.model.sub_dags import PlannedCall
from shared.proof.canonical import digest, parse


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
