"""Tasks over the office, with evidence that really derives, for tests of simulator, export and check."""

from dataclasses import replace
from pathlib import Path

from services.simulator.domain.snapshots import Content
from shared.model.calls import DataFlow, Recording
from shared.model.tasks import (
    FieldEvidence,
    HeldBack,
    Limits,
    OfferedTool,
    ReferenceCall,
    Source,
    Task,
    TaskState,
    TaskStatus,
    Uniqueness,
    VerifiedTask,
)
from shared.proof.canonical import canonical
from shared.proof.identity import identifier
from shared.proof.locators import locate
from tests.fakes.office import DIGESTS, FIRST_FILES, NOW, SCHEMAS, Office, servers, tools

ORDER = canonical([{"pointer": "/content/0/text"}, {"key_value": "order"}])
TOTAL = canonical([{"pointer": "/structuredContent/total"}])
ITEMS = canonical([{"pointer": "/structuredContent/items"}])
CHEAPEST = canonical({"calls": 2, "way": ["reference"], "executed": True})
SUM = canonical([{"name": "sum", "args": {}}])
ROUND = canonical([{"name": "round", "args": {"digits": 1}}])


def offered() -> tuple[OfferedTool, ...]:
    """Both servers' catalogues."""
    return tuple(
        OfferedTool(server, tool, f"{server}-{tool}", "", f"{tool} of the office", schema, "", "", needed)
        for (server, tool), schema in SCHEMAS.items()
        for needed in [tool in ("read_file", "find_order")]
    )


def order_task(suffix: str = "", many: int = 1) -> tuple[VerifiedTask, tuple[Recording, ...]]:
    """Read which order is the latest, then look up its total; `suffix` makes another task over the same calls.

    An export holds no two tasks with one answer: `many` says how often this one counts the items.
    """
    office = Office()
    world = office.world
    first = office.record("files", "read_file", {"path": "orders/latest.txt"})
    second = office.record("desk", "find_order", {"order_id": "A-17"})
    order, total, items = (
        locate(first.result_json, ORDER),
        locate(second.result_json, TOTAL),
        locate(second.result_json, ITEMS),
    )
    flow = DataFlow("c1", ORDER, "[]", "/order_id", order.sha256, edge_id="edge_1")
    evidence = (
        FieldEvidence("total", (Source("c2", TOTAL, total.sha256),), "[]"),
        FieldEvidence("items", (Source("c2", ITEMS, items.sha256),) * many, SUM if many > 1 else "[]"),
    )
    task = Task(
        task_id="",
        task_version=1,
        schema_version="1",
        policy="test/1",
        exploration_id="expl_" + "0" * 32,
        world_digest=world,
        frozen_now=NOW,
        system=f"The root is /workspace. It is {NOW}.",
        prompt=f"What does the latest order come to, and how many items has it?{suffix}",
        tools=offered(),
        answer_schema_json=canonical(
            {
                "type": "object",
                "properties": {"total": {"type": "number"}, "items": {"type": "integer"}},
                "required": ["total", "items"],
                "additionalProperties": False,
            }
        ),
        answer_template='{"total": <number>, "items": <number>}',
        answer_types_json=canonical({"total": {"type": "number"}, "items": {"type": "number"}}),
        ground_truth_json=f'{{"items":{many * int(items.json)},"total":{total.json}}}',
        evidence=evidence,
        logical_form_json="{}",
        reference=(_reference("c1", first, ()), _reference("c2", second, (flow,))),
        min_known_calls=2,
        needs_discovery=False,
        task_family="lookup",
        twin_group="",
        limits=Limits(max_calls=12, max_turns=12, max_result_chars=4000),
        difficulty="easy",
        tags=("multi_call",),
        shape="shape_1",
        live_capable=False,
        provenance_json=canonical({"sub_dag_id": "dag_" + "0" * 32}),
        license="Apache-2.0",
    )
    named = replace(task, task_id=identifier("task", [world, suffix, task.ground_truth_json]))
    return VerifiedTask(named, ("rederives", "replays"), "1", Uniqueness.OBSERVED, "the form is empty", CHEAPEST), (
        first,
        second,
    )


def open_task() -> tuple[VerifiedTask, tuple[Recording, ...]]:
    """The same about an order that only the user knows: asked which one, the user says so."""
    made, recordings = order_task()
    prompt = "This is about one of our orders. What does that order come to, and how many items has it?"
    fact = HeldBack("order", "A-17", "Sorry, I mean order A-17.")
    task = replace(made.task, prompt=prompt, held_back=(fact,), tags=(*made.task.tags, "multi_turn"))
    return replace(made, task=task), recordings


def more_recordings() -> tuple[Recording, ...]:
    """Other calls in the same world: readers, a write and what is seen after it, a session."""
    office = Office()
    reads = [
        office.record("files", "list_files", {}),
        office.record("files", "read_file", {"path": "nowhere.txt"}),
        *(office.record("files", "read_file", {"path": path}) for path in FIRST_FILES),
    ]
    moved = [
        office.record("desk", "register", {"label": "x"}),
        office.record("desk", "labels", {}),
        office.record("desk", "set_total", {"order_id": "A-17", "total": 30}),
        office.record("files", "read_file", {"path": "orders/A-17.json"}),
    ]
    return (*reads, *moved)


def statuses(*task_ids: str, state: TaskState = TaskState.QUARANTINED) -> tuple[TaskStatus, ...]:
    """Status records for some tasks."""
    return tuple(TaskStatus(task_id, state, "test") for task_id in task_ids)


def _reference(call_id: str, recording: Recording, flows: tuple[DataFlow, ...]) -> ReferenceCall:
    return ReferenceCall(
        call_id,
        recording.server_id,
        DIGESTS[recording.server_id],
        recording.tool,
        recording.arguments_json,
        flows,
        recording.recording_id,
        recording.result_sha256,
        recording.is_error,
    )


def content(*tasks: VerifiedTask) -> Content:
    """What a snapshot of some tasks (by default one) holds."""
    task, recordings = order_task()
    everything = {recording.recording_id: recording for recording in (*recordings, *more_recordings())}
    return Content(tasks or (task,), tuple(everything.values()), servers(), tools(), (Office().world,))


def world_folders(folder: Path) -> dict[str, Path]:
    """Write the office's files the way a data folder keeps worlds."""
    world = Office().world
    for name, text in FIRST_FILES.items():
        path = folder / world / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / world / "world.json").write_text(canonical({"name": "office", "now": NOW, "files": "files"}))
    return {world: folder / world}
