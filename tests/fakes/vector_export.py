"""An export whose fields are the published transform vectors: each value was looked up in the office and derives."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from cli.dataset.selection import Gathered
from cli.dataset.writing import Manifest, Run, write_dataset
from shared.model.calls import Recording
from shared.model.tasks import FieldEvidence, ReferenceCall, Source, VerifiedTask
from shared.proof.canonical import canonical
from shared.proof.identity import identifier
from shared.proof.locators import locate
from shared.proof.transforms import apply
from tests.fakes import dataset, office


def write_vector_export(folder: Path, cases: list[Any]) -> Manifest:
    """Write one task for each vector that has an answer, and the office's own with its data flow."""
    answered = [case for case in cases if "error" not in case and case["values"]]
    named = {f"orders/V-{number}.json": canonical({"values": case["values"]}) for number, case in enumerate(answered)}
    desk = office.Office(files={**office.FIRST_FILES, **named})
    recordings = [desk.record("desk", "find_order", {"order_id": f"V-{n}"}) for n in range(len(answered))]
    first, more = dataset.order_task()
    pairs = zip(answered, recordings, strict=True)
    tasks = [first, *(_task(first, case, recording, n) for n, (case, recording) in enumerate(pairs))]
    worlds = dataset.world_folders(folder.parent / f"{folder.name}-worlds")
    worlds[desk.world] = worlds[office.Office().world]
    gathered = Gathered(tasks, [*recordings, *more], office.servers(), office.tools(), worlds=worlds)
    return write_dataset(gathered, folder, Run(seed=7, epoch_size=64, draws=10))


def _task(first: VerifiedTask, case: Any, recording: Recording, number: int) -> VerifiedTask:
    call = ReferenceCall(
        "c1",
        recording.server_id,
        recording.server_digest,
        recording.tool,
        recording.arguments_json,
        (),
        recording.recording_id,
        recording.result_sha256,
        False,
    )
    places = [canonical([{"pointer": f"/structuredContent/values/{at}"}]) for at in range(len(case["values"]))]
    located = [locate(recording.result_json, place) for place in places]
    sources = tuple(Source("c1", place, one.sha256) for place, one in zip(places, located, strict=True))
    transforms = canonical(case["transforms"])
    value = apply(transforms, [one.value for one in located])
    task = replace(
        first.task,
        prompt=f"What is value {number}?",
        world_digest=recording.state.world,
        ground_truth_json=canonical({"value": value, "number": number}),
        answer_types_json=canonical({"value": {"type": "string"}, "number": {"type": "integer"}}),
        evidence=(
            FieldEvidence("value", sources, transforms),
            FieldEvidence("number", sources[:1], canonical(_always(number))),
        ),
        reference=(call,),
    )
    return replace(first, task=replace(task, task_id=identifier("task", [number])))


def _always(number: int) -> list[Any]:
    """Make any value this number: two fields keep an export from leaving the task out as a constant's."""
    return [
        {"name": "count"},
        {"name": "concat"},
        {"name": "slice", "args": {"end": 0}},
        {"name": "concat", "args": {"suffix": str(number)}},
        {"name": "number"},
    ]
