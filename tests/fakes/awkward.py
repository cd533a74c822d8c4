"""Tasks whose tools, names and answers are what trainers' interfaces find hard: for their conformance suite."""

import json
from dataclasses import replace
from pathlib import Path

from cli.dataset.selection import Gathered
from cli.dataset.writing import Run, write_dataset
from services.simulator.adapters.snapshot_file import write_snapshot
from services.simulator.domain.snapshots import Content
from shared.model.calls import Recording, Stability
from shared.model.catalogue import Behaviour, Effect, ToolRecord, Variation
from shared.model.tasks import OfferedTool, VerifiedTask
from shared.proof.canonical import canonical, sha256_text
from shared.proof.identity import identifier, tool_id
from shared.proof.keys import canonical_arguments, recording_id, recording_key
from shared.proof.results import canonical_result
from tests.fakes import dataset, office

SEARCH = json.dumps(
    {
        "type": "object",
        "properties": {
            "from": {"type": "string", "description": "Args: which folder\n  to look in"},
            "filter": {
                "type": "object",
                "properties": {
                    "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                    "names": {"type": "array", "items": {"type": "object", "properties": {"like": {"type": "string"}}}},
                },
                "required": ["names"],
            },
            "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
            "with-hidden": {"type": "boolean", "default": False},
        },
        "required": ["from", "filter"],
    }
)
ANSWER = {
    "type": "object",
    "properties": {
        "total": {"type": "number", "description": "in USD, to two decimals"},
        "items": {"type": "integer"},
        "cannot_answer": {"type": "string", "enum": ["no_record", "no_value"]},
        "missing": {"type": "string"},
    },
    "anyOf": [{"required": ["total", "items"]}, {"required": ["cannot_answer", "missing"]}],
    "additionalProperties": False,
}
"""What every synthesized task's schema looks like: no field is required by itself, an answer or a refusal is."""
REFUSAL = {"cannot_answer": "no_record", "missing": "A-99"}
SEARCHED = {"from": "orders", "filter": {"names": [{"like": "A*"}]}}
NAMES = {"read_file": "reset", "find_order": "close", "list_files": "verify", "write_file": "2-write"}
"""Tool -> offered name; each is taken by some interface, or is no identifier."""


def content() -> Content:
    """What the simulator serves: two tasks and their recordings, and a search with nested parameters."""
    task, recordings = awkward_task()
    plain = dataset.content()
    recorded = {one.recording_id: one for one in (*plain.recordings, *recordings, searched())}
    schema = ToolRecord(
        tool_id(office.DIGESTS["desk"], "search", "search of the office", SEARCH, ""),
        "desk",
        office.DIGESTS["desk"],
        "search",
        "search of the office",
        SEARCH,
        behaviour=Behaviour(Effect.READ_ONLY, Variation.STABLE),
    )
    return Content(
        (task, refusal_task(task)), tuple(recorded.values()), plain.servers, (*plain.tools, schema), plain.world_digests
    )


def awkward_task() -> tuple[VerifiedTask, tuple[Recording, ...]]:
    """The office's task with other names for its tools."""
    verified, recordings = dataset.order_task(" Thanks.")
    tools = tuple(replace(tool, offered_name=NAMES.get(tool.name, tool.offered_name)) for tool in verified.task.tools)
    search = OfferedTool("desk", "search", "desk-search", "", "search of the office", SEARCH, "", "", False)
    named = identifier("task", [verified.task.world_digest, "awkward"])
    task = replace(verified.task, task_id=named, tools=(*tools, search), answer_schema_json=canonical(ANSWER))
    return replace(verified, task=task), recordings


def refusal_task(verified: VerifiedTask) -> VerifiedTask:
    """Ask the same of an order that is not there: the right answer has none of the fields asked for."""
    task = replace(
        verified.task,
        task_id=identifier("task", [verified.task.world_digest, "refusal"]),
        prompt="What does the order A-99 come to, and how many items has it?",
        ground_truth_json=canonical(REFUSAL),
        answer_types_json=canonical({name: {"type": "string"} for name in REFUSAL}),
        tags=("refusal",),
    )
    return replace(verified, task=task)


def searched() -> Recording:
    """One recorded search."""
    state = office.Office().state("desk")
    arguments = canonical_arguments(canonical(SEARCHED), SEARCH)
    result = canonical_result([{"type": "text", "text": "orders/A-17.json"}], None, False)
    key = recording_key(office.DIGESTS["desk"], "search", arguments, state)
    return Recording(
        recording_id(key, result),
        "desk",
        office.DIGESTS["desk"],
        "search",
        arguments,
        state,
        state,
        result,
        sha256_text(result),
        False,
        Effect.READ_ONLY,
        Stability.STABLE,
        result_length=len(result.encode()),
        observed_at="2026-03-02T10:00:00+00:00",
    )


def write(folder: Path) -> Path:
    """Write the snapshot; return its folder."""
    write_snapshot(content(), dataset.world_folders(folder / "worlds"), folder / "snapshot", "test")
    return folder / "snapshot"


def write_export(folder: Path) -> None:
    """Write both tasks as an export."""
    task, recordings = awkward_task()
    recorded = [*recordings, searched(), *dataset.more_recordings()]
    worlds = dataset.world_folders(folder.parent / f"{folder.name}-worlds")
    gathered = Gathered([task, refusal_task(task)], recorded, office.servers(), office.tools(), worlds=worlds)
    write_dataset(gathered, folder, Run(seed=7, epoch_size=64, draws=10), [("draws", 10)])
