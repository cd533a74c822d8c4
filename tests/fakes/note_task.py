"""A task over the office that asks for a note: the total's order is found, and the supplier is written down."""

from dataclasses import replace
from pathlib import Path

from cli.dataset.selection import Gathered
from cli.dataset.writing import Run, write_dataset
from shared.model import logical_form as lf
from shared.model.calls import DataFlow, Recording
from shared.model.tasks import FieldEvidence, Source, VerifiedTask
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from shared.proof.end_state import left
from shared.proof.identity import identifier
from shared.proof.locators import locate
from tests.fakes.dataset import ORDER, _reference, order_task, world_folders
from tests.fakes.office import Office, servers, tools

PATH = "orders/call-sheet.txt"
SUPPLIER = canonical([{"pointer": "/structuredContent/supplier"}])
FORM = lf.Fact("orders/A-17.json", "", "supplier", ValueKind.NAME)
LATEST = lf.Fact("orders/latest.txt", "", "order", ValueKind.IDENTIFIER)
FIELDS = (lf.Field("order", LATEST), lf.Field("supplier", FORM))
QUESTION = lf.Question("note", FIELDS, change=lf.Note(PATH, (lf.Line("Supplier", FORM),)))


def note_task(path: str = PATH, text: str = "Supplier: Kestrel\n") -> tuple[VerifiedTask, tuple[Recording, ...]]:
    """Read which order is the latest, look up its supplier, and write it down."""
    made, _ = order_task()
    office = Office()
    world = office.world
    first = office.record("files", "read_file", {"path": "orders/latest.txt"})
    second = office.record("desk", "find_order", {"order_id": "A-17"})
    third = office.record("files", "write_file", {"path": path, "text": text})
    order = locate(first.result_json, ORDER)
    supplier = locate(second.result_json, SUPPLIER)
    at = len("Supplier: ")
    written = DataFlow("c2", SUPPLIER, "[]", "/text", supplier.sha256, at, at + len("Kestrel"))
    question = replace(QUESTION, change=lf.Note(path, QUESTION.change.lines))
    task = replace(
        made.task,
        prompt=f"Which order is the latest, and whose is it? Put the line “Supplier: …” into a new file {path}.",
        answer_schema_json=canonical(
            {
                "type": "object",
                "properties": {"order": {"type": "string"}, "supplier": {"type": "string"}},
                "required": ["order", "supplier"],
            }
        ),
        answer_template='{"order": <id>, "supplier": <name>}',
        answer_types_json=canonical({"order": {"type": "string"}, "supplier": {"type": "string"}}),
        ground_truth_json=canonical({"order": order.value, "supplier": supplier.value}),
        evidence=(
            FieldEvidence("order", (Source("c1", ORDER, order.sha256),), "[]"),
            FieldEvidence("supplier", (Source("c2", SUPPLIER, supplier.sha256),), "[]"),
        ),
        logical_form_json=canonical(lf.to_json(question)),
        reference=(*made.task.reference, _reference("c3", third, (written,))),
        tags=("multi_call", "state_changing", "path_given"),
        end_state_json=left(third.change_json, world),
    )
    named = replace(task, task_id=identifier("task", [world, path, text, task.end_state_json]))
    return replace(made, task=named), (first, second, third)


def write_note_export(folder: Path) -> None:
    """Write an export with this task and one that asks for no change."""
    made = [order_task(), note_task()]
    gathered = Gathered(
        [task for task, _ in made],
        [recording for _, recordings in made for recording in recordings],
        servers(),
        tools(),
        worlds=world_folders(folder.parent / f"{folder.name}-worlds"),
    )
    write_dataset(gathered, folder, Run(seed=7, epoch_size=64, draws=10), [("draws", 10)])
